#!/usr/bin/env bats
# What an administrator sees of ga-group: a group, its token, and machines that join by it.

bats_require_minimum_version 1.5.0
load nodes

setup() { DIR=$BATS_TEST_TMPDIR; }
teardown() { stop_nodes; }

group() { "$GA_BIN/ga-group" --dir "$DIR/etc" "$@"; }

@test "new writes the group file and prints nothing but the token on stdout" {
  token=$(group new lab --no-start 2>"$DIR/talk")
  [[ $token == ga1-* ]]
  [ "$(wc -l <<<"$token")" -eq 1 ]
  grep -q 'ipop-node' "$DIR/talk"
  grep -q '^name = "lab"' "$DIR/etc/lab.toml"
  grep -qE '^namespace = "lab-[a-z2-7]{16}"' "$DIR/etc/lab.toml"
}

@test "two groups of one name have different namespaces" {
  group new lab --no-start
  "$GA_BIN/ga-group" --dir "$DIR/other" new lab --no-start
  [ "$(grep ^namespace "$DIR/etc/lab.toml")" != "$(grep ^namespace "$DIR/other/lab.toml")" ]
}

@test "a dry run shows the file and changes nothing" {
  run group new lab --dry-run
  [ "$status" -eq 0 ]
  [ "${lines[0]}" = "+++ $DIR/etc/lab.toml" ]
  [[ $output == *'+name = "lab"'* ]]
  [ ! -e "$DIR/etc" ]
  token=$(group new lab --no-start)
  run "$GA_BIN/ga-group" --dir "$DIR/second" join --dry-run "$token"
  [ "$status" -eq 0 ]
  [ "$(grep '^+namespace' <<<"$output")" = "+$(grep ^namespace "$DIR/etc/lab.toml")" ]
  [ ! -e "$DIR/second" ]
}

@test "new does not overwrite a group" {
  group new lab --no-start
  before=$(cat "$DIR/etc/lab.toml")
  run group new lab --no-start
  [ "$status" -eq 1 ]
  [ "$(cat "$DIR/etc/lab.toml")" = "$before" ]
}

@test "a bad name, prefix or bootstrap node is exit status 2 and says what would be right" {
  for arguments in "new Bad_Name" "new lab --prefix 10.128.0.0/99" "new lab --bootstrap nowhere" "new"; do
    # shellcheck disable=SC2086
    run group $arguments --no-start
    [ "$status" -eq 2 ]
    [ "${#lines[@]}" -eq 1 ]
  done
  [ ! -e "$DIR/etc/lab.toml" ]
}

@test "join writes the same group from the token, given as an argument or on stdin" {
  group new lab --no-start --bootstrap lab.example.org:25000 >"$DIR/token"
  "$GA_BIN/ga-group" --dir "$DIR/second" join --no-start "$(cat "$DIR/token")"
  "$GA_BIN/ga-group" --dir "$DIR/third" join --no-start - <"$DIR/token"
  cmp "$DIR/second/lab.toml" "$DIR/third/lab.toml"
  [ "$(grep ^namespace "$DIR/etc/lab.toml")" = "$(grep ^namespace "$DIR/second/lab.toml")" ]
  grep -q 'lab.example.org:25000' "$DIR/second/lab.toml"
}

@test "a token that is damaged, cut short or no token is exit status 5, and nothing is written" {
  token=$(group new lab --no-start)
  for bad in "${token:0:40}" "${token/a/b}" nonsense "ga9-${token#ga1-}"; do
    run "$GA_BIN/ga-group" --dir "$DIR/second" join --no-start "$bad"
    [ "$status" -eq 5 ]
    [[ $output == *ga-group* ]]
  done
  [ ! -e "$DIR/second/lab.toml" ]
}

@test "join of another group with the same name says how to call it otherwise" {
  token=$(group new lab --no-start)
  "$GA_BIN/ga-group" --dir "$DIR/second" new lab --no-start
  run "$GA_BIN/ga-group" --dir "$DIR/second" join --no-start "$token"
  [ "$status" -eq 1 ]
  [[ $output == *"join --no-start TOKEN --name lab-2"* && $output == *"join --no-start TOKEN --replace"* ]]
  "$GA_BIN/ga-group" --dir "$DIR/second" join --no-start --name lab-2 "$token"
  [ -e "$DIR/second/lab-2.toml" ]
}

@test "a token whose time is over is exit status 5, and the way to another is said" {
  token=$(group new lab --no-start --expires 1s)
  joins_no_more() {
    rm -rf "$DIR/second"
    if "$GA_BIN/ga-group" --dir "$DIR/second" join --no-start "$token"; then return 1; fi
  }
  within joins_no_more
  run "$GA_BIN/ga-group" --dir "$DIR/second" join --no-start "$token"
  [ "$status" -eq 5 ]
  [[ ${lines[0]} == *"expired at "* ]]
  [[ ${lines[1]} == *"ga-group token lab" ]]
  [ ! -e "$DIR/second" ]
}

@test "joining a group a second time changes nothing and is no failure" {
  token=$(group new lab --no-start)
  "$GA_BIN/ga-group" --dir "$DIR/second" join --no-start "$token"
  before=$(cat "$DIR/second/lab.toml")
  run "$GA_BIN/ga-group" --dir "$DIR/second" join --no-start "$token"
  [ "$status" -eq 0 ]
  [[ $output == *"already in the group"* ]]
  # The file that is there stays, so what the token lacks is nobody's business.
  [[ $output != *"no bootstrap address"* ]]
  [ "$(cat "$DIR/second/lab.toml")" = "$before" ]
}

@test "with several groups, one has to be named; with none, the next command is said" {
  run group token
  [ "$status" -eq 1 ]
  [[ $output == *"ga-group join TOKEN"* ]]
  group new lab --no-start
  group new home --no-start
  run group token
  [ "$status" -eq 2 ]
  [[ $output == *"home, lab"* ]]
}

@test "a file that can't be written is exit status 4 for a user without rights" {
  [ "$EUID" -eq 0 ] || skip "needs root to become somebody else"
  cp "$GA_BIN/ga-group" "$DIR/ga-group" || skip "no room for a copy of the program"
  chmod 755 "$DIR"
  mkdir -m 755 "$DIR/etc"
  run setpriv --reuid 65534 --regid 65534 --clear-groups "$DIR/ga-group" --dir "$DIR/etc" new lab --no-start
  [ "$status" -eq 4 ]
  [ -z "$(ls "$DIR/etc")" ]
}

@test "results that can't be written are exit status 1, with a message" {
  group new lab --no-start >/dev/null
  # shellcheck disable=SC2016
  run bash -c '"$1" --dir "$2" show >/dev/full' - "$GA_BIN/ga-group" "$DIR/etc"
  [ "$status" -eq 1 ]
  [[ $output == *"No space left"* ]]
}

@test "plain columns are those of the man page" {
  group new lab --no-start --bootstrap lab.example.org:25000 --port 25001 2>/dev/null
  [ "$(group show --plain | cut -f1 | paste -sd' ')" = "file name namespace membership prefix domain port bootstrap addresses" ]
  [ "$(group check lab --plain)" = "$DIR/etc/lab.toml	good" ]
}

@test "check names file and line of what is wrong, and the nearest key" {
  group new lab --no-start
  run group check lab
  [ "$status" -eq 0 ]
  sed -i 's/^domain/domian/' "$DIR/etc/lab.toml"
  run group check "$DIR/etc/lab.toml"
  [ "$status" -eq 5 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ ${lines[0]} == *lab.toml:*domian*domain* ]]
}

@test "show is a table and JSON with a schema" {
  group new lab --no-start
  run group show
  [[ $output == *10.128.0.0/9* ]]
  group show --json | jq -e '.schema and .prefix == "10.128.0.0/9"'
}

@test "the token of a running node names where it can be reached, and a second node joins by it" {
  group new lab --no-start >/dev/null
  "$GA_BIN/ipop-node" --group "$DIR/etc/lab.toml" --no-tap --no-lan-discovery --state-dir "$DIR/a" \
    --socket "$DIR/a.sock" 2>"$DIR/a.log" 3>&- &
  NODE_PIDS+=("$!")
  within "$GA_BIN/ipop-ctl" --socket "$DIR/a.sock" status
  token=$("$GA_BIN/ga-group" --dir "$DIR/etc" --socket "$DIR/a.sock" token lab)
  "$GA_BIN/ga-group" --dir "$DIR/second" join --no-start "$token"
  sed -i '/^port/d' "$DIR/second/lab.toml"
  cp "$DIR/second/lab.toml" "$DIR/lab.toml"
  start_node b
  "$GA_BIN/ipop-ctl" --socket "$DIR/b.sock" wait peer 1 --timeout 120s
}

@test "completions are what the program prints, and every option stands in the man page" {
  for shell in bash:ga-group.bash zsh:_ga-group fish:ga-group.fish; do
    diff <("$GA_BIN/ga-group" --completion "${shell%%:*}") "$GA_SOURCE/completions/${shell#*:}"
  done
  bash -n "$GA_SOURCE/completions/ga-group.bash"
  if command -v zsh >/dev/null; then zsh -n "$GA_SOURCE/completions/_ga-group"; fi
  if command -v fish >/dev/null; then fish -n "$GA_SOURCE/completions/ga-group.fish"; fi
  page=$(sed 's/\\-/-/g' "$GA_SOURCE/man/ga-group.8")
  for verb in "" new join token show check; do
    # shellcheck disable=SC2086
    for option in $("$GA_BIN/ga-group" $verb --help | grep -oE '^ +(-h,)?--[a-z-]+' | grep -oE -- '--[a-z-]+'); do
      [[ $page == *"$option"* ]] || { echo "man page lacks $option"; return 1; }
    done
  done
}

@test "a closed group carries its authority in file and token" {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$DIR/ca.key" -out "$DIR/ca.pem" \
    -subj /CN=lab -days 30 -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
  token=$(group new lab --no-start --authority "$DIR/ca.pem")
  run group show lab --plain
  [[ $output == *$'membership\tclosed'* ]]
  "$GA_BIN/ga-group" --dir "$DIR/other" join --no-start "$token"
  [ "$(sed -n '/^authority/,/"""$/p' "$DIR/other/lab.toml")" = "$(sed -n '/^authority/,/"""$/p' "$DIR/etc/lab.toml")" ]
  run group check lab
  [ "$status" -eq 0 ]
}

closed() { # a closed group with all its folders below $DIR
  "$GA_BIN/ga-group" --dir "$DIR/etc" --authorities "$DIR/authorities" --states "$DIR/states" "$@"
}

@test "new --closed makes authority, certificate, group and entrance, and one line for the others" {
  token=$(closed new lab --closed --no-start --user alice --port 25000 2>"$DIR/talk")
  [[ $token == ga1-* ]]
  [ "$(wc -l <<<"$token")" -eq 1 ]
  grep -q 'ga-cert accept' "$DIR/talk"
  run ! grep -q 'open group has no authority' "$DIR/talk"
  [ "$(grep -c '^  next: ' "$DIR/talk")" -eq 4 ]
  [ "$(stat -c %a "$DIR/authorities/lab/authority.key")" = 600 ]
  openssl verify -CAfile "$DIR/authorities/lab/authority.pem" "$DIR/states/lab/certificate.pem"
  openssl x509 -in "$DIR/states/lab/certificate.pem" -noout -subject | grep -q alice
  grep -q 'BEGIN CERTIFICATE' "$DIR/etc/lab.toml"
  run ! grep -q 'BEGIN CERTIFICATE' "$DIR/etc/lab-enrol.toml"
  [ "$(grep ^namespace "$DIR/etc/lab.toml")" != "$(grep ^namespace "$DIR/etc/lab-enrol.toml")" ]
  grep -q '^port = 25000' "$DIR/etc/lab.toml"
  grep -q '^port = 25001' "$DIR/etc/lab-enrol.toml"
  # The two networks are apart, and so are the interfaces.
  [ "$(grep ^prefix "$DIR/etc/lab.toml")" != "$(grep ^prefix "$DIR/etc/lab-enrol.toml")" ]
  grep -q 'tap = "ipop1"' "$DIR/etc/node/lab-enrol.toml"
  # Both have one domain: the resolver is to ask the closed group's node alone.
  grep -qxF 'register_dns = false' "$DIR/etc/node/lab-enrol.toml"
  [ ! -e "$DIR/etc/node/lab.toml" ]
  run closed new lab --closed --no-start
  [ "$status" -eq 1 ]
  [[ $output == *'next: ga-group token lab'* ]]
}

@test "a second closed group has interfaces of its own, for the group and for its entrance" {
  closed new lab --closed --no-start >/dev/null 2>&1
  closed new sea --closed --no-start --prefix 10.64.0.0/10 >/dev/null 2>&1
  run sort <(grep -h '^tap' "$DIR"/etc/node/*.toml)
  [ "$output" = $'tap = "ipop1"\ntap = "ipop2"\ntap = "ipop3"' ]
  [ ! -e "$DIR/etc/node/lab.toml" ]
}

@test "new --closed that was interrupted goes on with what is there" {
  closed new lab --closed --no-start --user alice >/dev/null 2>&1
  fingerprint=$(sha256sum <"$DIR/authorities/lab/authority.pem")
  rm "$DIR/etc/lab.toml"
  closed new lab --closed --no-start --user alice >/dev/null 2>"$DIR/talk"
  grep -q 'Took the authority' "$DIR/talk"
  [ "$(sha256sum <"$DIR/authorities/lab/authority.pem")" = "$fingerprint" ]
  [ "$(grep -c '"event":"signed"' "$DIR/authorities/lab/ledger.jsonl")" -eq 1 ]
}

# made DIR: what a way to a group leaves in a folder, but for what chance chose, files that were not finished, and the
# authority's list of whom it revoked, which is made when it is asked for
made() {
  (cd "$1" && find etc states authorities -type f ! -name '*.??????' ! -name crl.pem 2>/dev/null |
    sed 's/[0-9a-f]\{32\}/SERIAL/; s,issued/[0-9a-f]*\.pem,issued/SERIAL.pem,' | sort -u &&
    tail -n +1 etc/node/*.toml && { grep -c 'BEGIN CERTIFICATE' etc/*.toml || true; })
}
# in_folder DIR COMMAND...: ga-group with all its folders there
in_folder() {
  local folder=$1
  shift
  "$@" "$GA_BIN/ga-group" --dir "$folder/etc" --authorities "$folder/authorities" --states "$folder/states" "${way[@]}" \
    >"$folder/token" 2>"$folder/talk"
}

@test "new, close and leave --back that were killed at any step are begun again, and end as if nothing had been" {
  # A tracer is needed to kill at a step and not at a moment; the leak check can't be traced itself.
  export ASAN_OPTIONS=detect_leaks=0
  strace -f -o "$DIR/trace" true 2>"$DIR/why" || skip "strace can't trace here: $(tail -n 1 "$DIR/why")"
  runs=0
  place=(--port 25000 --bootstrap 198.51.100.7:25000)
  for words in "new lab" "new lab --closed --user alice" "close lab --user alice" "leave lab --back"; do
    begin() { # the folder, with the group that is closed or left
      rm -rf "$1"
      mkdir "$1"
      way=(new lab --no-start "${place[@]}")
      [[ $words == new* ]] || in_folder "$1" env
      way=(close lab --no-start --user alice)
      [[ $words != leave* ]] || in_folder "$1" env
      read -ra way <<<"$words"
      [[ $words == leave* ]] || way+=(--no-start)
      [[ $words != new* ]] || way+=("${place[@]}")
    }
    begin "$DIR/whole"
    in_folder "$DIR/whole" env
    whole=$(made "$DIR/whole")
    [[ $whole == *first\ =\ true* ]]
    step=0 status=137
    while [ "$status" -eq 137 ] && [ "$step" -lt 60 ]; do
      step=$((step + 1)) runs=$((runs + 1)) status=0
      begin "$DIR/cut"
      in_folder "$DIR/cut" strace -f -o "$DIR/trace" -e trace=rename,renameat,renameat2 \
        -e "inject=rename,renameat,renameat2:signal=KILL:when=$step" || status=$?
      again=0
      in_folder "$DIR/cut" env || again=$?
      [ "$again" -eq 0 ] || grep -qF 'next: ga-group token lab' "$DIR/cut/talk"
      echo "$words, killed at rename $step: $status, then $again"
      diff <(made "$DIR/cut") <(echo "$whole")
    done
    [ "$status" -eq 0 ]
  done
  # One for each file at least.
  [ "$runs" -ge 15 ]
}

@test "the token of a closed group is asked for again, and joins under the group's name" {
  closed new lab --closed --no-start --user alice >/dev/null 2>&1
  token=$(closed token lab 2>/dev/null)
  "$GA_BIN/ga-group" --dir "$DIR/other" join "$token" --no-start 2>"$DIR/talk"
  [ "$(grep ^namespace "$DIR/other/lab.toml")" = "$(grep ^namespace "$DIR/etc/lab-enrol.toml")" ]
  grep -q '^name = "lab"' "$DIR/other/lab.toml"
  grep -q 'next: the same command again' "$DIR/talk"
}

@test "close makes a closed group of an open one, whose members keep their file and ask with the token" {
  open=$(closed new lab --no-start 2>/dev/null)
  "$GA_BIN/ga-group" --dir "$DIR/other" join "$open" --no-start 2>/dev/null
  token=$(closed close lab --no-start --user alice 2>"$DIR/talk")
  grep -q 'BEGIN CERTIFICATE' "$DIR/etc/lab.toml"
  [ "$(grep ^namespace "$DIR/other/lab.toml")" = "$(grep ^namespace "$DIR/etc/lab-enrol.toml")" ]
  [ -e "$DIR/etc/lab.toml.open" ]
  # A member of the open group goes on from where it is.
  run "$GA_BIN/ga-group" --dir "$DIR/other" join "$token" --no-start
  [ "$status" -eq 0 ]
  [[ $output == *'already in the group'* ]]
  run closed close lab --no-start
  [ "$status" -eq 1 ]
  [[ $output == *'already closed'* ]]
}

@test "close takes the port behind the open group's, says which ones to open, and where this machine is found" {
  closed new lab --no-start --port 25000 --bootstrap 198.51.100.7:25000 --bootstrap 198.51.100.8:4000 >/dev/null 2>&1
  closed close lab --no-start --user alice >/dev/null 2>"$DIR/talk"
  grep -q '^port = 25001' "$DIR/etc/lab.toml"
  grep -q '^port = 25000' "$DIR/etc/lab-enrol.toml"
  grep -qF 'UDP ports 25001 (members) and 25000 (machines that ask)' "$DIR/talk"
  grep -qF '"198.51.100.7:25001"' "$DIR/etc/lab.toml"
  run ! grep -qF 198.51.100.8 "$DIR/etc/lab.toml"
}

@test "a group that the machine has under another name is said to be the same" {
  token=$(group new lab --no-start 2>/dev/null)
  run -1 group join --no-start --name five "$token"
  [[ $output == *"already in this group, under the name lab"*"next: ga status --group lab"* ]]
  [ ! -e "$DIR/etc/five.toml" ]
}

@test "leave puts the group's file aside, and --back says where there is none" {
  group new lab --no-start 2>/dev/null
  run group leave lab --back
  [ "$status" -eq 1 ]
  group leave lab 2>"$DIR/talk"
  [ ! -e "$DIR/etc/lab.toml" ]
  [ -e "$DIR/etc/lab.toml.left" ]
  grep -q 'next: mv ' "$DIR/talk"
}

@test "a second group of a machine has names of its own, and one that shares them is noted" {
  group new lab --no-start >/dev/null 2>&1
  group new sea --no-start >/dev/null 2>"$DIR/talk"
  grep -q '^domain = "ipop"' "$DIR/etc/lab.toml"
  grep -q '^domain = "sea-ipop"' "$DIR/etc/sea.toml"
  grep -qF 'names of this group end in .sea-ipop, since those of lab end in .ipop' "$DIR/talk"
  closed new bay --closed >/dev/null 2>&1
  grep -q '^domain = "bay-ipop"' "$DIR/etc/bay.toml"
  grep -q '^domain = "bay-ipop"' "$DIR/etc/bay-enrol.toml"
  token=$("$GA_BIN/ga-group" --dir "$DIR/far" new far --no-start --prefix 10.64.0.0/10 2>/dev/null)
  group join --no-start "$token" >/dev/null 2>"$DIR/talk"
  if [ -e /run/systemd/resolve ]; then run ! grep -q 'the names of lab' "$DIR/talk"
  else grep -q 'the names of lab end in .ipop too' "$DIR/talk"; fi
}

@test "leave says what ends where the authority is, and which way in is left" {
  closed new lab --closed >/dev/null 2>&1
  closed leave lab 2>"$DIR/talk"
  grep -q '^This machine has the authority of lab, which stays: until it is back' "$DIR/talk"
  grep -q 'next: ga-group leave lab-enrol' "$DIR/talk"
  closed leave lab-enrol 2>"$DIR/talk"
  grep -q '^This was the way into lab' "$DIR/talk"
  run ! grep -q 'next: ga-group leave' "$DIR/talk"
  # A closed group may be called like a way in.
  closed new sea-enrol --closed >/dev/null 2>&1
  closed leave sea-enrol 2>"$DIR/talk"
  grep -q '^This machine has the authority of sea-enrol' "$DIR/talk"
}

@test "a closed group of somebody else's authority says how this machine gets its certificate" {
  "$GA_BIN/ga-cert" --dir "$DIR/authority" authority init lab --no-passphrase >/dev/null 2>&1
  closed new lab --authority "$DIR/authority/authority.pem" >/dev/null 2>"$DIR/talk"
  run ! grep -q 'open group' "$DIR/talk"
  grep -q 'next: ga-cert .* request --group lab' "$DIR/talk"
}

@test "an authority that is none is refused with its file" {
  echo nonsense >"$DIR/ca.pem"
  run group new lab --no-start --authority "$DIR/ca.pem"
  [ "$status" -eq 5 ]
  [[ $output == *"$DIR/ca.pem"* ]]
  [ ! -e "$DIR/etc/lab.toml" ]
}

# --- rotation ------------------------------------------------------------------------------------------------------

rotation() { # an authority, a closed group, and three members with their keys in $DIR/states
  "$GA_BIN/ga-cert" --dir "$DIR/authority" authority init lab --no-passphrase >/dev/null 2>&1
  group new lab --no-start --authority "$DIR/authority/authority.pem" >/dev/null 2>&1
  local name
  for name in alice bob eve; do
    mkdir -p -m 700 "$DIR/states/$name"
    "$GA_BIN/ga-cert" request --key "$DIR/states/$name/key.pem" --user "$name" --out "$DIR/$name.csr" 2>/dev/null
    "$GA_BIN/ga-cert" --dir "$DIR/authority" sign "$DIR/$name.csr" --out "$DIR/states/$name/certificate.pem" 2>/dev/null
    mkdir "$DIR/$name"
    cp "$DIR/etc/lab.toml" "$DIR/$name/lab.toml"
  done
}
rotates() { group rotate lab --signer "$DIR/authority" --state-dir "$DIR/states/alice" --out "$DIR/handover" "$@"; }
accepts() { # NAME [OPTION...]
  "$GA_BIN/ga-group" --dir "$DIR/$1" --socket "$DIR/$1.sock" accept "$DIR/handover" --state-dir "$DIR/states/$1" "${@:2}"
}
namespace_in() { grep ^namespace "$1/lab.toml"; }

@test "rotate hands a new namespace to those who were chosen; the others learn nothing" {
  rotation
  before=$(namespace_in "$DIR/etc")
  run rotates --all-except eve --socket "$DIR/none.sock"
  [ "$status" -eq 7 ] # no node runs
  [[ $output == *"ga-cert revoke"* ]]
  new=$(namespace_in "$DIR/etc")
  [ "$new" != "$before" ]
  grep -q 'BEGIN CERTIFICATE' "$DIR/etc/lab.toml"
  [ "$(namespace_in "$DIR/etc" | cut -c1-17)" = 'namespace = "lab-' ]
  cmp <(grep ^namespace "$DIR/etc/lab.toml.old") <(echo "$before")
  run accepts bob
  [ "$status" -eq 7 ]
  [ "$(namespace_in "$DIR/bob")" = "$new" ]
  run accepts bob
  [[ $output == *"already"* ]]
  run accepts eve
  [ "$status" -eq 1 ]
  [[ $output == *"not for this key"* ]]
  [ "$(namespace_in "$DIR/eve")" = "$before" ]
  name=${new#*\"}
  run grep -qaF "${name%\"}" "$DIR/handover"
  [ "$status" -eq 1 ]
  # The authority has noted whom it left behind, and gives the group's file to no such key.
  "$GA_BIN/ga-cert" --dir "$DIR/authority" list --decisions --plain | cut -f2,4 | grep -q '^left-out	eve$'
}

@test "a rotation is in the ledger before anybody has it" {
  rotation
  entries=$(wc -l <"$DIR/authority/ledger.jsonl")
  # A limit on the size of files: the ledger can be read and locked, and takes no line more.
  size=$(stat -c %s "$DIR/authority/ledger.jsonl")
  run bash -c "python3 -c 'import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ($size, $size)); os.execv(sys.argv[1], sys.argv[1:])' \
    '$GA_BIN/ga-group' --dir '$DIR/etc' rotate lab --signer '$DIR/authority' --state-dir '$DIR/states/alice' --out '$DIR/handover' --all-except eve --stay"
  [ "$status" -eq 1 ]
  [[ $output == *"ledger.jsonl"* ]]
  [ ! -e "$DIR/handover" ]
  [ "$(wc -l <"$DIR/authority/ledger.jsonl")" -eq "$entries" ]
}

@test "a hand-over that nobody could read moves no node either" {
  rotation
  cp "$DIR/etc/lab.toml" "$DIR/before.toml"
  run bash -c '"$1" --dir "$2/etc" --socket "$2/none.sock" rotate lab --signer "$2/authority" --state-dir "$2/states/alice" \
    --all --out - >/dev/full' - "$GA_BIN/ga-group" "$DIR"
  [ "$status" -eq 1 ]
  [[ $output == *"nobody has the hand-over, so this machine's node stays where it is"* ]]
  cmp "$DIR/before.toml" "$DIR/etc/lab.toml"
}

@test "openssl reads what rotate writes, with the key of a member only" {
  rotation
  rotates --member bob --stay
  openssl cms -verify -in "$DIR/handover" -inform PEM -binary -CAfile "$DIR/authority/authority.pem" -purpose any \
    -out "$DIR/envelope"
  openssl cms -decrypt -in "$DIR/envelope" -inform DER -binary -inkey "$DIR/states/bob/key.pem" -out "$DIR/opened"
  head -n 1 "$DIR/opened" | grep -q '^ga-group handover 1$'
  for name in alice eve; do
    run openssl cms -decrypt -in "$DIR/envelope" -inform DER -binary -inkey "$DIR/states/$name/key.pem" -out "$DIR/$name.out"
    [ "$status" -ne 0 ] || ! grep -q ga1- "$DIR/$name.out"
  done
}

@test "members are named by user, serial number, fingerprint or file, and who is nobody is said" {
  rotation
  serial=$(openssl x509 -in "$DIR/states/bob/certificate.pem" -noout -serial | cut -d= -f2)
  key=$(openssl pkey -in "$DIR/states/eve/key.pem" -pubout -outform DER | sha256sum | cut -c1-16)
  taken() { rotates "$@" --dry-run | awk -F'\t' '$1 == "taken along" {printf "%s ", $2}'; }
  [ "$(taken --member alice)" = "alice " ]
  [ "$(taken --member "${serial:0:12}" --member "$key")" = "bob eve " ]
  [ "$(taken --all-except "$DIR/states/eve/certificate.pem")" = "alice bob " ]
  [ "$(taken --all)" = "alice bob eve " ]
  run rotates --member mallory
  [ "$status" -eq 1 ]
  [[ $output == *'"mallory" is not a member'* ]]
  run rotates
  [ "$status" -eq 2 ]
  run rotates --member bob --all
  [ "$status" -eq 2 ]
  [ ! -e "$DIR/handover" ]
  "$GA_BIN/ga-cert" --dir "$DIR/authority" revoke --user eve --offline
  [ "$(taken --all)" = "alice bob " ]
}

@test "rotate to a new authority brings each chosen member a certificate of it" {
  rotation
  "$GA_BIN/ga-cert" --dir "$DIR/second" authority init lab --no-passphrase
  rotates --member bob --stay --authority "$DIR/second/authority.pem"
  run accepts bob
  [ "$status" -eq 7 ]
  openssl verify -CAfile "$DIR/second/authority.pem" "$DIR/states/bob/certificate.pem"
  openssl verify -CAfile "$DIR/authority/authority.pem" "$DIR/states/bob/certificate.pem.old"
  grep -qF "$(sed -n 2p "$DIR/second/authority.pem")" "$DIR/bob/lab.toml"
  [ "$("$GA_BIN/ga-cert" --dir "$DIR/second" list --certificates --plain | cut -f2)" = bob ]
  # Again, when the authority that wrote it is no longer the group's.
  cp "$DIR/bob/lab.toml" "$DIR/moved"
  run accepts bob
  [ "$status" -eq 7 ]
  [[ $output == *"already"* ]]
  run accepts bob --dry-run
  [ "$status" -eq 0 ]
  cmp "$DIR/bob/lab.toml" "$DIR/moved"
  # Without the copy of the file before, nobody can tell whose it is.
  rm "$DIR/bob/lab.toml.old"
  run accepts bob
  [ "$status" -eq 5 ]
  [[ $output == *"not from the sender"* ]]
}

@test "a hand-over that is damaged, another authority's, or out of turn is refused, and nothing changes" {
  rotation
  before=$(namespace_in "$DIR/bob")
  rotates --all --stay
  cp "$DIR/handover" "$DIR/good"
  sed '5s/[A-M]/N/' "$DIR/good" >"$DIR/handover"
  run accepts bob
  [ "$status" -eq 5 ]
  head -n 5 "$DIR/good" >"$DIR/handover"
  run accepts bob
  [ "$status" -eq 5 ]
  echo nothing >"$DIR/handover"
  run accepts bob
  [ "$status" -eq 5 ]
  # A member is no authority: what it signs and seals for bob moves nobody.
  openssl cms -verify -in "$DIR/good" -inform PEM -binary -noverify -out "$DIR/envelope"
  openssl cms -sign -in "$DIR/envelope" -inform DER -binary -nodetach -outform PEM -signer "$DIR/states/eve/certificate.pem" \
    -inkey "$DIR/states/eve/key.pem" -out "$DIR/handover"
  run accepts bob
  [ "$status" -eq 5 ]
  [[ $output == *"not from the sender"* ]]
  [ "$(namespace_in "$DIR/bob")" = "$before" ]
  # Out of another namespace.
  sed -i 's/^namespace = .*/namespace = "lab-elsewhere"/' "$DIR/bob/lab.toml"
  cp "$DIR/good" "$DIR/handover"
  run accepts bob
  [ "$status" -eq 1 ]
  [[ $output == *"accepted first"* ]]
}

@test "rotate takes the authority's passphrase from a file, and says so where it can ask nobody" {
  rotation
  (umask 077; echo "open sesame" >"$DIR/pass")
  openssl pkcs8 -topk8 -in "$DIR/authority/authority.key" -passout "file:$DIR/pass" -out "$DIR/encrypted"
  cat "$DIR/encrypted" >"$DIR/authority/authority.key"
  run setsid --wait "$GA_BIN/ga-group" --dir "$DIR/etc" rotate lab --signer "$DIR/authority" --all --out "$DIR/handover"
  [ "$status" -eq 2 ]
  [[ $output == *"--passphrase-file"* ]]
  [ ! -e "$DIR/handover" ]
  rotates --all --stay --passphrase-file "$DIR/pass"
  [ -s "$DIR/handover" ]
}

@test "a hand-over that can't be written leaves nobody behind" {
  rotation
  before=$(namespace_in "$DIR/etc")
  run group rotate lab --signer "$DIR/authority" --state-dir "$DIR/states/alice" --out "$DIR/none/handover" --member alice
  [ "$status" -eq 1 ]
  [ "$(namespace_in "$DIR/etc")" = "$before" ]
  [ "$("$GA_BIN/ga-cert" --dir "$DIR/authority" list --decisions --plain | cut -f2 | grep -c left-out)" -eq 0 ]
}

@test "S14: a node's key that others may read opens no hand-over" {
  rotation
  rotates --all --stay
  before=$(namespace_in "$DIR/bob")
  for mode in 640 604 666; do
    chmod "$mode" "$DIR/states/bob/key.pem"
    run accepts bob
    [ "$status" -eq 5 ]
    [[ $output == *"chmod 600"* ]]
  done
  chmod 600 "$DIR/states/bob/key.pem"
  mv "$DIR/states/bob/key.pem" "$DIR/elsewhere"
  ln -s "$DIR/elsewhere" "$DIR/states/bob/key.pem"
  run accepts bob
  [ "$status" -eq 5 ]
  chmod 644 "$DIR/authority/authority.key"
  run rotates --all --stay
  [ "$status" -eq 5 ]
  [ "$(namespace_in "$DIR/bob")" = "$before" ]
}

@test "an open group rotates with a token to hand out by hand, and says why" {
  group new lab --no-start >/dev/null 2>&1
  before=$(namespace_in "$DIR/etc")
  cp -r "$DIR/etc" "$DIR/member"
  run group rotate lab --out "$DIR/handover" --all
  [ "$status" -eq 2 ]
  [[ $output == *"no certificates"* ]]
  group rotate lab --stay >"$DIR/token" 2>"$DIR/talk"
  [ "$(namespace_in "$DIR/etc")" != "$before" ]
  grep -q 'ga-group join --replace' "$DIR/talk"
  run "$GA_BIN/ga-group" --dir "$DIR/member" join --no-start "$(cat "$DIR/token")"
  [ "$status" -eq 1 ]
  [[ $output == *"--replace"* ]]
  "$GA_BIN/ga-group" --dir "$DIR/member" --socket "$DIR/none.sock" join --no-start --replace "$(cat "$DIR/token")"
  [ "$(namespace_in "$DIR/member")" = "$(namespace_in "$DIR/etc")" ]
  [ "$(namespace_in "$DIR/member" | cut -d'"' -f2)" != "$(cut -d'"' -f2 <<<"$before")" ]
  run "$GA_BIN/ga-group" --dir "$DIR/member" accept "$DIR/token"
  [ "$status" -eq 2 ]
  [[ $output == *"open group"* ]]
}

@test "a directory of groups that can't be read is exit status 4, not the lack of a group" {
  [ "$EUID" -eq 0 ] || skip "needs root to become somebody else"
  cp "$GA_BIN/ga-group" "$DIR/ga-group" || skip "no room for a copy of the program"
  group new lab --no-start >/dev/null 2>&1
  chmod 755 "$DIR"
  chmod 700 "$DIR/etc"
  for arguments in show "show lab" token; do
    # shellcheck disable=SC2086
    run setpriv --reuid 65534 --regid 65534 --clear-groups "$DIR/ga-group" --dir "$DIR/etc" $arguments
    [ "$status" -eq 4 ]
    [[ $output != *"no group"* ]]
  done
}

# --- interfaces ------------------------------------------------------------------------------------------------------

@test "a second group's node gets the next free interface, and one line says so" {
  group new lab --no-start >/dev/null
  [ ! -e "$DIR/etc/node" ]
  group new sea --no-start >/dev/null 2>"$DIR/talk"
  [ "$(cat "$DIR/etc/node/sea.toml")" = 'tap = "ipop1"' ]
  grep -qF "Wrote $DIR/etc/node/sea.toml (interface ipop1, since lab has ipop0)" "$DIR/talk"
  grep -qF "ipop-node --configure --group $DIR/etc/sea.toml --config $DIR/etc/node/sea.toml" "$DIR/talk"
  token=$("$GA_BIN/ga-group" --dir "$DIR/other" new air --no-start)
  group join --no-start "$token"
  [ "$(cat "$DIR/etc/node/air.toml")" = 'tap = "ipop2"' ]
}

@test "an interface is free where the other groups' nodes have others, or none" {
  mkdir -p "$DIR/etc/node"
  echo 'tap = "blue"' >"$DIR/etc/node/lab.toml"
  echo 'no_tap = true' >"$DIR/etc/node/sea.toml"
  group new lab --no-start >/dev/null
  group new sea --no-start >/dev/null
  group new air --no-start >/dev/null
  [ ! -e "$DIR/etc/node/air.toml" ]
  [ "$(cat "$DIR/etc/node/sea.toml")" = 'no_tap = true' ]
}

@test "settings of a node keep what they have when the interface is added" {
  mkdir -p "$DIR/etc/node"
  printf '# of the north hall\nport = 4711\n' >"$DIR/etc/node/sea.toml"
  group new lab --no-start >/dev/null
  group new sea --no-start >/dev/null
  [ "$(cat "$DIR/etc/node/sea.toml")" = $'tap = "ipop1"\n# of the north hall\nport = 4711' ]
}

@test "an interface that was chosen by hand stays, and a clash is said with the right line" {
  mkdir -p "$DIR/etc/node"
  echo 'tap = "ipop0"' >"$DIR/etc/node/sea.toml"
  group new lab --no-start >/dev/null
  run group new sea --no-start
  [ "$status" -eq 0 ]
  [[ $output == *'ipop0 is the interface of the group lab'* ]]
  [[ $output == *'tap = "ipop1"'* ]]
  [ "$(cat "$DIR/etc/node/sea.toml")" = 'tap = "ipop0"' ]
}

@test "a dry run shows the interface and writes no settings" {
  group new lab --no-start >/dev/null
  run group new sea --dry-run
  [ "$status" -eq 0 ]
  [[ $output == *"+++ $DIR/etc/node/sea.toml"$'\n''+tap = "ipop1"'* ]]
  [ ! -e "$DIR/etc/node" ]
}

@test "list: the groups of this machine, open and closed, and what is wrong with a file" {
  run -0 group list
  [ "${lines[0]}" = "This machine is in no group." ]
  group new lab --no-start >/dev/null 2>&1
  run -0 --separate-stderr group list --plain
  [ "$output" = "lab	open	10.128.0.0/9	stopped	" ]
  echo 'name =' >"$DIR/etc/broken.toml"
  run -5 --separate-stderr group list --json
  [ "$(jq -r '[.groups[] | .name + " " + (.problem != "" | tostring)] | join(", ")' <<<"$output")" = "broken true, lab false" ]
}

@test "help: as --help, of the program and of a command" {
  diff <("$GA_BIN/ga-group" help) <("$GA_BIN/ga-group" --help)
  diff <("$GA_BIN/ga-group" help join) <("$GA_BIN/ga-group" join --help)
}

@test "--qr: the token as a code below the token, which stands alone in the first line" {
  group new lab --no-start >/dev/null 2>&1
  run -0 --separate-stderr group token lab --qr
  [[ ${lines[0]} == ga1-* ]]
  [[ ${lines[1]} == *"█▀▀"* || ${lines[1]} == *"███"* ]]
  [ "${#lines[@]}" -gt 20 ]
  for verb in "token lab" "close lab" "new sea"; do
    # shellcheck disable=SC2086  # two words
    run -2 group $verb --qr --json
    [[ $output == *"--qr has no --json"* ]]
  done
}

@test "a new group's node may be the first where its bootstrap address is not this machine's" {
  run group new lab --dry-run --bootstrap 198.51.100.7:4000
  [[ $output == *"+++ $DIR/etc/node/lab.toml"*"+first = true"* ]]
  [ ! -e "$DIR/etc/node" ]
  group new lab --no-start --bootstrap 198.51.100.7:4000 >/dev/null
  [ "$(cat "$DIR/etc/node/lab.toml")" = 'first = true' ]
  own=$(ip -4 -o address show scope global | awk '{ sub("/.*", "", $4); print $4; exit }')
  [ -n "$own" ]
  group new sea --no-start --bootstrap 198.51.100.7:4000 --bootstrap "$own:4000" >/dev/null
  run grep first "$DIR/etc/node/sea.toml"
  [ "$status" -eq 1 ]
  mkdir -p "$DIR/other/node"
  echo 'first = false' >"$DIR/other/node/air.toml"
  "$GA_BIN/ga-group" --dir "$DIR/other" new air --no-start --bootstrap 198.51.100.7:4000 >/dev/null
  [ "$(cat "$DIR/other/node/air.toml")" = 'first = false' ]
}

@test "addresses: a lease server by URL or by a member's name, carried by the token; and back to the ring" {
  key=$(printf 'ab%.0s' {1..32})
  token=$(group new lab --no-start 2>/dev/null)
  "$GA_BIN/ga-group" --dir "$DIR/member" join --no-start "$token" 2>/dev/null
  run --separate-stderr group addresses lab --server desk --key "$key" --pool 10.128.1.10-10.128.1.99 --fallback ring
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  [[ $stderr == *'needs the name desk (hostname = "desk" in /etc/ipop/node/lab.toml)'* ]]
  [[ $stderr == *'next: ga-group token lab'* ]]
  grep -q '^dhcp_server = "desk"' "$DIR/etc/lab.toml"
  grep -q '^dhcp_fallback = "ring"' "$DIR/etc/lab.toml"
  # A new machine and one that is a member already: the same line.
  token=$(group token lab 2>/dev/null)
  "$GA_BIN/ga-group" --dir "$DIR/newcomer" join --no-start "$token" 2>/dev/null
  "$GA_BIN/ga-group" --dir "$DIR/member" join --no-start "$token" 2>"$DIR/talk"
  grep -q "Wrote $DIR/member/lab.toml" "$DIR/talk"
  for machine in newcomer member; do
    diff <(grep -E '^(addresses|dhcp_)' "$DIR/etc/lab.toml") <(grep -E '^(addresses|dhcp_)' "$DIR/$machine/lab.toml")
  done
  group addresses --ring 2>/dev/null
  run ! grep -qE '^(addresses|dhcp_)' "$DIR/etc/lab.toml"
}

@test "addresses: what is wrong is one line and status 2, and the file stays" {
  group new lab --no-start 2>/dev/null >/dev/null
  key=$(printf 'ab%.0s' {1..32})
  before=$(<"$DIR/etc/lab.toml")
  for wrong in '' '--server desk' "--key $key" "--server Desk! --key $key" '--server desk --key abc' "--ring --server desk --key $key" \
    "--server desk --key $key --pool 10.9.9.9" "--server desk --key $key --pool 10.128.1.9-10.128.1.1" \
    "--server desk --key $key --fallback ring" '--ring --pool 10.128.1.9'; do
    # shellcheck disable=SC2086
    run group addresses lab $wrong
    echo "$wrong: $output"
    [ "$status" -eq 2 ]
    [ "${#lines[@]}" -eq 1 ]
  done
  [ "$(<"$DIR/etc/lab.toml")" = "$before" ]
}
