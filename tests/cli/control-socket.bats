#!/usr/bin/env bats
# The control socket and who is not its user.

bats_require_minimum_version 1.5.0

load nodes.bash

setup() {
  [ "$(id -u)" -eq 0 ] || skip "needs root to become somebody else"
  command -v setpriv >/dev/null || skip "no setpriv on this machine"
  make_group
  # Bats' own directory is closed to others, and the test would be about that.
  DIR=$(mktemp -d)
  chmod 755 "$DIR"
  cp "$BATS_TEST_TMPDIR/lab.toml" "$DIR"
}
teardown() {
  stop_nodes
  [ -z "${DIR-}" ] || rm -rf "$DIR"
}

# as_nobody LINE...: for each line "answered", "refused" (no connection) or "closed" (without an answer)
as_nobody() {
  local line answer
  for line in "$@"; do
    answer=$(setpriv --reuid 65534 --regid 65534 --clear-groups \
      timeout 120 socat -t 5 - "UNIX-CONNECT:$DIR/one.sock" <<<"$line" 2>"$DIR/socat")
    if [ -n "$answer" ]; then
      echo answered
    elif grep -q 'Permission denied' "$DIR/socat"; then
      echo refused
    else
      echo closed
    fi
  done
}
calls() {
  local method
  for method in status peers members why dht.get dht.put dht.watch dns endpoints revoke reload stop subscribe nonsense; do
    printf '{"jsonrpc":"2.0","id":1,"method":"%s"}\n' "$method"
  done
}

@test "S17: another user can't open the control socket, and with a careless mode gets no answer to any method" {
  start_node one
  [ "$(stat -c %a "$DIR/one.sock")" = 600 ] || [ "$(stat -c %a "$DIR/one.sock")" = 660 ]
  mapfile -t lines < <(calls)
  [ "$(as_nobody "${lines[@]}" | sort | uniq -c | tr -s ' ')" = " ${#lines[@]} refused" ]
  chmod 666 "$DIR/one.sock"
  [ "$(as_nobody "${lines[@]}" | sort | uniq -c | tr -s ' ')" = " ${#lines[@]} closed" ]
  # The node is there as before, for its own user.
  "$GA_BIN/ipop-ctl" --socket "$DIR/one.sock" status
}
