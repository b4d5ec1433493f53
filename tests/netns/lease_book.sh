#!/usr/bin/env bash
# The book of a lease server that is lost, rebuilt from the members of a running group.
#
#   alice -- [home: cone] -- internet -- [lab: cone] -- bob
#                               '--- relay (ipop-dhcp)
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"
[[ -x $bin/ipop-dhcp ]] || skip "no ipop-dhcp in $bin"

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
all_known() { [[ $(ctl relay members --json | jq '[.members[] | select(.address)] | length') == 2 ]]; }
within 30 "relay finds both members and their addresses" all_known

mkdir "$run/groups"
cp "$run/group.toml" "$run/groups/lab.toml"
dhcp() {
  in_host relay "$bin/ipop-dhcp" --directory "$run/book" --groups "$run/groups" --states "$run/states" \
    --socket "$run/relay/socket" "$@"
}
holds "a new book takes the group from its file" dhcp config --group lab --json
holds "a rehearsal says what it would do" dhcp import --from-dht --dry-run
is "and writes nothing" "" "$(dhcp list --plain 2>/dev/null)"
holds "S27: a lost book is filled from the members" dhcp import --from-dht
expected() { # address, name and node of both
  for host in alice bob; do printf '%s\t%s\t%s\n' "$(leased_address $host)" $host "$(node_id $host)"; done | sort
}
is "each is its holder's" "$(expected)" "$(dhcp list --plain | cut -f 1,2,4 | sort)"
is "and lives" "live live" "$(dhcp list --plain | cut -f 8 | paste -sd' ')"
holds "a second time changes nothing" dhcp import --from-dht
is "as the list says" "$(expected)" "$(dhcp list --plain | cut -f 1,2,4 | sort)"

# An address that the book has for somebody else stays theirs, and the administrator hears of it.
dhcp export --csv >"$run/leases.csv"
alice=$(leased_address alice)
sed -i "s/^$alice,[^,]*/$alice,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/" "$run/leases.csv"
rm -r "$run/book"
dhcp config --group lab >/dev/null 2>&1
dhcp import "$run/leases.csv" >/dev/null 2>&1
dhcp import --from-dht >"$run/out" 2>"$run/talk"
is "an address that is somebody else's in the book is left out" 7 $?
holds "and named" grep -q "left out: $alice is leased to" "$run/talk"

kill "$(node_process relay)"
gone() { ! ctl relay status; }
within 10 "relay's node ends" gone
dhcp import --from-dht >"$run/out" 2>"$run/talk"
is "without a node there is nobody to ask" 3 $?
finish
