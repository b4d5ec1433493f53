#!/usr/bin/env bash
# flood.sh BIN [--rate N] [--seconds N] [--output FILE] - what a flood of first messages under invented addresses
# does to a node: its memory, a session that lives through it, and strangers who want in meanwhile.
#
#   alice ---.
#             internet --- relay        alice pings relay through their virtual network, 100 times a second
#   carol ---'   |                      carol opens channels to relay as new nodes do
#             mallory                   sends first messages from 198.18.0.0/15
#
# All share this machine's processors, so "sent" says how many first messages a second there really were.
# Appends one JSON object a figure to FILE (build/bench.jsonl by default).
# Exit status: 0 measured, 1 a node did not come up, 2 used wrongly, 4 no permission.
set -euo pipefail

# shellcheck source=begin.bash
source "$(dirname "${BASH_SOURCE[0]}")/begin.bash"
# shellcheck source=figures.bash
source "$here/figures.bash"
rate=50000 seconds=60
read_options "ipop-node link_flood" 'rate=[1-9][0-9]*' 'seconds=[1-9][0-9]?' -- "$@"
begin_internet gf
make_internet
for host in relay alice carol mallory; do make_server "$host"; done
# The answers to invented addresses end at who invented them.
ip -n "$internet-internet" route add 198.18.0.0/15 via "${public_of[mallory]}"
make_group relay
for host in relay alice; do start_node "$host" --tap tap0; done
for host in relay alice; do
  ctl "$host" wait lease --timeout 60s >/dev/null || fail "no lease on $host: $(tail -n 3 "$run/$host/node.log")"
  start_client "$host" || fail "no address on $host"
done
there=$(virtual_address relay)
in_host alice ping -q -n -c 1 -w 20 -i 0.2 "$there" >/dev/null || fail "no ping from alice to relay"
victim=$(for pid in $(ip netns pids "$internet-relay"); do
  [[ $(readlink "/proc/$pid/exe") != "$bin/ipop-node" ]] || echo "$pid"
done)
memory() { awk -v name="$1" '$1 == name ":" { print $2 }' "/proc/$victim/status"; }
floods() { in_host "$1" "$bin/link_flood" "$2" "${public_of[relay]}" "$overlay_port" "demo-$internet" "${@:3}"; }

# What a node needs for handshakes at all is not the flood's.
floods carol honest 10 2 >/dev/null
before=$(memory VmRSS)
floods mallory flood "$rate" "$seconds" >"$run/flood.json" &
waiting=("$!")
floods carol honest 10 "$seconds" >"$run/honest.json" &
waiting+=("$!")
in_host alice ping -q -n -c $((seconds * 100)) -W 2 -i 0.01 "$there" >"$run/ping" || true
wait "${waiting[@]}" || fail "the flood did not come about"
most=$(memory VmHWM)

bench=flood
figures_begin
figure sent "$(jq .rate "$run/flood.json")" /s '' "first messages from invented addresses, of $rate that were wanted, for $seconds s"
figure memory_growth "$(awk -v a="$before" -v b="$most" 'BEGIN { printf "%.1f", (b - a) / 1024 }')" MB 8 "most during the flood, over before"
figure session_loss "$(sed -n 's/.* \([0-9.]*\)% packet loss.*/\1/p' "$run/ping")" % 0.1 \
  "of $(sed -n 's/^\([0-9]*\) packets transmitted.*/\1/p' "$run/ping") echoes through a live session"
figure honest_p99 "$(jq .p99 "$run/honest.json")" s 2 "of $(jq .opened "$run/honest.json") channels of new nodes; median $(jq .p50 "$run/honest.json") s"
figure honest_failed "$(jq .failed "$run/honest.json")" channels 0 "did not open in 20 s"
