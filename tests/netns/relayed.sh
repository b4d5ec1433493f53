#!/usr/bin/env bash
# A pair that can't link directly, through a member: what a flood of it loses, what its ends learn of that, and that it
# goes on when the member dies.
#
#   alice -- [home: symmetric] -- internet, relay, other -- [lab: symmetric] -- bob
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"
command -v iperf3 >/dev/null || skip "no iperf3 on this machine"

make_internet
make_server relay
make_server other
make_site home 192.168.1 symmetric
make_site lab 192.168.2 symmetric
make_host alice home
make_host bob lab
make_group relay other
start_node relay --no-tap
start_node other --no-tap
bring_up alice
# One worker at one end and four at the other; with the limit two at the members between, who share what is lent.
bring_up bob udhcpc --workers 4

relayed() { pings alice bob 1 && [[ $(route_to alice bob) == relayed ]]; }
within 30 "they talk through a member" relayed
member_between() { # its name
  local id host
  id=$(ctl alice why "$(virtual_address bob)" --json | jq -r .connection.relay)
  for host in relay other; do [[ $(node_id "$host" 2>/dev/null) != "$id" ]] || echo "$host"; done
}
counter() { ctl "$1" status --json | jq -r ".counters.$2 // 0"; }
# flood RATE SECONDS: percent of UDP packets that did not arrive.
flood() {
  in_host bob iperf3 --server --one-off --bind "$(virtual_address bob)" >"$run/server" 2>&1 &
  local server=$!
  listens() { in_host bob ss -Hltn | grep -q ':5201 '; }
  for ((tries = 0; tries < 100 * patience; tries++)); do listens && break; sleep 0.1; done
  in_host alice timeout "$((10 * patience + $2))" iperf3 --client "$(virtual_address bob)" --udp --bitrate "$1" \
    --length 1300 --time "$2" --json >"$run/flood.json" 2>&1
  wait "$server"
  jq -r '.end.sum.lost_percent' "$run/flood.json"
}

carrier=$(member_between)
lost=$(flood 40M 5)
echo "# 40 Mbit/s through $carrier: $lost % lost (a constant of 16 Mbit/s lost more than half)"
holds "a flood of 40 Mbit/s loses less than four tenths" jq -ne "${lost:-100} < 40"
lost=$(flood 40M 5)
echo "# once more: $lost % lost"
holds "and a second one as well" jq -ne "${lost:-100} < 40"
is "they are still relayed" relayed "$(route_to alice bob)"

# The same with a limit of 8 Mbit/s: what is too much is shaped, and everybody can see it.
stop_node relay TERM
stop_node other TERM
start_node relay --no-tap --relay-limit 8 --workers 2
start_node other --no-tap --relay-limit 8 --workers 2
within 60 "they talk again after the members began anew" relayed
carrier=$(member_between)
# What waited for a quarter of a second is dropped, so a member that the machine lets wait so long drops all that it
# has: it is given some tries. That no more than the limit gets through holds in each, by the member's own count.
limit=1000000 slack=200000 # octets a second; what waits, and a second's share of other packets
half_gets_through() {
  local began before passed most
  began=$(milliseconds) before=$(counter "$carrier" relayed_octets)
  lost=$(flood 16M 5)
  passed=$(($(counter "$carrier" relayed_octets) - before))
  most=$((($(milliseconds) - began) * limit / 1000 + slack))
  echo "# 16 Mbit/s through $carrier, which allows 8: $lost % lost; it passed on $passed octets of at most $most"
  ((passed <= most)) || above_limit=yes
  jq -ne "${lost:-100} < 75" >"$run/within"
}
above_limit=no
for ((tries = 0; tries < 6; tries++)); do half_gets_through && break; done
is "half of what is twice the limit gets through" true "$(<"$run/within")"
is "and never more than the limit" no "$above_limit"
holds "the member counts what waited and what it dropped" \
  jq -ne "$(counter "$carrier" relay_delayed) > 0 and $(counter "$carrier" drop_relay_full) > 0"
for host in alice bob; do
  holds "$host counts it as well" jq -ne "$(counter "$host" dropped_by_relay) > 0"
done
told() { ctl "$1" why "$(virtual_address "$2")" | grep -q 'packets of this pair wait and dropped'; }
holds "and why says so" told alice bob
is "a full relay makes no failing path" 0 "$(counter alice paths_failing)"

# The member dies: what is lost is what was sent until the other one took over.
carrier=$(member_between)
in_host alice ping -q -n -i 0.1 -w 30 "$(virtual_address bob)" >"$run/pings" 2>&1 &
pings_run=$!
answered() { pings bob alice 1; }
within 10 "pings are answered" answered
stop_node "$carrier" KILL
wait "$pings_run"
lost=$(sed -n 's/.* \([0-9.]*\)% packet loss.*/\1/p' "$run/pings")
echo "# of 30 s of pings $lost % were lost when $carrier was killed"
holds "at most a quarter of them is lost, which is 7.5 s" jq -ne "${lost:-100} < 25"
is "they talk through the other member" relayed "$(route_to alice bob)"
other=relay
[[ $carrier != relay ]] || other=other
is "which is the one that lives" "$other" "$(member_between)"
finish
