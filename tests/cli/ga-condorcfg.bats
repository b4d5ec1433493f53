#!/usr/bin/env bats
# What an administrator sees of ga-condorcfg: what it refuses, what it writes, and how it follows a node. HTCondor is
# a few scripts that note how they were called; tests/pool has the real one.

bats_require_minimum_version 1.5.0

load nodes

setup() {
  DIR=$BATS_TEST_TMPDIR
  mkdir -p "$DIR/etc" "$DIR/bin" "$DIR/condor/config.d" "$DIR/state"
  group lab "lab-abcdefghijklmnop"
  role 'roles = ["worker"]'
  export PATH="$DIR/bin:$PATH" CALLS="$DIR/calls" CONDOR="$DIR/condor"
  : >"$CALLS"
  echo 'LOCAL_DIR = /var' >"$DIR/condor/condor_config"
  fake condor_version 'echo 23.9.6'
  # shellcheck disable=SC2016
  fake condor_config_val 'if [ "$1" = LOCAL_CONFIG_DIR ]; then echo "$CONDOR/config.d"
    elif grep -qs broken "$(dirname "$CONDOR_CONFIG")"/config.d/*; then echo "Configuration Error: line 7"; exit 1; fi'
  fake condor_token_create 'echo eyJh.eyJi.c'
}
teardown() {
  stop_nodes
  [ -z "${watch-}" ] || kill "$watch" 2>/dev/null || true
}

role() { printf '%s\n' "$@" >"$DIR/pool.toml"; }
group() { printf 'name = "%s"\nnamespace = "%s"\nbootstrap = []\n' "$1" "$2" >"$DIR/etc/$1.toml"; }
fake() { printf '#!/bin/sh\necho "${0##*/} $*" >>"$CALLS"\n%s\n' "$2" >"$DIR/bin/$1" && chmod +x "$DIR/bin/$1"; }
condorcfg() {
  "$GA_BIN/ga-condorcfg" --file "$DIR/pool.toml" --dir "$DIR/etc" --socket "$DIR/lab.sock" --condor-dir "$DIR/condor" \
    --state-dir "$DIR/state" "$@"
}
# refused STATUS TEXT: write ends with STATUS and a first line that has TEXT, and nothing is written.
refused() {
  run condorcfg write --timeout 2s
  [ "$status" -eq "$1" ]
  [[ ${lines[0]} == "ga-condorcfg: "*"$2"* ]]
  [ ! -e "$DIR/condor/config.d/50-grid-appliance" ]
}

@test "S15: an unknown role, key or value is refused with file and line" {
  role 'roles = ["king"]'
  refused 5 'pool.toml:1: unknown role "king"'
  role 'roles = ["worker"]' 'slot = 2'
  refused 5 'pool.toml:2: unknown key "slot" (did you mean "slots"?)'
  role 'roles = ["manager"]' 'pool = "a$(b)"'
  refused 5 "pool.toml:2: the pool's name"
  role 'roles = ["worker"]' 'manager = "10.128.0.5\nALLOW_WRITE = *"'
  refused 5 'pool.toml:2: the manager'
}

@test "S15: a namespace that HTCondor must not see is refused with the group file's line" {
  group lab 'lab-$(shell)|x'
  refused 5 'lab.toml:2: the namespace'
}

@test "without a role file, a group or a node one line says what is missing" {
  rm "$DIR/pool.toml"
  refused 1 'pool.toml'
  role 'roles = ["worker"]'
  refused 3 'no node answers'
  rm "$DIR/etc/lab.toml"
  refused 1 'this machine has no group'
  group lab lab-a
  group sea sea-a
  refused 2 'pool.toml: this machine has several groups (lab, sea)'
}

@test "a closed group's machine needs a certificate of that group" {
  "$GA_BIN/ga-cert" --dir "$DIR/a" authority init lab --no-passphrase >/dev/null 2>&1
  "$GA_BIN/ga-cert" --dir "$DIR/b" authority init lab --no-passphrase >/dev/null 2>&1
  { printf 'name = "lab"\nnamespace = "lab-a"\nbootstrap = []\nauthority = """\n'; cat "$DIR/a/authority.pem"
    echo '"""'; } >"$DIR/etc/lab.toml"
  refused 1 'certificate.pem'
  "$GA_BIN/ga-cert" --dir "$DIR/b" request --key "$DIR/state/key.pem" --user alice --out "$DIR/r.pem" >/dev/null 2>&1
  "$GA_BIN/ga-cert" --dir "$DIR/b" sign "$DIR/r.pem" --out "$DIR/state/certificate.pem" >/dev/null 2>&1
  refused 5 'certificate.pem:1: no certificate of the group "lab"'
}

@test "S15: a certificate whose user HTCondor must not see is refused by name" {
  "$GA_BIN/ga-cert" --dir "$DIR/a" authority init lab --no-passphrase >/dev/null 2>&1
  { printf 'name = "lab"\nnamespace = "lab-a"\nbootstrap = []\nauthority = """\n'; cat "$DIR/a/authority.pem"
    echo '"""'; } >"$DIR/etc/lab.toml"
  "$GA_BIN/ga-cert" --dir "$DIR/a" request --key "$DIR/state/key.pem" --user 'eve" || $(x)' --out "$DIR/r.pem" >/dev/null 2>&1
  "$GA_BIN/ga-cert" --dir "$DIR/a" sign "$DIR/r.pem" --out "$DIR/state/certificate.pem" >/dev/null 2>&1
  refused 5 'certificate.pem:1: the user "eve'
}

@test "a node without a virtual network can be in no pool" {
  cp "$DIR/etc/lab.toml" "$DIR/lab.toml"
  start_node lab
  refused 1 'no virtual network'
}

@test "only a manager exports, only a submit machine accepts, and a broken flock file is refused with its line" {
  run condorcfg flock export
  [ "$status" -eq 2 ]
  [[ $output == *"only a pool's manager"* ]]
  run condorcfg flock accept "$DIR/none"
  [ "$status" -eq 2 ]
  role 'roles = ["submit"]'
  printf 'ga-flock 1\ndomain sea$(x)\nmanager 10.64.0.1\nnetwork 10.64.0.0/10\ntoken a.b.c\n' >"$DIR/sea"
  run condorcfg flock accept "$DIR/sea"
  [ "$status" -eq 5 ]
  [[ $output == *"sea:2: the domain"* ]]
}

@test "a pool that was accepted is kept for its owner alone, shown, and removed" {
  role 'roles = ["submit"]'
  printf 'ga-flock 1\ndomain sea-x\nmanager 10.64.0.1\nnetwork 10.64.0.0/12\ntoken eyJh.eyJi.c\n' >"$DIR/sea"
  sed -i 's/^bootstrap/prefix = "10.128.0.0\/9"\nbootstrap/' "$DIR/etc/lab.toml"
  run condorcfg flock accept --dry-run "$DIR/sea"
  [ "$status" -eq 0 ]
  [ ! -e "$DIR/condor/grid-appliance" ]
  run condorcfg flock accept - <"$DIR/sea"
  [ "$status" -eq 0 ]
  [ "$(stat -c %a "$DIR/condor/tokens.d/grid-appliance-sea-x")" = 600 ]
  [ "$(stat -c %a "$DIR/condor/grid-appliance/flock/sea-x")" = 600 ]
  [ "$(cat "$DIR/condor/tokens.d/grid-appliance-sea-x")" = eyJh.eyJi.c ]
  run condorcfg flock remove sea-x
  [ "$status" -eq 0 ]
  [ ! -e "$DIR/condor/tokens.d/grid-appliance-sea-x" ]
  run condorcfg flock remove sea-x
  [ "$status" -eq 1 ]
}

@test "without HTCondor a command says so and which package brings it" {
  rm "$DIR/bin"/condor_*
  mkdir "$DIR/tools"
  for tool in sed grep cat env; do ln -s "$(command -v "$tool")" "$DIR/tools/"; done
  for verb in watch validate; do
    PATH="$DIR/tools" run condorcfg "$verb"
    [ "$status" -eq 1 ]
    [[ ${lines[0]} == *"HTCondor is not installed"*"install the package condor"* ]]
  done
}

@test "where systemd runs, watch takes HTCondor's service out of the boot, and stops it by signals when it ends" {
  ((EUID == 0)) || skip "the sign of systemd is in /run"
  echo active >"$DIR/state_of_condor"
  # shellcheck disable=SC2016
  fake systemctl 'case $* in *UnitFileState*) echo enabled ;; *ActiveState*) cat "$STATE" ;; esac'
  export STATE=$DIR/state_of_condor
  # shellcheck disable=SC2016
  unshare --mount --propagation private sh -c 'mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system && exec "$@"' - \
    "$GA_BIN/ga-condorcfg" --file "$DIR/pool.toml" --dir "$DIR/etc" --socket "$DIR/lab.sock" \
    --condor-dir "$DIR/condor" --state-dir "$DIR/state" watch >"$DIR/said" 2>&1 3>&- &
  watch=$!
  local status=0
  within grep -q '^systemctl disable condor$' "$CALLS"
  kill -TERM "$watch"
  within grep -q '^systemctl kill --kill-who=main --signal=SIGTERM condor$' "$CALLS"
  echo inactive >"$STATE"
  wait "$watch" || status=$?
  [ "$status" -eq 0 ]
  run ! grep -q -e SIGQUIT -e SIGKILL "$CALLS"
}

@test "a broken file beside ours is found without HTCondor being started" {
  mkdir "$DIR/condor/config.d/more"
  echo 'A = 1' >"$DIR/condor/config.d/50-grid-appliance"
  run condorcfg check
  [ "$status" -eq 3 ]
  echo broken >"$DIR/condor/config.d/60-own"
  run condorcfg check
  [ "$status" -eq 5 ]
  [[ $output == *"HTCondor rejects this configuration: Configuration Error: line 7"* ]]
  # A link to another place is read there.
  mv "$DIR/condor/config.d/60-own" "$DIR/elsewhere"
  ln -s ../../elsewhere "$DIR/condor/config.d/60-own"
  run condorcfg check
  [ "$status" -eq 5 ]
}

@test "a wrong command line is exit status 2 and one line" {
  for arguments in "" "wrote" "validate --only nothing" "validate --jobs 0" "validate --worker a|b" "flock"; do
    # shellcheck disable=SC2086
    run condorcfg $arguments
    [ "$status" -eq 2 ]
  done
}

@test "help of every verb, the man page and the completions agree" {
  for shell in bash zsh fish; do
    case $shell in
      bash) file=ga-condorcfg.bash ;;
      zsh) file=_ga-condorcfg ;;
      fish) file=ga-condorcfg.fish ;;
    esac
    diff <("$GA_BIN/ga-condorcfg" --completion "$shell") "$GA_SOURCE/completions/$file"
  done
  for verb in write watch show check gone "flock export" "flock accept" "flock remove" validate; do
    # shellcheck disable=SC2086
    for option in $("$GA_BIN/ga-condorcfg" $verb --help | grep -oE '^ +(-h,)?--[a-z-]+' | grep -oE '[a-z-]+$' | sed 's/^-*//'); do
      grep -q -- "$option" <(sed 's/\\-/-/g' "$GA_SOURCE/man/ga-condorcfg.1")
    done
  done
}

# as_somebody COMMAND...: not as root, of whom HTCondor takes no jobs.
as_somebody() {
  ((EUID == 0)) || { "$@"; return; }
  chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$DIR"
  chmod 666 "$CALLS"
  chown -R nobody "$DIR/jobs"
  setpriv --reuid nobody --regid nogroup --clear-groups "$@"
}
validate() { as_somebody "$GA_BIN/ga-condorcfg" validate "$@"; }
# submits EVENT: a condor_submit after which the job's log has that event.
submits() {
  # shellcheck disable=SC2016
  fake condor_submit 'echo "7.0 - 7.1"; printf "'"$1"'\n...\n" >>"${2%.sub}.log"'
}

# whole_pool: condor_status shows a negotiator and a worker, condor_q answers.
whole_pool() { fake condor_status 'echo "<10.128.0.5:9618> 1"' && fake condor_q; }

@test "validate on a broken pool says at once what is missing, and runs no test" {
  mkdir "$DIR/jobs"
  cd "$DIR/jobs"
  broken() { # TEXT NEXT
    run validate --only jobs --jobs 1
    [ "$status" -eq 1 ]
    [[ $output == *"jobs"*"not run"* ]]
    [[ $output == *"ga-condorcfg: $1"*"next: $2"* ]]
    run ! grep -q condor_submit "$CALLS"
  }
  fake condor_submit
  fake condor_q
  fake condor_status 'echo "Error: communication error"; exit 1'
  broken "the pool's manager does not answer: Error: communication error" "ga-condorcfg show"
  fake condor_status
  broken "the pool has no negotiator" "ga-condorcfg check, on the manager"
  # shellcheck disable=SC2016
  fake condor_status 'if [ "$1" = -negotiator ]; then echo anna; fi'
  broken "the pool has no worker" "ga-condorcfg check, on a machine with the role worker"
  fake condor_q 'echo "Cannot find address of schedd"; exit 1'
  broken "this machine's queue does not answer: Cannot find" "ga-condorcfg check, on a machine with the role submit"
}

@test "validate runs its tests and prints a table; a test that fails is exit status 1" {
  mkdir "$DIR/jobs"
  cd "$DIR/jobs"
  whole_pool
  submits '005 (007.000.000) x\n\t(1) Normal termination (return value 0)'
  run validate --only jobs --jobs 1
  [ "$status" -eq 0 ]
  [[ $output == *jobs*passed* ]]
  run validate --only absence --plain
  [ "$status" -eq 0 ]
  [[ $output == "absence"$'\t'"not run"* ]]
  fake condor_rm
  submits '009 (007.000.000) x'
  run validate --only jobs --jobs 1
  [ "$status" -eq 1 ]
  [[ $output == *jobs*FAILED* ]]
}

@test "a job that broke is a failed row of validate, also when its log can't be read any more" {
  mkdir "$DIR/jobs"
  cd "$DIR/jobs"
  fake condor_rm 'rm -f "$JOBS"/*.log'
  whole_pool
  # shellcheck disable=SC2016
  fake condor_config_val 'echo 10.128.0.9'
  submits '012 (007.000.000) x\n\tno such file'
  for test in jobs checkpoint flock; do
    JOBS=$DIR/jobs run validate --only "$test" --work-dir "$DIR/jobs"
    [ "$status" -eq 1 ]
    [[ $output == *"$test"*FAILED* ]]
  done
}
