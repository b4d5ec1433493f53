#!/usr/bin/env bats
# What a script sees of ipop-ctl, with real nodes.

load nodes

setup() { make_group; }
teardown() { stop_nodes; }

ctl() { "$GA_BIN/ipop-ctl" --socket "$DIR/a.sock" "$@"; }

@test "without a verb, or with a wrong option, the exit status is 2 and one line says why" {
  run "$GA_BIN/ipop-ctl"
  [ "$status" -eq 2 ]
  run "$GA_BIN/ipop-ctl" --bogus
  [ "$status" -eq 2 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ ${lines[0]} == *--bogus* ]]
}

@test "a node that does not run is exit status 3, with the socket's name" {
  run "$GA_BIN/ipop-ctl" --socket "$DIR/none.sock" status
  [ "$status" -eq 3 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ ${lines[0]} == *none.sock* ]]
}

@test "a group that this machine has not is nothing that could be started" {
  run "$GA_BIN/ipop-ctl" --group nobody-has-this status
  [ "$status" -eq 3 ]
  [[ ${lines[1]} == "  next: ga-group list  # this machine has no group of that name" ]]
}

@test "status is a table for people, JSON with a schema, and plain columns" {
  start_node a
  run ctl status
  [ "$status" -eq 0 ]
  [[ $output == *namespace* ]]
  ctl status --json | jq -e '.schema == "ipop.status/1" and (.id | length) == 32 and .joined == false'
  [ "$(ctl status --plain | awk -F'\t' '$1 == "joined" {print $2}')" = no ]
}

@test "results go to stdout alone: it parses with stderr closed" {
  start_node a
  ctl status --json 2>&- | jq -e .schema
  ctl peers --json 2>&- | jq -e .schema
  ctl members --json 2>&- | jq -e '.members | length == 1'
  ctl endpoints --json 2>&- | jq -e .schema
}

@test "a value that was put is read again; an unknown key is exit status 1" {
  start_node a
  ctl dht put colour green
  [ "$(ctl dht get colour)" = green ]
  printf 'from a pipe' | ctl dht put piped -
  [ "$(ctl dht get piped)" = "from a pipe" ]
  run ctl dht get nothing
  [ "$status" -eq 1 ]
}

@test "a value above 1024 octets is refused and nothing is stored" {
  start_node a
  run ctl dht put big "$(printf 'x%.0s' {1..1025})"
  [ "$status" -ne 0 ]
  run ctl dht get big
  [ "$status" -eq 1 ]
}

@test "two nodes find each other: wait, peers, members and why agree" {
  start_node a
  port=$(ctl status --json | jq -r '.local_endpoints[0]')
  start_node b --bootstrap "$port"
  ctl wait peer 1 --timeout 120s
  run ctl peers --plain
  [ "${#lines[@]}" -eq 1 ]
  id=$(cut -f1 <<<"${lines[0]}")
  [ "$(cut -f3 <<<"${lines[0]}")" = direct ]
  [ "$("$GA_BIN/ipop-ctl" --socket "$DIR/b.sock" status --json | jq -r .id)" = "$id" ]
  [ "$(ctl members --plain | wc -l)" -eq 2 ]
  run ctl why "$id"
  [ "$status" -eq 0 ]
  [[ $output == *direct* ]]
  run ctl why "${id:0:6}"
  [ "$status" -eq 0 ]
}

@test "why says in its first lines that a member left, and since when" {
  start_node a
  start_node b --bootstrap "$(ctl status --json | jq -r '.local_endpoints[0]')"
  ctl wait peer 1 --timeout 120s
  id=$("$GA_BIN/ipop-ctl" --socket "$DIR/b.sock" status --json | jq -r .id)
  [[ $(ctl why "$id") != *gone* ]]
  [ "$(ctl why "$id" --json | jq .gone)" = null ]
  "$GA_BIN/ipop-ctl" --socket "$DIR/b.sock" stop
  left() { [[ $(ctl why "$id" --json | jq -r .gone.why) == stopped ]]; }
  within left
  run ctl why "$id"
  echo "$output"
  [[ ${lines[2]} =~ ^gone\ +since\ [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z:\ it\ stopped$ ]]
  [[ ${lines[3]} == reason*"this member left; no link"* ]]
  at=$(ctl why "$id" --plain | sed -n 's/^gone\t//p')
  [ "$(date -u -d "@$at" '+%Y-%m-%dT%H:%M')" = "$(sed -E 's/^gone +since (.{16}).*/\1/' <<<"${lines[2]}")" ]
}

@test "status and why say the encryption and whose code does it" {
  start_node a --cipher openssl
  start_node b --cipher chacha20-poly1305 --bootstrap "$(ctl status --json | jq -r '.local_endpoints[0]')"
  ctl wait peer 1 --timeout 120s
  ctl status | grep -qE '^cipher +AES-128-GCM by openssl$'
  [ "$(ctl status --json | jq -r '[.cipher, .suite, .library] | join(" ")')" = "openssl aes-128-gcm openssl" ]
  [ "$(ctl status --plain | grep -E '^(suite|library)' | paste -sd' ')" = $'suite\taes-128-gcm library\topenssl' ]
  "$GA_BIN/ipop-ctl" --socket "$DIR/b.sock" status | grep -qE '^cipher +ChaCha20-Poly1305 by openssl$'
  id=$(ctl peers --plain | cut -f1)
  ctl why "$id" | grep -qE '^packets .*, sealed with ChaCha20-Poly1305 by openssl$'
  [ "$(ctl why "$id" --json | jq -r '[.connection.suite, .library] | join(" ")')" = "chacha20-poly1305 openssl" ]
  [ "$(ctl why "$id" --plain | sed -n 's/^library\t//p')" = openssl ]
}

@test "a walk of the ring that is cut off by its limit is exit status 7" {
  start_node a
  start_node b --bootstrap "$(ctl status --json | jq -r '.local_endpoints[0]')"
  ctl wait peer 1 --timeout 120s
  run ctl members --limit 1 --plain
  [ "$status" -eq 7 ]
}

@test "a wait begins before the node has started" {
  "$GA_BIN/ipop-ctl" --socket "$DIR/a.sock" wait peer 1 --timeout 120s >"$DIR/seen" 3>&- &
  waiting=$!
  start_node a
  start_node b --bootstrap "$(ctl status --json | jq -r '.local_endpoints[0]')"
  wait "$waiting"
  [ "$(cat "$DIR/seen")" -ge 1 ]
}

@test "events are one JSON object a line, each with its schema" {
  start_node a
  timeout 120 "$GA_BIN/ipop-ctl" --socket "$DIR/a.sock" events >"$DIR/events" 3>&- &
  listener=$!
  start_node b --bootstrap "$(ctl status --json | jq -r '.local_endpoints[0]')"
  ctl wait peer 1 --timeout 120s
  "$GA_BIN/ipop-ctl" --socket "$DIR/b.sock" stop
  within test -s "$DIR/events"
  kill "$listener"
  [ "$(wc -l <"$DIR/events")" -eq "$(jq -r .schema "$DIR/events" | grep -c '^ipop\.')" ]
}

@test "events end after --timeout, with status 0" {
  start_node a
  run timeout 120 "$GA_BIN/ipop-ctl" --socket "$DIR/a.sock" events --timeout 1s
  [ "$status" -eq 0 ]
}

@test "a node that is alone says so, and is not called broken" {
  start_node a
  [[ $(ctl status) == *"alone: waiting for others"* ]]
  [[ $(ctl peers) == *alone* ]]
}

@test "a node without an address has nothing to ping from" {
  start_node a
  run ctl ping nobody --count 1
  [ "$status" -eq 1 ]
  [[ $output == *"no address"* ]]
}

@test "dht watch prints an event when the watch stands and for each change, not for a renewal" {
  start_node a
  "$GA_BIN/ipop-ctl" --socket "$DIR/a.sock" dht watch colour >"$DIR/changes" 3>&- &
  watcher=$!
  lines_are() {
    within eval "[ \"\$(wc -l <'$DIR/changes')\" -ge $1 ]"
  }
  lines_are 1
  ctl dht put colour green
  lines_are 2
  ctl dht put colour green
  ctl dht put other green
  ctl dht put colour blue
  lines_are 3
  kill "$watcher"
  [ "$(jq -r '.event + " " + .key' "$DIR/changes" | sort | uniq -c | tr -s ' ')" = " 3 dht_changed colour" ]
}

@test "a node without a virtual network has no lease to wait for" {
  start_node a
  run ctl wait lease --timeout 5s
  [ "$status" -eq 1 ]
  [[ $output == *--no-tap* ]]
}

@test "results that can't be written are exit status 1, with a message" {
  start_node a
  # shellcheck disable=SC2016
  run bash -c '"$1" --socket "$2" status >/dev/full' - "$GA_BIN/ipop-ctl" "$DIR/a.sock"
  [ "$status" -eq 1 ]
  [[ $output == *"No space left"* ]]
}

@test "a value put at one node is read at the other, and only one of them creates a key" {
  start_node a
  start_node b --bootstrap "$(ctl status --json | jq -r '.local_endpoints[0]')"
  ctl wait peer 1 --timeout 120s
  ctl dht create chair mine
  run "$GA_BIN/ipop-ctl" --socket "$DIR/b.sock" dht create chair yours
  [ "$status" -eq 1 ]
  [ "$("$GA_BIN/ipop-ctl" --socket "$DIR/b.sock" dht get chair)" = mine ]
}

@test "a wait that is not fulfilled ends with 6 when its time is over" {
  start_node a
  run ctl wait peer 5 --timeout 1s
  [ "$status" -eq 6 ]
}

@test "a node nobody knows is exit status 1" {
  start_node a
  run ctl why 10.128.99.99
  [ "$status" -eq 1 ]
}

@test "reload says what changed" {
  start_node a
  run ctl reload
  [ "$status" -eq 0 ]
  [[ $output == *"nothing has changed"* ]]
  sed -i 's/^namespace = ".*"/namespace = "another-place"/' "$DIR/lab.toml"
  run ctl reload
  [ "$status" -eq 0 ]
  [[ $output == *"namespace: "*" -> another-place"* ]]
  sed -i 's/^namespace = ".*"/namespace = "a-third-place"/' "$DIR/lab.toml"
  ctl reload --json | jq -e '.schema == "ipop-ctl.reload/1" and .after_restart == [] and
    .changes == ["namespace: another-place -> a-third-place"]'
}

@test "stop ends the node in good order and its socket is gone" {
  start_node a
  [ "$(ctl stop)" = stopped ]
  wait "${NODE_PIDS[0]}"
  [ ! -e "$DIR/a.sock" ]
}

@test "another user may not change anything" {
  [ "$EUID" -eq 0 ] || skip "needs root to become somebody else"
  start_node a
  chmod 755 "$DIR"
  chmod 666 "$DIR/a.sock"
  cp "$GA_BIN/ipop-ctl" "$DIR/ipop-ctl" || skip "no room for a copy of the program"
  run setpriv --reuid 65534 --regid 65534 --clear-groups "$DIR/ipop-ctl" --socket "$DIR/a.sock" dht put k v
  [ "$status" -eq 4 ]
}

@test "octets that are no JSON-RPC are answered with an error, and the node goes on" {
  start_node a
  printf 'nonsense\n{"jsonrpc":"2.0","id":1,"method":"no.such"}\n' | timeout 5 socat -t1 - "UNIX-CONNECT:$DIR/a.sock" >"$DIR/out"
  [ "$(jq -r .error.code "$DIR/out" | wc -l)" -ge 1 ]
  ctl status >/dev/null
}

@test "a client that ends its stream gets its answers, then the connection is closed" {
  start_node a
  start_node b --bootstrap "$(ctl status --json | jq -r '.local_endpoints[0]')"
  ctl wait peer 1 --timeout 120s
  # A walk of the ring waits for a member that stands still; socat would wait for a minute.
  kill -STOP "${NODE_PIDS[1]}"
  printf '{"jsonrpc":"2.0","id":%s,"method":"%s"}\n' 1 subscribe 2 members 3 members 4 status |
    timeout 120 socat -t 60 - "UNIX-CONNECT:$DIR/a.sock" >"$DIR/out" || status=$?
  kill -CONT "${NODE_PIDS[1]}"
  [ "${status:-0}" -eq 0 ]
  [ "$(jq -r 'select(.id).id' "$DIR/out" | sort | tr '\n' ' ')" = "1 2 3 4 " ]
  [ "$(jq -r 'select(.id == 2).result.members | length' "$DIR/out")" -eq 2 ]
}

@test "metrics are Prometheus text" {
  start_node a
  run ctl metrics
  [ "$status" -eq 0 ]
  [[ ${lines[0]} == "# HELP "* ]]
}

# completed WORD...: what bash offers for the last word.
completed() {
  COMP_WORDS=("$@")
  COMP_CWORD=$(($# - 1))
  _ipop_ctl
  echo "${COMPREPLY[*]}"
}

@test "bash completes verbs, options and their values" {
  # shellcheck source=/dev/null
  source "$GA_SOURCE/completions/ipop-ctl.bash"
  [ "$(completed ipop-ctl me)" = "metrics members" ]
  [ "$(completed ipop-ctl pi)" = ping ]
  [ "$(completed ipop-ctl dht c)" = create ]
  [ "$(completed ipop-ctl dht put --tt)" = --ttl ]
  [ "$(completed ipop-ctl members --lim)" = --limit ]
  [ "$(completed ipop-ctl --color a)" = "auto always" ]
  [ "$(completed ipop-ctl --timeout 5s wait l)" = lease ]
}

@test "a table fits a terminal of 40, 80 and 120 columns" {
  start_node a
  start_node b --bootstrap "$(ctl status --json | jq -r '.local_endpoints[0]')"
  for columns in 40 80 120; do
    script -qec "stty cols $columns; '$GA_BIN/ipop-ctl' --socket '$DIR/a.sock' members --all --color never" /dev/null \
      </dev/null | tr -d '\r' >"$DIR/table"
    [ -s "$DIR/table" ]
    [ "$(LC_ALL=C.UTF-8 wc -L <"$DIR/table")" -le "$columns" ] || { cat "$DIR/table"; false; }
  done
}

@test "completions are what the program prints, and every option stands in the man page" {
  for shell in bash:ipop-ctl.bash zsh:_ipop-ctl fish:ipop-ctl.fish; do
    diff <("$GA_BIN/ipop-ctl" --completion "${shell%%:*}") "$GA_SOURCE/completions/${shell#*:}"
  done
  bash -n "$GA_SOURCE/completions/ipop-ctl.bash"
  if command -v zsh >/dev/null; then zsh -n "$GA_SOURCE/completions/_ipop-ctl"; fi
  if command -v fish >/dev/null; then fish -n "$GA_SOURCE/completions/ipop-ctl.fish"; fi
  page=$(sed 's/\\-/-/g' "$GA_SOURCE/man/ipop-ctl.8")
  for verb in "" members why dht wait "dht put" "wait lease"; do
    for option in $("$GA_BIN/ipop-ctl" $verb --help | grep -oE '^ +(-h,)?--[a-z-]+' | grep -oE -- '--[a-z-]+'); do
      [[ $page == *"$option"* ]] || { echo "man page lacks $option"; return 1; }
    done
  done
}
