#!/usr/bin/env bash
# What survives a node's end, good or bad: its identity and its address.
#
#   alice -- [home: cone] -- internet -- [lab: cone] -- bob
#                               '--- relay
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

make_internet
make_server relay
make_site home 192.168.1 cone
make_site lab 192.168.2 cone
make_host alice home
make_host bob lab
make_group relay
start_node relay --no-tap
bring_up alice
bring_up bob
address=$(virtual_address alice) id=$(node_id alice)
holds "alice and bob reach each other at first" pings bob alice

stop_node alice KILL
holds "nothing is left of her TAP" bash -c "! ip -n $internet-alice link show tap0"
bring_up alice
is "after kill -9 she has the same address" "$address" "$(virtual_address alice)"
is "after kill -9 she has the same identity" "$id" "$(node_id alice)"
within 30 "bob reaches her again" pings bob alice 1

stop_node alice TERM
holds "a node that ends in good order takes its socket along" test ! -e "$run/alice/socket"
bring_up alice
is "after a stop she has the same address" "$address" "$(virtual_address alice)"
within 30 "bob reaches her again after the stop" pings bob alice 1

stop_node alice KILL
rm -r "$run/alice/state"
bring_up alice
holds "without her state she is somebody else" test "$id" != "$(node_id alice)"
holds "who cannot take the address that the other one holds" test "$address" != "$(virtual_address alice)"
holds "the key is readable by its owner alone" bash -c \
  "! find '$run/alice/state' -type f -perm /077 -exec grep -l 'PRIVATE KEY' {} + | grep ."
finish
