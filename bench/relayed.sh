#!/usr/bin/env bash
# relayed.sh BIN [--seconds N] [--rounds N] [--output FILE] - what goes through one member between two others that can't
# link directly, beside what goes directly from one of them to that member, in turns.
#
#   alice -- [home: symmetric NAT] -- internet, relay -- [lab: symmetric NAT] -- bob
#
# A member finds out what its line carries while it passes packets on, so each measurement of the pair begins with
# seconds that do not count. Appends one JSON object a figure to FILE (build/bench.jsonl by default).
# Exit status: 0 measured, 1 the nodes did not come up, 2 used wrongly, 4 no permission.
set -euo pipefail

# shellcheck source=begin.bash
source "$(dirname "${BASH_SOURCE[0]}")/begin.bash"
# shellcheck source=figures.bash
source "$here/figures.bash"
bench=relayed warm=8 seconds=4 rounds=3
read_options ipop-node 'seconds=[1-9][0-9]?' 'rounds=[1-9][0-9]?' -- "$@"
for program in iperf3 jq; do
  command -v "$program" >/dev/null || fail "$program is not installed"
done

begin_internet gr
make_internet
make_server relay
make_site home 192.168.1 symmetric
make_site lab 192.168.2 symmetric
make_host alice home
make_host bob lab
make_group relay
for host in relay alice bob; do start_node "$host" --tap tap0 --configure --no-register-dns; done
for host in relay alice bob; do
  ctl "$host" wait lease --timeout 30s >/dev/null || fail "no lease for $host: $(tail -n 3 "$run/$host/node.log")"
  in_host "$host" iperf3 --server >"$run/$host/iperf3.log" 2>&1 </dev/null &
  disown
done
state() { ctl alice why "$(virtual_address "$1")" --json | jq -r .state; }
reach() { # HOST STATE
  local end=$(($(milliseconds) + 30000))
  while ! in_host alice ping -q -c 1 -W 1 "$(virtual_address "$1")" >/dev/null || [[ $(state "$1") != "$2" ]]; do
    (($(milliseconds) < end)) || fail "alice does not reach $1 ($2): $(state "$1")"
    sleep 0.1
  done
}
reach relay direct
reach bob relayed
stream() { # HOST OPTION...: Mbit/s
  local to
  to=$(virtual_address "$1")
  shift
  in_host alice timeout $((seconds + warm + 20)) iperf3 --client "$to" --time "$seconds" --congestion cubic --json "$@" \
    >"$run/iperf3.json" || fail "iperf3: $(jq -r '.error // empty' "$run/iperf3.json")"
  jq '.end.sum_received.bits_per_second / 1e6' "$run/iperf3.json"
}
for ((round = 0; round < rounds; round++)); do
  stream relay --omit 1 >>"$run/direct"
  stream bob --omit "$warm" >>"$run/relayed"
  [[ $(state bob) == relayed ]] || fail "alice and bob found a direct way: nothing to measure"
done
middle() { sort -g "$1" | awk '{ v[NR] = $1 } END { printf "%.0f", v[int((NR + 1) / 2)] }'; }
figures_begin
direct=$(middle "$run/direct") through=$(middle "$run/relayed")
figure direct "$direct" Mbit/s '' "one TCP stream to the member, $rounds rounds of $seconds s"
figure relayed "$through" Mbit/s '' 'one TCP stream through the member'
figure relayed_to_direct "$(awk -v a="$through" -v b="$direct" 'BEGIN { printf "%.2f", a / b }')" times '>=0.5' ''
passed=$(ctl relay status --json | jq '(.counters.worker_passed // 0) / ([.counters.relayed_packets // 0, 1] | max) * 100 | round')
figure past_the_node "$passed" % '' 'of the relayed packets: batches that the node did not see'
