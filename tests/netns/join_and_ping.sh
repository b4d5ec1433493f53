#!/usr/bin/env bash
# Two machines behind NATs of their own join through a public node, are configured by two stock DHCP clients, and
# find each other by name and address.
#
#   alice (udhcpc) -- [home: cone] -- internet -- [lab: cone] -- bob (dhcpcd)
#                                        |
#                                      relay
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
bring_up alice udhcpc
bring_up bob dhcpcd
alice=$(virtual_address alice) bob=$(virtual_address bob)
c_name() { # 10.128.0.1: C128000001
  local IFS=.
  # shellcheck disable=SC2086  # split at the dots
  set -- $1
  printf 'C%03d%03d%03d.ipop' "$2" "$3" "$4"
}

is "udhcpc configures the address that the node leased" "$(leased_address alice)" "$alice"
is "dhcpcd configures the address that the node leased" "$(leased_address bob)" "$bob"
holds "the two addresses differ" test "$alice" != "$bob"
is "the address comes with the prefix of the virtual network" "$alice/9" \
  "$(ip -n "$internet-alice" -4 -o addr show dev tap0 | awk '{ print $4; exit }')"
holds "alice reaches bob" pings alice bob
holds "bob reaches alice" pings bob alice
holds "a packet as large as the TAP's MTU arrives whole" in_host alice ping -q -c 1 -W 3 -M 'do' \
  -s $(($(in_host alice cat /sys/class/net/tap0/mtu) - 28)) "$bob"

is "the C-name leads to the address" "$bob" "$(answers_to alice "$(c_name "$bob")")"
within 10 "the chosen name leads to the address" bash -c "[[ \$(ip netns exec $internet-alice dig +short bob.ipop) == $bob ]]"
is "names are the same in any case" "$bob" "$(answers_to alice BOB.ipop)"
holds "the address leads back to a name" grep -qiE "^(bob|$(c_name "$bob" | cut -d. -f1))\.ipop\.$" \
  <(answers_to alice -x "$bob")
is "its own name is known too" "$alice" "$(answers_to alice alice.ipop)"
is "a name that nobody has does not exist" NXDOMAIN \
  "$(in_host alice dig nobody.ipop | sed -n 's/.*status: \([A-Z]*\),.*/\1/p')"
is "a name outside the domain is refused" REFUSED \
  "$(in_host alice dig www.example.org | sed -n 's/.*status: \([A-Z]*\),.*/\1/p')"
is "drill reads the answers as dig does" "$bob" "$(in_host alice drill -Q bob.ipop A)"

is "three members are found on a walk of the ring" 3 \
  "$(ctl alice members --json | jq '[.members[] | select(.answered)] | length')"
holds "waiting for a lease that is held ends at once" ctl alice wait lease --timeout 1s
finish
