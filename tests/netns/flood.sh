#!/usr/bin/env bash
# S6: first messages from invented addresses flood a node. It keeps nothing of them, new nodes come in meanwhile,
# and sessions live on. bench/flood.sh measures the same at full rate.
#
#   alice, carol, mallory -- internet -- relay
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"
[[ -x $bin/link_flood ]] || skip "link_flood is not built"

# What a sanitized node frees counts as freed.
export ASAN_OPTIONS=${ASAN_OPTIONS-}:quarantine_size_mb=0:thread_local_quarantine_size_kb=0

make_internet
for host in relay alice carol mallory; do make_server "$host"; done
# The answers to invented addresses end at who invented them.
ip -n "$internet-internet" route add 198.18.0.0/15 via "${public_of[mallory]}"
make_group relay
bring_up relay
bring_up alice
holds "a session lives" pings alice relay 20
memory() { awk -v name="$1" '$1 == name ":" { print $2 }' "/proc/$(node_process relay)/status"; }
floods() { in_host "$1" "$bin/link_flood" "$2" "${public_of[relay]}" "$overlay_port" "demo-$internet" "${@:3}"; }
links() { ctl relay status --json | jq .links; }

floods carol honest 5 1 >"$run/warm"
links_before=$(links) memory_before=$(memory VmRSS)
floods mallory flood 5000 4 >"$run/flood" &
flooding=$!
floods carol honest 5 3 >"$run/honest" &
opening=$!
in_host alice ping -q -n -c 150 -i 0.02 -W 2 "$(virtual_address relay)" >"$run/ping"
wait "$flooding" "$opening"
sed 's/^/# flood: /' "$run/flood"
sed 's/^/# honest: /' "$run/honest"
holds "S6: a flood came about" jq -e '.sent > 1000' "$run/flood"
grown=$(($(memory VmHWM) - memory_before))
echo "# the node grew by $grown kB"
holds "S6: the node grew by 8 MB at most" test "$grown" -le 8192
holds "S6: new nodes opened their channels meanwhile, all of them" jq -e '.opened > 0 and .failed == 0' "$run/honest"
lost=$(sed -n 's/.* \([0-9]*\)[0-9.]*% packet loss.*/\1/p' "$run/ping")
echo "# $(grep loss "$run/ping")"
holds "S6: the session went on" test "${lost:-100}" -le 5
no_more_links() { (($(links) <= links_before)); }
within 30 "S6: no link is left behind" no_more_links
finish
