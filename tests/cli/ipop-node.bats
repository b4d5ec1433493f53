#!/usr/bin/env bats
# What an administrator sees of ipop-node: right and wrong configurations, and what is left behind.

load nodes

setup() { make_group; }
teardown() {
  stop_nodes
  [ ! -e "/run/netns/gabats$$" ] || ip netns del "gabats$$"
}

node() {
  timeout 120 "$GA_BIN/ipop-node" --group "$DIR/lab.toml" --state-dir "$DIR/state" --socket "$DIR/node.sock" \
    --no-lan-discovery "$@"
}

@test "a bad option is exit status 2 and one line that names it" {
  run node --no-such-option
  [ "$status" -eq 2 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ ${lines[0]} == *--no-such-option* ]]
  run node --port 70000
  [ "$status" -eq 2 ]
}

@test "a missing group file is one line with its name" {
  run "$GA_BIN/ipop-node" --group "$DIR/none.toml" --no-tap --state-dir "$DIR/state" --socket "$DIR/node.sock"
  [ "$status" -eq 5 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ ${lines[0]} == *none.toml* ]]
}

@test "a bad group file is exit status 5 with file, line, what is wrong and the nearest key" {
  printf 'name = "lab"\nnamespace = "x"\nprefx = "10.128.0.0/9"\n' >"$DIR/lab.toml"
  run node --no-tap
  [ "$status" -eq 5 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ ${lines[0]} == *lab.toml:3* ]]
  [[ ${lines[0]} == *prefix* ]]
  [ ! -e "$DIR/node.sock" ]
}

@test "a bad prefix in the group file is exit status 5" {
  printf 'name = "lab"\nnamespace = "x"\nprefix = "10.128.0.0/99"\n' >"$DIR/lab.toml"
  run node --no-tap
  [ "$status" -eq 5 ]
  [[ ${lines[0]} == *lab.toml:3* ]]
}

@test "a damaged key file is exit status 5, and the file is left alone" {
  mkdir -m 700 "$DIR/state"
  (umask 077; echo "not a key" >"$DIR/state/key.pem")
  run node --no-tap
  [ "$status" -eq 5 ]
  [[ $output == *key.pem* ]]
  [ "$(cat "$DIR/state/key.pem")" = "not a key" ]
}

@test "a key file that others can read is refused" {
  start_node a
  stop_nodes
  chmod 644 "$DIR/a/key.pem"
  run timeout 120 "$GA_BIN/ipop-node" --group "$DIR/lab.toml" --no-tap --state-dir "$DIR/a" --socket "$DIR/a.sock"
  [ "$status" -eq 5 ]
  [[ $output == *key.pem* ]]
}

@test "a key file behind a symbolic link is refused" {
  start_node a
  stop_nodes
  mv "$DIR/a/key.pem" "$DIR/elsewhere.pem"
  ln -s "$DIR/elsewhere.pem" "$DIR/a/key.pem"
  run timeout 120 "$GA_BIN/ipop-node" --group "$DIR/lab.toml" --no-tap --state-dir "$DIR/a" --socket "$DIR/a.sock"
  [ "$status" -ne 0 ]
  [[ $output == *key.pem* ]]
}

@test "a taken port is one line that says what to do, and nothing is left behind" {
  start_node a
  port=$("$GA_BIN/ipop-ctl" --socket "$DIR/a.sock" status --json | jq -r '.local_endpoints[0]' | sed 's/.*://')
  run node --no-tap --port "$port"
  [ "$status" -ne 0 ]
  [[ ${lines[-1]} == *"$port"* ]]
  [ ! -e "$DIR/node.sock" ]
}

@test "without the right to open a TAP the exit status is 4, and nothing is left behind" {
  [ "$EUID" -eq 0 ] || skip "needs root to become somebody else"
  chmod 777 "$DIR"
  chmod 644 "$DIR/lab.toml"
  cp "$GA_BIN/ipop-node" "$DIR/ipop-node"
  run timeout 120 setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \
    "$DIR/ipop-node" --group "$DIR/lab.toml" --state-dir "$DIR/state" --socket "$DIR/node.sock"
  [ "$status" -eq 4 ]
  [ ! -e "$DIR/node.sock" ]
}

@test "a virtual network that overlaps a physical one is refused, with the clash and a free one" {
  [ "$EUID" -eq 0 ] || skip "needs root for a network namespace"
  ip netns add "gabats$$"
  ip -n "gabats$$" link add eth0 type veth peer name other0
  ip -n "gabats$$" addr add 10.200.1.1/16 dev eth0
  ip -n "gabats$$" link set eth0 up
  run timeout 120 ip netns exec "gabats$$" "$GA_BIN/ipop-node" --group "$DIR/lab.toml" --state-dir "$DIR/state" \
    --socket "$DIR/node.sock"
  [ "$status" -eq 1 ]
  [[ $output == *eth0* ]]
  [[ $output == *100.64.0.0/10* ]]
  [ ! -e "$DIR/node.sock" ]
}

@test "SIGTERM ends a node with 0; key and state survive, mode 0600, and the id is the same again" {
  start_node a
  id=$("$GA_BIN/ipop-ctl" --socket "$DIR/a.sock" status --json | jq -r .id)
  kill "${NODE_PIDS[0]}"
  wait "${NODE_PIDS[0]}"
  [ ! -e "$DIR/a.sock" ]
  [ "$(stat -c %a "$DIR/a/key.pem")" = 600 ]
  NODE_PIDS=()
  start_node a
  [ "$("$GA_BIN/ipop-ctl" --socket "$DIR/a.sock" status --json | jq -r .id)" = "$id" ]
}

@test "a second node on the same socket is refused while the first runs" {
  start_node a
  run timeout 120 "$GA_BIN/ipop-node" --group "$DIR/lab.toml" --no-tap --state-dir "$DIR/b" --socket "$DIR/a.sock"
  [ "$status" -ne 0 ]
  "$GA_BIN/ipop-ctl" --socket "$DIR/a.sock" status >/dev/null
}

@test "a state directory that another node holds is exit status 1: that node may end" {
  start_node a
  run timeout 120 "$GA_BIN/ipop-node" --group "$DIR/lab.toml" --no-tap --state-dir "$DIR/a" --socket "$DIR/b.sock"
  [ "$status" -eq 1 ]
  [[ $output == *"$DIR/a: another ipop-node is using it"* ]]
}

same() { # OPTION...: what a start refuses, the check refuses; with $socket, $state and, before the command, $around
  run "${around[@]}" timeout 120 "$GA_BIN/ipop-node" --group "$DIR/lab.toml" --no-lan-discovery --socket "$socket" \
    "${state[@]}" "$@"
  local wanted=$status words=${lines[-1]#*error }
  [ "$wanted" -ne 0 ]
  run "${around[@]}" "$GA_BIN/ipop-node" config check --group "$DIR/lab.toml" --socket "$socket" "${state[@]}" "$@"
  echo "start: $wanted $words"
  echo "check: $status $output"
  [ "$status" -eq "$wanted" ]
  [[ $output == *"$words"* ]]
}

@test "config check looks at what a start looks at, with the same words and status" {
  local socket=$DIR/s.sock state=(--state-dir "$DIR/state") around=()
  mkdir -m 700 "$DIR/state"
  echo nonsense >"$DIR/state/key.pem"
  chmod 600 "$DIR/state/key.pem"
  same --no-tap
  chmod 644 "$DIR/state/key.pem"
  same --no-tap
  rm "$DIR/state/key.pem"
  # What can't be looked into is not empty.
  rmdir "$DIR/state"
  ln -s state "$DIR/state"
  same --no-tap
  rm "$DIR/state"
  mkdir -m 700 "$DIR/state"
  socket=$DIR/$(printf 'x%.0s' {1..120})
  same --no-tap
  socket=$DIR/s.sock
  start_node taken --port 0
  port=$("$GA_BIN/ipop-ctl" --socket "$DIR/taken.sock" status --json | jq -r '.local_endpoints[0] | split(":")[-1]')
  same --no-tap --port "$port"
  state=(--state-dir "$DIR/taken")
  same --no-tap
  run "$GA_BIN/ipop-node" config check --group "$DIR/lab.toml" --no-tap --state-dir "$DIR/state" --socket "$DIR/s.sock"
  [ "$status" -eq 0 ]
  [ -z "$(ls -A "$DIR/state" | grep -v key.pem)" ]
}

@test "config check says what a start says of the interface, and leaves it alone" {
  [ "$EUID" -eq 0 ] || skip "needs root for a network namespace"
  local socket=$DIR/s.sock state=(--state-dir "$DIR/state") around=(ip netns exec "gabats$$") tap
  ip netns add "gabats$$"
  ip -n "gabats$$" link add br0 type bridge
  ip -n "gabats$$" tuntap add tun0 mode tun
  ip -n "gabats$$" tuntap add one0 mode tap
  ip -n "gabats$$" tuntap add many0 mode tap multi_queue
  for tap in lo br0 tun0; do
    same --tap "$tap"
    [[ $output == *"$tap exists and is no TAP"* ]]
  done
  # Made ready for somebody else, or with another MTU.
  ip -n "gabats$$" tuntap add his0 mode tap user 1
  ip -n "gabats$$" tuntap add mine0 mode tap user 0
  around+=(setpriv --inh-caps=-all --bounding-set=-all)
  for tap in new0 his0 mine0; do
    same --tap "$tap"
    [ "$status" -eq 4 ]
  done
  ip -n "gabats$$" link set mine0 up mtu 1400
  for tap in one0 many0; do ip -n "gabats$$" link set "$tap" up mtu 1400; done
  ip -n "gabats$$" -d link show >"$DIR/before"
  for tap in one0 many0 mine0; do
    run "${around[@]}" "$GA_BIN/ipop-node" config check --group "$DIR/lab.toml" --socket "$socket" "${state[@]}" --tap "$tap"
    [ "$status" -eq 0 ]
  done
  ip -n "gabats$$" -d link show | diff "$DIR/before" -
  # A program holds it.
  for tap in one0 many0; do
    around=(ip netns exec "gabats$$" python3 "$GA_SOURCE/tests/cli/holds_tap.py" "$tap")
    same --tap "$tap"
    [[ $output == *"$tap is held by another program"* ]]
  done
}

@test "config check says what a start says of socket and certificate" {
  local socket=$DIR/taken state=(--state-dir "$DIR/state") around=()
  touch "$DIR/taken"
  same --no-tap
  socket=$DIR/taken/s.sock
  same --no-tap
  ln -s nowhere "$DIR/link.sock"
  socket=$DIR/link.sock
  same --no-tap
  socket=$DIR/s.sock
  "$GA_BIN/ga-cert" --dir "$DIR/ca" authority init lab --no-passphrase
  printf 'authority = """\n%s\n"""\n' "$(<"$DIR/ca/authority.pem")" >>"$DIR/lab.toml"
  same --no-tap
  [[ $output == *certificate.pem*ga-cert\ join* ]]
}

@test "with --use-host-name the machine's name is the default, where that can be a name" {
  named() { unshare --uts sh -c 'echo "$1" >/proc/sys/kernel/hostname && shift && "$@"' sh "$1" "$GA_BIN/ipop-node" config show --origin --group "$DIR/lab.toml" "${@:2}"; }
  named Lab-7.example.org --use-host-name | grep -qx "hostname = \"lab-7\" .*this machine's name"
  named lab-7 --use-host-name --hostname one | grep -q '^hostname = "one" .*--hostname'
  for other in localhost under_score; do named "$other" --use-host-name | grep -q '^hostname = "" .*default'; done
  named lab-7 | grep -q '^hostname = "" .*default'
}

@test "config show says where each value comes from, and config check says whether it is good" {
  run env IPOP_MTU=1300 "$GA_BIN/ipop-node" config show --origin --group "$DIR/lab.toml" --port 4321
  [ "$status" -eq 0 ]
  [[ $output == *4321*--port* ]]
  [[ $output == *1300*IPOP_MTU* ]]
  run "$GA_BIN/ipop-node" config check --group "$DIR/lab.toml" --no-tap
  [ "$status" -eq 0 ]
  printf 'prt = 5\n' >"$DIR/node.toml"
  run "$GA_BIN/ipop-node" config check --group "$DIR/lab.toml" --no-tap --config "$DIR/node.toml"
  [ "$status" -eq 5 ]
  [[ $output == *node.toml:1* ]]
  [[ $output == *port* ]]
}

@test "a name that no interface can have is refused as a setting" {
  for name in a/b . ..; do
    run node --tap "$name"
    [ "$status" -eq 2 ]
    [[ ${lines[0]} == *--tap*"1 to 15 characters"* ]]
  done
  printf 'exclude = ["wg*", "a b"]\n' >"$DIR/node.toml"
  run "$GA_BIN/ipop-node" config check --group "$DIR/lab.toml" --no-tap --config "$DIR/node.toml"
  [ "$status" -eq 5 ]
  [[ $output == *node.toml:1*exclude*wg0* ]]
}

@test "a closed group's node without its certificate ends with 1: the certificate may come" {
  "$GA_BIN/ga-cert" --dir "$DIR/ca" authority init lab --no-passphrase
  printf 'authority = """\n%s\n"""\n' "$(<"$DIR/ca/authority.pem")" >>"$DIR/lab.toml"
  run node --no-tap
  [ "$status" -eq 1 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ ${lines[0]} == *certificate.pem*ga-cert\ join* ]]
}

@test "a certificate that the clock refuses ends a node with 1: clocks are set, and certificates renewed" {
  command -v faketime >/dev/null || skip "no faketime"
  "$GA_BIN/ga-cert" --dir "$DIR/ca" authority init lab --no-passphrase
  printf 'authority = """\n%s\n"""\n' "$(<"$DIR/ca/authority.pem")" >>"$DIR/lab.toml"
  mkdir -m 700 "$DIR/state"
  "$GA_BIN/ga-cert" request --key "$DIR/state/key.pem" --user bob --out "$DIR/bob.csr"
  "$GA_BIN/ga-cert" --dir "$DIR/ca" sign "$DIR/bob.csr" --out "$DIR/state/certificate.pem"
  for clock in -30d +400d; do
    ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 run faketime -f "$clock" \
      timeout 120 "$GA_BIN/ipop-node" --group-file "$DIR/lab.toml" --state-dir "$DIR/state" --socket "$DIR/socket" --no-tap
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ ${lines[0]} == *certificate.pem*"check the clocks"* ]]
  done
}

@test "completions are what the program prints, and every option stands in the man page" {
  for shell in bash:ipop-node.bash zsh:_ipop-node fish:ipop-node.fish; do
    diff <("$GA_BIN/ipop-node" --completion "${shell%%:*}") "$GA_SOURCE/completions/${shell#*:}"
  done
  page=$(sed 's/\\-/-/g' "$GA_SOURCE/man/ipop-node.8")
  for verb in "" "config show"; do
    for option in $("$GA_BIN/ipop-node" $verb --help | grep -oE '^ +(-h,)?--[a-z-]+(,--[a-z-]+)?' | grep -oE -- '--[a-z-]+'); do
      [[ $page == *"$option"* ]] || { echo "man page lacks $option"; return 1; }
    done
  done
}

@test "a number of workers is a power of two, as an option and as a setting" {
  run node --no-tap --workers 3
  [ "$status" -eq 2 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ ${lines[0]} == *--workers* ]]
  IPOP_WORKERS=3 run "$GA_BIN/ipop-node" config check --group "$DIR/lab.toml" --no-tap --state-dir "$DIR/state"
  [ "$status" -eq 5 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ $output == *IPOP_WORKERS*"needs 1, 2, 4 or 8"* ]]
}

@test "a number that no MTU can be is refused in one way, as an option and as a setting" {
  local mtu
  for mtu in 575 9001 99999 x; do
    run node --no-tap --mtu "$mtu"
    [ "$status" -eq 2 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ $output == *--mtu*"0 or a number from 576 to 9000"* ]]
  done
}

@test "a node that may open too few files does not start, and says how many it needs" {
  run bash -c "ulimit -n 40; exec timeout 60 '$GA_BIN/ipop-node' --group '$DIR/lab.toml' --no-tap \
    --state-dir '$DIR/state' --socket '$DIR/node.sock' --no-lan-discovery --workers 1"
  [ "$status" -eq 1 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ $output == *"may open 40 files"*"needs 64"*LimitNOFILE* ]]
  [ ! -e "$DIR/state" ]
  local said=${output#*: }
  run bash -c "ulimit -n 40; exec '$GA_BIN/ipop-node' config check --group '$DIR/lab.toml' --no-tap \
    --state-dir '$DIR/state' --socket '$DIR/node.sock' --workers 1"
  [ "$status" -eq 1 ]
  [ "${output#*: }" = "$said" ]
}

@test "a file that may not grow is an error with its name, and no end without a word" {
  coproc NODE { ulimit -f 0; exec timeout 60 "$GA_BIN/ipop-node" --group "$DIR/lab.toml" --no-tap \
    --state-dir "$DIR/state" --socket "$DIR/node.sock" --no-lan-discovery 2>&1; }
  local id=$NODE_PID line=
  until [[ $line == *"File too large"* ]]; do read -r -t 60 line <&"${NODE[0]}"; done
  [[ $line == *"running on"*key.pem* ]]
  kill "$id"
  wait "$id"
  run bash -c "ulimit -f 0; exec '$GA_BIN/ga-group' new other --dir '$DIR/groups'"
  [ "$status" -eq 1 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ $output == *other.toml*"File too large"* ]]
}

@test "a node whose settings say that it has no interface starts as the unit starts all nodes" {
  printf 'no_tap = true\n' >"$DIR/node.toml"
  check() { "$GA_BIN/ipop-node" config check --group "$DIR/lab.toml" --state-dir "$DIR/state" --socket "$DIR/s.sock" "$@"; }
  run check --config "$DIR/node.toml" --configure --use-host-name
  [ "$status" -eq 0 ]
  # Who says both in one place means something else.
  run check --no-tap --configure
  [ "$status" -eq 2 ]
  [[ ${lines[0]} == *--configure*"has no interface to configure"* ]]
  printf 'no_tap = true\nconfigure = true\n' >"$DIR/node.toml"
  run check --config "$DIR/node.toml"
  [ "$status" -eq 5 ]
  [[ $output == *node.toml:2*"has no interface to configure"* ]]
}

@test "a number in quotes in the settings is told apart, with what the key takes" {
  check() { run "$GA_BIN/ipop-node" config check --group "$DIR/lab.toml" --no-tap --config "$DIR/node.toml"; }
  local key wanted value
  while IFS='|' read -r key wanted; do
    for value in '"2"' '"x"'; do
      echo "$key = $value" >"$DIR/node.toml"
      check
      [ "$status" -eq 5 ]
      [ "${#lines[@]}" -eq 1 ]
      [[ $output == *"node.toml:1: the key \"$key\" needs $wanted without quotes, like $key = "* ]]
      # The example is right.
      echo "${output##*, like }" >"$DIR/node.toml"
      check
      [ "$status" -eq 0 ]
    done
    for value in 70000 -1; do
      echo "$key = $value" >"$DIR/node.toml"
      check
      [ "$status" -eq 5 ]
      [[ $output == *"node.toml:1: the key \"$key\" needs $wanted" ]]
    done
  done <<'KEYS'
port|a number from 0 to 65535
mtu|0 or a number from 576 to 9000
relay_share|a number from 1 to 100
relay_limit|a number from 0 to 65535
workers|1, 2, 4 or 8, or 0 for half of the processors
KEYS
  echo 'first = "true"' >"$DIR/node.toml"
  check
  [[ $output == *'"first" needs true or false without quotes'* ]]
}

@test "a bad value in a list is named, and lists have one form in options and variables" {
  check() { run "$@"; echo "$output"; [ "${#lines[@]}" -eq 1 ]; }
  local option=(--no-tap --state-dir "$DIR/state" --socket "$DIR/s.sock" --group "$DIR/lab.toml") name
  check "$GA_BIN/ipop-node" config check "${option[@]}" --no-offload tap,udp-sent
  [ "$status" -eq 2 ]
  [[ $output == *'--no-offload: "udp-sent" is not tap '*'udp-receive or io-uring (did you mean "udp-send"?)' ]]
  check env IPOP_NO_OFFLOAD=tap,udp-sent "$GA_BIN/ipop-node" config check "${option[@]}"
  [ "$status" -eq 5 ]
  [[ $output == *'IPOP_NO_OFFLOAD: "udp-sent" is not tap '* ]]
  echo 'no_offload = ["tap", "udp-sent"]' >"$DIR/node.toml"
  check "$GA_BIN/ipop-node" config check "${option[@]}" --config "$DIR/node.toml"
  [ "$status" -eq 5 ]
  [[ $output == *'node.toml:1: the key "no_offload": "udp-sent" is not tap '* ]]
  check "$GA_BIN/ipop-node" config check "${option[@]}" --dns-servers 192.0.2.53,nine
  [[ $output == *'--dns-servers: "nine" is not the address of a name server'* ]]
  check "$GA_BIN/ipop-node" config check "${option[@]}" --exclude 'wg*,a/b'
  [[ $output == *'--exclude: "a/b" is not the name of an interface'* ]]
  check "$GA_BIN/ipop-node" config check "${option[@]}" --bootstrap 192.0.2.1:4000,nine
  [[ $output == *'--bootstrap: the bootstrap entry "nine" has no port'* ]]
  shown() { "$GA_BIN/ipop-node" config show "${option[@]}" "$@" | grep -E '^(no_offload|bootstrap|dns_servers|exclude) '; }
  diff <(shown --no-offload tap,udp-send --bootstrap '192.0.2.1:1 192.0.2.2:2' --dns-servers 192.0.2.5,192.0.2.6 --exclude a,b) \
    <(shown --no-offload tap --no-offload udp-send --bootstrap 192.0.2.1:1 --bootstrap 192.0.2.2:2 --dns-server 192.0.2.5 \
      --dns-server 192.0.2.6 --exclude a --exclude b)
}
