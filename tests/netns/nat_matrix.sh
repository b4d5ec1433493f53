#!/usr/bin/env bash
# Every kind of NAT against every kind: which pairs link directly and which go through a member, and that all of
# them reach each other. Two sites of each kind; behind each one machine; one public node.
#
#   cone-a  restricted-a  open-a  symmetric-a
#      \________ internet, relay ________/        (demo/internet.sh says what each kind does)
#   cone-b  restricted-b  open-b  symmetric-b
#
# The table: a mapping that differs by destination (symmetric) can be reached directly only by a NAT that lets any
# port of a known address in (restricted) or anybody (open).
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

kinds=(cone restricted open symmetric)
declare -A expected=(
  [cone,cone]=direct [cone,restricted]=direct [cone,open]=direct [cone,symmetric]=relayed
  [restricted,cone]=direct [restricted,restricted]=direct [restricted,open]=direct [restricted,symmetric]=direct
  [open,cone]=direct [open,restricted]=direct [open,open]=direct [open,symmetric]=direct
  [symmetric,cone]=relayed [symmetric,restricted]=direct [symmetric,open]=direct [symmetric,symmetric]=relayed
)

make_internet
make_server relay
number=0
for kind in "${kinds[@]}"; do
  for side in a b; do
    number=$((number + 1))
    make_site "$kind-$side" "192.168.$number" "$kind"
    make_host "$kind-$side-host" "$kind-$side"
  done
done
# A neighbour behind the same NAT, which must be reached inside it.
make_host cone-a-second cone-a
hosts=(cone-a-second)
for kind in "${kinds[@]}"; do hosts+=("$kind-a-host" "$kind-b-host"); done

make_group relay
start_node relay --no-tap
for host in "${hosts[@]}"; do
  port=4700
  [[ $host == *-second ]] && port=4701
  overlay_port=$port start_node "$host" --tap tap0
done
leases=0
for host in "${hosts[@]}"; do
  ctl "$host" wait lease --timeout 40s >/dev/null && start_client "$host" && leases=$((leases + 1))
done
is "all machines hold a lease" "${#hosts[@]}" "$leases"

# Pings make the direct links; each pair is asked for its route until it is the expected one.
goes_as() { # FROM TO WANTED
  pings "$1" "$2" 2 >/dev/null && [[ $(route_to "$1" "$2") == "$3" ]]
}
for from in "${kinds[@]}"; do
  for to in "${kinds[@]}"; do
    in_host "$from-a-host" ping -q -n -c 3 -i 0.2 "$(virtual_address "$to-b-host")" >/dev/null 2>&1 &
  done
done
wait
for from in "${kinds[@]}"; do
  for to in "${kinds[@]}"; do
    within 20 "$from to $to is ${expected[$from,$to]}" goes_as "$from-a-host" "$to-b-host" "${expected[$from,$to]}"
  done
done

lan_link() {
  pings cone-a-host cone-a-second 2 >/dev/null &&
    ctl cone-a-host why "$(virtual_address cone-a-second)" --json | jq -r .connection.endpoint | grep -q '192\.168\.'
}
within 20 "two machines behind one NAT link inside it" lan_link

for kind in "${kinds[@]}"; do
  class=endpoint_independent
  [[ $kind != symmetric ]] || class=address_dependent
  class_is() { [[ $(nat_class "$kind-a-host") == "$class" ]]; }
  within 10 "a machine behind a $kind NAT calls it $class" class_is
done
is "the public node finds no NAT before it" none "$(nat_class relay)"
finish
