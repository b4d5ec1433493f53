#!/usr/bin/env bats
# Every command of every program: with --json it prints JSON with a schema, or it refuses the option. The commands are
# taken from the programs' own help, so none is forgotten.

bats_require_minimum_version 1.5.0
load nodes

setup() {
  make_group
  PATH=$GA_BIN:$PATH
}
teardown() { stop_nodes; }

# leaves PROGRAM [VERB...]: its commands, one a line.
leaves() {
  local verb verbs
  verbs=$("$@" --help | sed -n '/^Commands:/,$ { s/^  \([a-z][a-z-]*\) .*/\1/p }')
  if [[ -z $verbs ]]; then
    echo "$*"
    return
  fi
  for verb in $verbs; do leaves "$@" "$verb"; done
}

# What each is tried with. "-": it has no form but text, and says so. Words behind it: the arguments.
table() {
  cat <<TABLE
ga status|--dir $DIR --socket $DIR/a.sock --group lab
ga doctor|--dir $DIR --socket $DIR/a.sock --group lab --outside none
ga bugreport|-
ga-cert authority init|new --dir $DIR/made --no-passphrase
ga-cert authority show|--dir $DIR/authority
ga-cert authority serve|-
ga-cert request|--key $DIR/key.pem --user eve --out $DIR/eve.csr
ga-cert send|nothing.csr --group none --dir $DIR/authority
ga-cert join|--group none --groups $DIR
ga-cert list|--dir $DIR/authority
ga-cert accept|bob --dir $DIR/authority
ga-cert deny|nobody --reason none --dir $DIR/authority
ga-cert submit|$DIR/bob.csr --dir $DIR/authority
ga-cert sign|$DIR/bob.csr --out $DIR/signed.pem --dir $DIR/authority
ga-cert renew|--if-due --group closed --groups $DIR/closed --states $DIR/states
ga-cert renew --all|--all --if-due --groups $DIR/closed --states $DIR/states
ga-cert renew --dry-run|-
ga-cert token new|--dir $DIR/authority --out -
ga-cert token list|--dir $DIR/authority
ga-cert token revoke|0000 --dir $DIR/authority
ga-cert revoke|--user bob --force --dir $DIR/authority --groups $DIR/none
ga-cert show|$DIR/bob.csr --dir $DIR/authority
ga-cert crl|-
ga-cert authority backup|--dir $DIR/none $DIR/backup
ga-cert authority restore|--dir $DIR/none $DIR/none.backup
ga-cert authority resume|--dir $DIR/none
ga-cert admin add|--dir $DIR/none $DIR/none.pem
ga-cert admin remove|--dir $DIR/none x
ga-cert admin list|--dir $DIR/none
ga-cert verify|$DIR/signed.pem --dir $DIR/authority
ga-cert export|- x
ga-condorcfg flock export|-
ga-condorcfg flock accept|- x
ga-condorcfg flock remove|- x
ga-condorcfg validate|--file $DIR/none
ga-condorcfg write|-
ga-condorcfg watch|-
ga-condorcfg show|--file $DIR/none
ga-condorcfg check|--file $DIR/none
ga-condorcfg gone|-
ga-condorcfg priorities|-
ga-firewall print|-
ga-firewall apply|--dir $DIR/none --group none
ga-firewall apply --dry-run|-
ga-firewall remove|--dir $DIR/none --keep
ga-firewall remove --dry-run|-
ga-firewall status|--dir $DIR/none
ga-firewall watch|-
ga-group new|fresh --dir $DIR/new --no-start
ga-group new --dry-run|- fresh
ga-group close|none --dir $DIR/none
ga-group leave|- none
ga-group join|ga1-none
ga-group join --dry-run|- ga1-none
ga-group rotate|none --dir $DIR/none
ga-group rotate --dry-run|- none
ga-group accept|$DIR/none
ga-group accept --dry-run|- $DIR/none
ga-group token|lab --dir $DIR --socket $DIR/a.sock
ga-group list|--dir $DIR
ga-group show|lab --dir $DIR
ga-group check|$DIR/lab.toml
ga-group addresses|- --dir $DIR lab --ring
ga-group medium|- lab
ga-group adopt|- medium.img
ga-pingtest run|--socket $DIR/a.sock --log $DIR/pings
ga-pingtest report|$DIR/log
ga-pingtest report --svg|- $DIR/picture
ga-pingtest serve|-
ipop-ctl status|--socket $DIR/a.sock
ipop-ctl peers|--socket $DIR/a.sock
ipop-ctl events|--socket $DIR/none.sock --timeout 1s
ipop-ctl metrics|-
ipop-ctl endpoints|--socket $DIR/a.sock
ipop-ctl reload|--socket $DIR/a.sock
ipop-ctl stop|--socket $DIR/b.sock
ipop-ctl members|--socket $DIR/a.sock
ipop-ctl why|--socket $DIR/a.sock $(ipop-ctl --socket "$DIR/a.sock" status --json | jq -r .id)
ipop-ctl ping|--socket $DIR/a.sock --count 1 10.128.0.9
ipop-ctl dht get|--socket $DIR/a.sock key
ipop-ctl dht put|--socket $DIR/a.sock key value
ipop-ctl dht create|--socket $DIR/a.sock other value
ipop-ctl dht watch|--socket $DIR/a.sock key --timeout 1s
ipop-ctl wait lease|--socket $DIR/a.sock --timeout 1s
ipop-ctl wait peer|--socket $DIR/a.sock --timeout 1s
ipop-dns serve|- --listen 127.0.0.1:53
ipop-dns lookup|--socket $DIR/a.sock a
ipop-dns reverse|--socket $DIR/a.sock 10.128.0.9
ipop-dns list|--socket $DIR/a.sock
ipop-node run|-
ipop-node config check|-
ipop-node config show|--group $DIR/lab.toml
TABLE
}

# ipop-dhcp has a test of this kind of its own (its commands share a database).
@test "every command prints JSON with --json, or says that it has none" {
  command -v jq >/dev/null || skip "no jq on this machine"
  start_node a
  start_node b
  ga-cert --dir "$DIR/authority" authority init closed --no-passphrase >/dev/null 2>&1
  ga-cert request --key "$DIR/bob.key" --user bob --out "$DIR/bob.csr" >/dev/null 2>&1
  mkdir -p "$DIR/closed" "$DIR/states/closed"
  ga-cert request --key "$DIR/states/closed/key.pem" --user own --out "$DIR/own.csr" >/dev/null 2>&1
  ga-cert --dir "$DIR/authority" sign "$DIR/own.csr" --out "$DIR/states/closed/certificate.pem" >/dev/null 2>&1
  printf 'name = "closed"\nnamespace = "bats-closed"\nauthority = """\n%s\n"""\n' \
    "$(<"$DIR/authority/authority.pem")" >"$DIR/closed/closed.toml"
  local row command words status failed=0 refused=0 printed=0 tried=()
  while IFS= read -r row; do
    command=${row%%|*} words=${row#*|}
    tried+=("$command")
    status=0
    # shellcheck disable=SC2086 # words
    if [[ $words == -* && $words != --* ]]; then
      $command ${words#-} --json >"$DIR/out" 2>"$DIR/err" </dev/null || status=$?
      refused=$((refused + 1))
      [[ $status == 2 && ! -s $DIR/out ]] && grep -q -e '--json' "$DIR/err" ||
        { failed=1; echo "$command --json: status $status, no refusal: $(head -n 2 "$DIR/out" "$DIR/err")"; }
      continue
    fi
    $command $words --json >"$DIR/out" 2>"$DIR/err" </dev/null || status=$?
    if [[ ! -s $DIR/out ]]; then
      # What failed says so on the other stream, and has nothing to print.
      ((status != 0)) || { failed=1; echo "$command: done, and printed nothing"; }
      continue
    fi
    printed=$((printed + 1))
    jq -es 'length > 0 and all(.[]; type == "object" and (.schema // .event // .error) != null)' "$DIR/out" >/dev/null ||
      { failed=1; echo "$command: no JSON with a schema: $(head -n 2 "$DIR/out")"; }
  done < <(table)
  echo "$printed printed, $refused refused"
  ((printed >= 25))
  for program in ga ga-cert ga-condorcfg ga-firewall ga-group ga-pingtest ipop-ctl ipop-dns ipop-node; do
    while IFS= read -r command; do
      printf '%s\n' "${tried[@]}" | grep -qxF -e "$command" || { failed=1; echo "$command is not tried"; }
    done < <(leaves "$program")
  done
  [ "$failed" -eq 0 ]
}

@test "a fingerprint is one word in JSON and in plain columns" {
  ga-cert --dir "$DIR/authority" authority init closed --no-passphrase >/dev/null 2>&1
  ga-cert request --key "$DIR/bob.key" --user bob --out "$DIR/bob.csr" >/dev/null 2>&1
  for form in --json --plain; do
    for words in "show $DIR/bob.csr" "authority show"; do
      # shellcheck disable=SC2086 # words
      ga-cert --dir "$DIR/authority" $form $words >"$DIR/out"
      run ! grep -E '([0-9a-f]{4}[ :]){3}' "$DIR/out"
      grep -qE '[0-9a-f]{40}' "$DIR/out"
    done
  done
}

@test "the help of every program and command reads without the option library's marks" {
  for main in "$GA_SOURCE"/tools/*/main.cpp; do
    program=$(basename "$(dirname "$main")")
    "$GA_BIN/$program" --help >"$BATS_TEST_TMPDIR/help"
    for verb in $(sed -n '/^Commands:/,$s/^  \([a-z][a-z-]*\) .*/\1/p' "$BATS_TEST_TMPDIR/help"); do
      "$GA_BIN/$program" "$verb" --help >>"$BATS_TEST_TMPDIR/help"
    done
    run grep -nE ' :\{|:U?INT|:[A-Z]+ in |([A-Z]{3,}) \1\b|[Ss]ubcommand|SUBCOMMAND' "$BATS_TEST_TMPDIR/help"
    [ "$status" -eq 1 ] || { echo "$program: $output"; false; }
    run awk 'length > 80' "$BATS_TEST_TMPDIR/help"
    [ -z "$output" ] || { echo "$program: over 80 columns: $output"; false; }
  done
}

@test "what is wrong with an option is said in plain words, with what was meant where that is near" {
  said() { # WORDS COMMAND...
    run "$GA_BIN/$2" "${@:3}"
    [ "$status" -eq 2 ]
    [[ $output == "$2: $1; see \`$2"*" --help\`" ]] || { echo "$output"; false; }
  }
  said '--log-level: ":{" is not error, warning, info or debug' ipop-node --log-level ':{'
  said '--log-level: "debgu" is not error, warning, info or debug (did you mean "debug"?)' ipop-node --log-level debgu
  said '--color needs a value: auto, always or never' ga-group list --color
  said '--port needs a value' ga-group new lab --port
  said '--port needs a value' ga-group new lab --port --json
  said '--hostname needs a value' ipop-node --hostname --no-tap
  said '--node needs a value' ipop-dhcp reserve 10.1.2.3 --node --json
  said '--port: "x" is not a number from 1 to 65535' ga-group new lab --port x
  said '--json cannot be used with --plain' ga-group list --json --plain
  said 'a command is required' ipop-ctl wait
  said 'unknown command "lits" (did you mean "list"?)' ga-group lits
  said 'unknown command "nonsense"' ga-group help nonsense
  said 'unknown option "--Json" (did you mean "--json"?)' ga-group list --Json
  said 'unknown argument "list"' ga-group list list
}
