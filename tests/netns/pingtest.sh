#!/usr/bin/env bash
# Every member pings every other and logs it; one whose answers are dropped on its way out is found by the report of
# all logs, which are collected over the virtual network.
#
#   alice -- [home: cone] -- internet -- [lab: cone] -- bob, carol
#                               |
#                             relay
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

make_internet
make_server relay
make_site home 192.168.1 cone
make_site lab 192.168.2 cone
make_host alice home
make_host bob lab
make_host carol lab
make_group relay
start_node relay --no-tap
for host in alice bob carol; do bring_up "$host"; done
for host in bob carol; do holds "alice reaches $host" pings alice "$host"; done
holds "carol reaches bob" pings carol bob

pingtest() { # HOST VERB...
  in_host "$1" "$bin/ga-pingtest" --socket "$run/$1/socket" --log "$run/$1/pings" "${@:2}"
}
without_rights() { # HOST VERB...
  in_host "$1" setpriv --bounding-set -net_raw --inh-caps -net_raw "$bin/ga-pingtest" --socket "$run/$1/socket" \
    --log /dev/null "${@:2}"
}
status_of() { "$@" >/dev/null 2>&1; echo $?; }
lines() { grep -cE "$1" "$run/$2/pings"; }

pingtest alice run --wait 3s --json >"$run/first" 2>"$run/first.err"
is "a run in which all answer ends with 0" 0 $?
is "each member with an address answered three times" "3 3" \
  "$(jq -r '[.members[] | select(.address != "") | .received] | join(" ")' "$run/first")"
is "the public member has no address, and is logged so" 1 "$(lines $'\t0\t0\t-\t-\t-\tno-address\t-$' alice)"
is "a round trip is measured" true "$(jq '[.members[] | select(.received == 3) | .mean_us > 0] | all' "$run/first")"
is "one line a member and run is logged" 3 "$(wc -l <"$run/alice/pings")"

# Without a right to a raw socket the kernel's ping sockets do, where the group may have them.
in_host alice sysctl -q -w net.ipv4.ping_group_range="0 2147483647"
is "a ping socket does as well as a raw one" 0 \
  "$(status_of without_rights alice run --wait 3s)"
in_host alice sysctl -q -w net.ipv4.ping_group_range="1 0"
without_rights alice run >"$run/denied" 2>&1
is "without either right the exit status is 4" 4 $?
holds "and the next command is shown" grep -q "next: sysctl -w net.ipv4.ping_group_range=" "$run/denied"
holds "/dev/null stays a device" test -c /dev/null

in_host alice "$bin/ga-pingtest" --socket "$run/alice/socket" --log /dev/full run --wait 3s >/dev/null 2>"$run/full"
is "a run that does not fit on the disk ends with 7" 7 $?
holds "and says so in one line" test "$(wc -l <"$run/full")" = 1

# carol's data is dropped, her node goes on.
in_host carol nft -f - <<<'table ip pt { chain o { type filter hook output priority 0; oifname "tap0" ip protocol icmp drop; }; }'
is "a run that a member does not answer ends with 1" 1 "$(status_of pingtest bob run --wait 3s)"
is "the log of the lost pair says how it is linked" 1 "$(lines $'\t3\t0\t-\t-\t-\t(direct|relayed|routed)\t[^-]' bob)"
is "carol herself reaches nobody" 1 "$(status_of pingtest carol run --wait 3s)"

# A signal in the middle of a run.
before=$(wc -l <"$run/bob/pings")
in_host bob timeout -s INT 2 "$bin/ga-pingtest" --socket "$run/bob/socket" --log "$run/bob/pings" run >"$run/cut" 2>&1
holds "an interrupted run says that it is not logged" grep -q "this run is not logged" "$run/cut"
is "and logs nothing" "$before" "$(wc -l <"$run/bob/pings")"

for host in bob carol; do
  pingtest "$host" serve >"$run/$host/serve.log" 2>&1 &
done
given_out() { in_host alice timeout 2 bash -c "exec 3<>/dev/tcp/$(virtual_address "$1")/7781 && cat <&3" | grep -q ping/1; }
within 10 "bob gives out his log" given_out bob
within 10 "carol gives out hers" given_out carol
is "and says where" "Serving $run/bob/pings to members at $(virtual_address bob):7781" "$(cat "$run/bob/serve.log")"
is "nobody outside the virtual network gets it" "" \
  "$(in_host bob ss -Hltn 'sport = 7781' | awk '{print $4}' | grep -v "^$(virtual_address bob):" || true)"

pingtest alice report --collect --svg "$run/pairs.svg" >"$run/report" 2>"$run/report.err"
is "a report with a pair that is lost throughout ends with 1" 1 $?
pingtest alice report --collect --json >"$run/report.json" 2>/dev/null
is "the logs of all three are in it" "6 3" "$(jq -r '"\(.pairs) \(.pairs_lost)"' "$run/report.json")"
is "bob to carol is among the lost" true \
  "$(jq '[.worst[] | select(.from.name == "bob" and .to.name == "carol" and .lost_throughout)] | length == 1' "$run/report.json")"
holds "the table shows it" grep -q "Pairs lost in every run  *3  *50.00 %" "$run/report"
holds "the picture shows it" grep -q "bob .* to carol .*lost in every run" "$run/pairs.svg"
pingtest relay report --collect >/dev/null 2>&1
is "a node without a virtual network cannot collect" 1 $?

# --- who was here and is not -------------------------------------------------------------------------------
in_host carol nft delete table ip pt
stop_node carol KILL
stop_node bob TERM
gone() { ctl alice members --all --json | jq -r '[.gone[] | "\(.name) \(.why)"] | sort | join(", ")'; }
have_gone() { [[ $(gone) == 'bob stopped, carol lost' ]]; }
within 40 "a member that said good-bye has stopped, one that did not is lost" have_gone
# The clock is read after the answer: to ask a silent member takes seconds.
ctl alice members --all --json >"$run/gone"
is "each with the time when it was seen" true \
  "$(jq --argjson now "$(date +%s)" '(.gone | length) == 2 and ([.gone[].last_seen | . > $now - 1200 and . <= $now + 1] | all)' "$run/gone")"
holds "for a person: a table of them" sh -c "'$bin/ipop-ctl' --socket '$run/alice/socket' members --all | grep -qE '^carol +10\..* lost$'"
is "as columns: their state" "bob stopped carol lost" \
  "$(ctl alice members --all --plain | awk -F'\t' '$4 != "here" && $4 != "silent" { print $3, $4 }' | sort | xargs)"
is "without --all nobody speaks of them" 0 "$(ctl alice members --json | jq '.gone | length')"
pingtest alice run --wait 3s >"$run/last" 2>&1
is "a run without a lost member ends with 1" 1 $?
holds "and names who is missing" grep -qE '^2 members were here before and are not: .*carol \(lost, last seen' "$run/last"
finish
