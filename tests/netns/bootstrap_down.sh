#!/usr/bin/env bash
# The public node is killed: members still reach one another, and one that restarts finds its way back through the
# members that it knew.
#
#   alice -- [home: cone] --- internet --- [lab: cone] -- bob
#                               |   '----- [office: open] -- carol
#                             relay (killed)
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

make_internet
make_server relay
make_site home 192.168.1 cone
make_site lab 192.168.2 cone
make_site office 192.168.3 open
for place in alice:home bob:lab carol:office; do make_host "${place%:*}" "${place#*:}"; done
make_group relay
start_node relay --no-tap
for host in alice bob carol; do bring_up "$host"; done
for from in alice bob carol; do
  for to in alice bob carol; do
    [[ $from == "$to" ]] || pings "$from" "$to" >/dev/null || result 1 "$from reaches $to at first"
  done
done
direct() { pings "$1" "$2" 1 >/dev/null && [[ $(route_to "$1" "$2") == direct ]]; }
within 20 "alice and bob link directly" direct alice bob
within 20 "alice and carol link directly" direct alice carol
within 20 "bob and carol link directly" direct bob carol

stop_node relay KILL
holds "alice reaches bob without the public node" pings alice bob
holds "alice reaches carol without the public node" pings alice carol
address=$(virtual_address alice)
stop_node alice KILL
bring_up alice
is "a member that restarts then has its address again" "$address" "$(virtual_address alice)"
within 30 "and reaches bob" pings alice bob 1
within 30 "and carol" pings alice carol 1
holds "names still resolve" test "$(answers_to alice carol.ipop)" = "$(virtual_address carol)"

start_node relay --no-tap
whole() { [[ $(ctl alice members --json | jq '[.members[] | select(.answered)] | length') == 4 ]]; }
within 30 "the public node that comes back is in the ring of the others" whole
finish
