#!/usr/bin/env bash
# What the node set up once is changed by others: its interface is taken down, renamed, given another MTU, stripped of
# its address, deleted. The node puts right what is its own, and ends with a status that is retried when the interface
# is gone.
#
#   alice -- [home: cone] -- internet -- relay
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

make_internet
make_server relay
make_site home 192.168.1 cone
make_host alice home
make_group relay
start_node relay --no-tap
start_node alice --tap tap0 --configure --hostname alice
within 30 "alice holds an address" ctl alice wait lease --timeout 1s
address=$(leased_address alice)

on_alice() { ip -n "$internet-alice" "$@"; }
is_up() { on_alice link show dev "$1" up 2>/dev/null | grep -q "$1"; }
has_mtu() { on_alice link show dev "$1" | grep -q "mtu $2 "; }
has_address() { on_alice -4 addr show dev "$1" | grep -qF "inet $address/9"; }
status_names() { [[ $(ctl alice status --json | jq -r .interface) == "$1" ]]; }
logged() { grep -qE "$1" "$run/alice/node.log"; }
has_ended() { [[ ! -e /proc/$1 ]]; }
seconds_of_cpu() { awk '{ print int(($14 + $15) / 100) }' "/proc/$1/stat"; }

within 10 "the address is on the interface" has_address tap0
on_alice addr flush dev tap0
within 10 "a flushed address is put back" has_address tap0
holds "and the log says so" logged 'interface put right.*address'

on_alice link set tap0 down
within 10 "an interface that was taken down is up again" is_up tap0
within 10 "with its address" has_address tap0

on_alice link set tap0 mtu 900
within 10 "another MTU is set back" has_mtu tap0 1400

on_alice link set tap0 down
on_alice link set tap0 name blue0
within 10 "a renamed interface is known by its new name" status_names blue0
within 10 "it is up again" is_up blue0
within 10 "and has its address" has_address blue0
holds "the node still holds it" test "$(leased_address alice)" = "$address"

printf 'name = "solo"\nnamespace = "solo-%s"\nprefix = "100.64.0.0/10"\n' "$internet" >"$run/solo.toml"
pid=$(node_process alice)
(
  status=0
  in_host alice "$bin/ipop-node" --group-file "$run/solo.toml" --state-dir "$run/alice/second" \
    --socket "$run/alice/second.socket" --tap tap9 --configure >"$run/alice/second.log" 2>&1 </dev/null || status=$?
  echo "$status" >"$run/alice/second.status"
) &
second=$!
within 30 "a second node holds an address" "$bin/ipop-ctl" --socket "$run/alice/second.socket" wait lease --timeout 1s
on_alice link del tap9
within 10 "a node whose interface is deleted ends" test -s "$run/alice/second.status"
is "with a status that is retried" 1 "$(cat "$run/alice/second.status" 2>/dev/null)"
holds "and says why in one line" grep -qE '^ipop-node: TAP interface tap9 was deleted' "$run/alice/second.log"
has_ended "$second" || kill "$second" 2>/dev/null
holds "the other node goes on" kill -0 "$pid"
holds "none of this cost processor time" test "$(seconds_of_cpu "$pid")" -lt 5
finish
