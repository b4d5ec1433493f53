#!/usr/bin/env bash
# A machine whose UDP goes nowhere: its node takes no address and no name, says why, and goes on by itself once UDP gets
# through. The first node of a new group is told from it.
#
#   alice -- [home: cone] -- internet -- relay, first
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

make_internet
make_server relay
make_server first
make_site home 192.168.1 cone
make_host alice home
make_group relay
start_node relay --no-tap
in_host home nft add table inet blocked
in_host home nft add chain inet blocked forward '{ type filter hook forward priority -5; }'
in_host home nft add rule inet blocked forward meta l4proto udp drop

notice='no answer from any bootstrap node in 10 s \(is UDP blocked, '
logged() { grep -qE "$notice" "$run/alice/node.log"; }
start_node alice --tap tap0 --configure --hostname alice
within 30 "the log says that nobody answers" logged
holds "status says so" grep -qE "$notice" <(ctl alice status)
is "it takes no address" null "$(leased_address alice)"
status=0
output=$(ctl alice wait lease --timeout 2s 2>&1) || status=$?
is "waiting for the lease ends with the time" 6 "$status"
grep -qE "$notice" <<<"$output"
result $? "and says why"

in_host home nft delete table inet blocked
within 60 "once UDP gets through it holds an address" ctl alice wait lease --timeout 1s
is "and the notice is gone" '[]' "$(ctl alice status --json | jq -c .notices)"

# A bootstrap node of a new group with an interface: nobody else is there, and nobody is waited for.
sed -i "s/namespace = .*/namespace = \"new-$internet\"/; s/${public_of[relay]}/${public_of[first]}/" "$run/group.toml"
start_node first --tap tap0 --configure
holds "the first node of a new group takes an address at once" ctl first wait lease --timeout 8s
stop_node first TERM
sed -i "s/${public_of[first]}/198.51.100.99/" "$run/group.toml"
start_node first --tap tap0 --configure --first
holds "and with --first where its public address is not its own" ctl first wait lease --timeout "$((30 * patience))s"
finish
