#!/usr/bin/env bats
# What a script sees of ipop-dns. Look-ups need a virtual network: a node with a TAP in a network namespace, as root.

load nodes

setup() { make_group; SERVER_PIDS=(); }
teardown() {
  local pid
  for pid in "${SERVER_PIDS[@]}"; do
    kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
  done
  stop_nodes
  [ -z "${NAMESPACE:-}" ] || ip netns delete "$NAMESPACE"
}

dns() { "$GA_BIN/ipop-dns" --socket "$DIR/a.sock" "$@"; }
ctl() { "$GA_BIN/ipop-ctl" --socket "$DIR/a.sock" "$@"; }

# start_member: a node with a TAP and the name alice, in a namespace of its own, that holds an address.
start_member() {
  [ "$EUID" -eq 0 ] || skip "needs root for a network namespace"
  [ -c /dev/net/tun ] || skip "needs /dev/net/tun"
  if [ -z "${NAMESPACE:-}" ]; then
    local name=dns-bats-$$-$BATS_TEST_NUMBER
    ip netns add "$name" || skip "needs network namespaces"
    NAMESPACE=$name
    ip -n "$NAMESPACE" link set lo up
  fi
  inside "$GA_BIN/ipop-node" --group "$DIR/lab.toml" --configure --hostname alice --no-lan-discovery \
    --state-dir "$DIR/a" --socket "$DIR/a.sock" 2>>"$DIR/a.log" 3>&- &
  NODE_PIDS+=("$!")
  ADDRESS=$(ctl wait lease --timeout 120s)
}

inside() { exec ip netns exec "$NAMESPACE" "$@"; }

# start_server OPTION...: `serve` on 127.0.0.1:5353 of the namespace; returns when it answers.
start_server() {
  inside "$GA_BIN/ipop-dns" --socket "$DIR/a.sock" serve --listen 127.0.0.1:5353 "$@" 2>"$DIR/serve.log" 3>&- &
  SERVER_PIDS+=("$!")
  within grep -q "answers queries" "$DIR/serve.log"
}

# ask OPTION...: dig at the server.
ask() { ip netns exec "$NAMESPACE" dig @127.0.0.1 -p 5353 +time=8 +tries=1 "$@"; }


@test "a wrong command line is exit status 2 and one line that says what is right" {
  run "$GA_BIN/ipop-dns"
  [ "$status" -eq 2 ]
  for wrong in "serve" "serve --listen 0.0.0.0" "serve --listen here" "reverse 10.1" "serve --listen ::1 --forward --refuse"; do
    # shellcheck disable=SC2086 # words
    run "$GA_BIN/ipop-dns" $wrong
    [ "$status" -eq 2 ]
    [ "${#lines[@]}" -eq 1 ]
  done
}

@test "a node that does not run is exit status 3 for every verb" {
  for verb in "lookup alice" "reverse 10.128.0.7" "list" "serve --listen 127.0.0.1:5353"; do
    # shellcheck disable=SC2086 # words
    run "$GA_BIN/ipop-dns" --socket "$DIR/none.sock" $verb
    [ "$status" -eq 3 ]
    [[ ${lines[0]} == *none.sock* ]]
  done
}

@test "a node without a virtual network says that it knows no names" {
  start_node a
  for verb in "lookup alice" "serve --listen 127.0.0.1:5353"; do
    # shellcheck disable=SC2086 # words
    run dns $verb
    [ "$status" -eq 1 ]
    [[ ${lines[0]} == *--no-tap* ]]
  done
}

@test "help, version and completions need no node" {
  for words in --help "serve --help" --version "--completion bash" "--completion zsh" "--completion fish"; do
    # shellcheck disable=SC2086 # words
    "$GA_BIN/ipop-dns" $words >/dev/null
  done
}

@test "the completions that are installed are those of the program" {
  diff <("$GA_BIN/ipop-dns" --completion bash) "$GA_SOURCE/completions/ipop-dns.bash"
  diff <("$GA_BIN/ipop-dns" --completion zsh) "$GA_SOURCE/completions/_ipop-dns"
  diff <("$GA_BIN/ipop-dns" --completion fish) "$GA_SOURCE/completions/ipop-dns.fish"
}

@test "every option of the help is in the man page" {
  for words in --help "serve --help"; do
    # shellcheck disable=SC2086 # words
    "$GA_BIN/ipop-dns" $words | grep -oE -- '--[a-z-]+' | sort -u | while read -r option; do
      grep -qF -- "${option//-/\\-}" "$GA_SOURCE/man/ipop-dns.8" || { echo "$option is missing"; exit 1; }
    done
  done
}

@test "lookup, reverse and list agree about a member" {
  start_member
  [ "$(dns lookup alice)" = "$ADDRESS" ]
  [ "$(dns lookup ALICE.ipop.)" = "$ADDRESS" ]
  [ "$(dns reverse "$ADDRESS")" = alice.ipop ]
  dns lookup alice --json | jq -e --arg a "$ADDRESS" '.schema == "ipop-dns.lookup/1" and .addresses == [$a]'
  dns reverse "$ADDRESS" --json | jq -e '.schema == "ipop-dns.reverse/1" and .names == ["alice.ipop"]'
  dns list --json | jq -e '.schema == "ipop-dns.list/1" and .members[0].name == "alice.ipop"'
  [ "$(dns list --plain | cut -f1,2)" = "$(printf 'alice.ipop\t%s' "$ADDRESS")" ]
}

@test "a name that nobody has, and one of another domain, are exit status 1" {
  start_member
  run dns lookup nobody
  [ "$status" -eq 1 ]
  run dns lookup www.example.org
  [ "$status" -eq 1 ]
  [[ ${lines[0]} == *.ipop* ]]
  run dns reverse 192.0.2.1
  [ "$status" -eq 1 ]
  run dns reverse 10.128.99.99
  [ "$status" -eq 1 ]
  [[ $output == *"no member has the address 10.128.99.99"* ]]
}

@test "serve answers over UDP and TCP, refuses other names, and ends with 0" {
  start_member
  start_server
  [ "$(ask +short alice.ipop)" = "$ADDRESS" ]
  [ "$(ask +short +tcp alice.ipop)" = "$ADDRESS" ]
  [ "$(ask +short -x "$ADDRESS")" = alice.ipop. ]
  [[ $(ask nobody.ipop) == *NXDOMAIN* ]]
  [[ $(ask www.example.org) == *REFUSED* ]]
  [[ $(ask +tcp www.example.org) == *REFUSED* ]]
  kill -TERM "${SERVER_PIDS[0]}"
  wait "${SERVER_PIDS[0]}"
}

@test "a port that is taken is exit status 1 with what to do" {
  start_member
  start_server
  run ip netns exec "$NAMESPACE" "$GA_BIN/ipop-dns" --socket "$DIR/a.sock" serve --listen 127.0.0.1:5353
  [ "$status" -eq 1 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ ${lines[0]} == *--listen* ]]
}

@test "no right to use port 53 is exit status 4, with what to type" {
  start_member
  run ip netns exec "$NAMESPACE" setpriv --bounding-set=-net_bind_service \
    "$GA_BIN/ipop-dns" --socket "$DIR/a.sock" serve --listen 127.0.0.1
  [ "$status" -eq 4 ]
  [[ ${lines[1]} == *--listen* ]]
}

@test "while the node is not running its names fail, and after its restart they are answered again" {
  start_member
  start_server
  [ "$(ask +short alice.ipop)" = "$ADDRESS" ]
  kill -KILL "${NODE_PIDS[0]}"
  wait "${NODE_PIDS[0]}" || true
  NODE_PIDS=()
  within grep -q "the node is not running" "$DIR/serve.log"
  [[ $(ask alice.ipop) == *SERVFAIL* ]]
  start_member
  within grep -q "the node is not running" "$DIR/serve.log"
  answered() { [ "$(ask +short alice.ipop)" = "$ADDRESS" ]; }
  within answered
}

@test "other names are asked of the servers of resolv.conf, over UDP and TCP" {
  command -v python3 >/dev/null || skip "needs python3"
  start_member
  cat >"$DIR/server.py" <<'END'
import socket, sys, threading
def answer(query):
    end = query.index(0, 12) + 5
    flags_and_counts = bytes.fromhex("8180 0001 0001 0000 0000")
    record = bytes.fromhex("c00c 0001 0001 0000003c 0004") + bytes([192, 0, 2, 80])
    return query[:2] + flags_and_counts + query[12:end] + record
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); udp.bind(("127.0.0.9", 53))
tcp = socket.socket(); tcp.bind(("127.0.0.9", 53)); tcp.listen()
def streams():
    while True:
        client, _ = tcp.accept()
        size = int.from_bytes(client.recv(2), "big")
        reply = answer(client.recv(size))
        client.sendall(len(reply).to_bytes(2, "big") + reply)
threading.Thread(target=streams, daemon=True).start()
open(sys.argv[1], "w").close()
while True:
    wire, client = udp.recvfrom(4096)
    reply = answer(wire)
    # A forged answer with a wrong id, and one to another question, come first and must not count.
    forged = reply[:-4] + bytes([1, 2, 3, 4])
    udp.sendto(bytes([forged[0] ^ 1]) + forged[1:], client)
    udp.sendto(forged[:13] + b"x" + forged[14:], client)
    udp.sendto(reply, client)
END
  inside python3 "$DIR/server.py" "$DIR/ready" 3>&- &
  SERVER_PIDS+=("$!")
  within test -e "$DIR/ready"
  # The first server is silent in the kernel's way: nobody serves its port.
  printf 'search x\nnameserver 127.0.0.8\nnameserver 127.0.0.9\n' >"$DIR/resolv.conf"
  inside "$GA_BIN/ipop-dns" --socket "$DIR/a.sock" serve --listen 127.0.0.1:5353 --forward \
    --resolv-conf "$DIR/resolv.conf" 2>"$DIR/serve.log" 3>&- &
  SERVER_PIDS+=("$!")
  within grep -q "answers queries" "$DIR/serve.log"
  [ "$(ask +short www.example.org)" = 192.0.2.80 ]
  [ "$(ask +short +tcp www.example.org)" = 192.0.2.80 ]
  [ "$(ask +short alice.ipop)" = "$ADDRESS" ]
}
