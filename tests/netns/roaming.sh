#!/usr/bin/env bash
# A machine leaves one site for another while it runs: its underlay address and its NAT change, its virtual address
# and its connections do not.
#
#   alice -- [home: cone] ---- internet ---- [lab: cone] -- bob
#     '----> [cafe: cone] -------' '--- relay
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

make_internet
make_server relay
make_site home 192.168.1 cone
make_site lab 192.168.2 cone
make_site cafe 172.16.5 cone
make_host alice home
make_host bob lab
make_group relay
start_node relay --no-tap
bring_up alice
bring_up bob
address=$(virtual_address alice) process=$(node_process alice)
holds "alice and bob reach each other at first" pings alice bob

move_host alice cafe
within 30 "bob reaches alice again after she moved" pings bob alice 1
holds "alice reaches bob" pings alice bob
is "she keeps her virtual address" "$address" "$(virtual_address alice)"
is "her node is the same process" "$process" "$(node_process alice)"
at_the_cafe() { ctl alice status --json | jq -r '.observed_endpoints[]' | grep -qF "${public_of[cafe]}"; }
within 20 "her node knows her endpoint at the cafe" at_the_cafe

ip -n "$internet-bob" link set eth0 down
within 10 "without bob's link nothing gets through" eval '! pings bob alice 1'
ip -n "$internet-bob" -batch - <<'LINES'
link set eth0 up
route replace default via 192.168.2.1
LINES
within 30 "traffic goes on after an outage of bob's link" pings alice bob 1
finish
