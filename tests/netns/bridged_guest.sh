#!/usr/bin/env bash
# The TAP is a port of a bridge, and what uses it is a machine behind the bridge with a MAC of its own: a virtual
# machine or a container. The node learns it from its frames and serves it, with all help of the kernel in use: what the
# guest's kernel leaves to do on a packet comes over the bridge with it.
#
#   guest == bridge == TAP (node on alice) -- [home: cone] -- internet -- [lab: cone] -- bob
#                                                               '-- relay
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"
need_programs "${needed_to_send[@]}"

make_internet
make_server relay
make_site home 192.168.1 cone
make_site lab 192.168.2 cone
make_host alice home
make_host bob lab
make_group relay
start_node relay --no-tap
start_node alice --tap tap0
ctl alice wait lease --timeout "$((30 * patience))s" >/dev/null
bring_up bob

new_namespace guest
ip -n "$internet-alice" -batch - <<LINES
link add bridge0 type bridge forward_delay 0
link add port0 type veth peer name tap0 netns $internet-guest
link set tap0 master bridge0
link set port0 master bridge0
link set port0 up
link set tap0 up
link set bridge0 up
LINES
mkdir "$run/guest"
start_client guest udhcpc
guest=$(virtual_address guest)
is "the guest is configured with the address that the node leased" "$(leased_address alice)" "$guest"
holds "the guest reaches a member" pings guest bob
holds "a member reaches the guest" pings bob guest
is "the guest resolves names" "$(virtual_address bob)" "$(answers_to guest bob.ipop)"

head -c 5000000 /dev/urandom >"$run/sent"
for host in alice bob; do watch_checksums "$host"; done
send_file guest bob "$run/sent" "from the guest to a member: "
send_file bob guest "$run/sent" "from a member to the guest: "
for host in alice bob; do
  end_watch "$host"
  is "no packet on the TAP of $host has a wrong checksum: ${watched[$host]}" wrong=0 "${watched[$host]##* }"
  large=${watched[$host]#*large=}
  holds "and there are large ones" test "${large%% *}" -gt 20
done

ip -n "$internet-guest" link set tap0 down
ip -n "$internet-guest" link set tap0 address 02:00:5e:10:20:30
ip -n "$internet-guest" link set tap0 up
kill "$(ip netns pids "$internet-guest")"
start_client guest udhcpc
is "another machine in its place gets the same address" "$guest" "$(virtual_address guest)"
within 10 "and is reached at its own MAC" pings bob guest 1
finish
