#!/usr/bin/env bash
# peers.sh BIN [--seconds N] [--rounds N] [--output FILE] - one TCP stream and the round trip through ipop-node,
# beside the bare wire and wireguard-go, all in one run; and the memory of an idle node.
#
#   left ---------------- veth, MTU 1500 ---------------- right
#   203.0.113.2 (wire), 10.99.0.1 (wireguard-go), 10.128.x.x (ipop-node)
#
# All tunnels stand between the same two namespaces at once; an idle one costs nothing that can be measured. Each
# round measures every peer, in an order that turns, so that what else the machine does falls on all of them. What
# counts are the ratios: figures of different machines or runs do not compare.
# Known traps: the sender's congestion control is set to cubic (a machine's default may be another); a veth
# passes segmentation offloads through, which flatters the bare wire; round trips below 0.3 ms depend on whether
# the processor sleeps.
# Appends one JSON object a figure to FILE (build/bench.jsonl by default).
# Exit status: 0 measured, 1 a peer did not come up, 2 used wrongly, 4 no permission.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
usage() { echo "usage: peers.sh DIRECTORY_OF_THE_PROGRAMS [--seconds N] [--rounds N] [--output FILE]" >&2; exit 2; }
seconds=4 rounds=3 output=$here/../build/bench.jsonl
[[ $# -ge 1 && -x $1/ipop-node ]] || usage
bin=$(cd "$1" && pwd)
shift
while (($#)); do
  case $1 in
    --seconds) seconds=${2-} ;;
    --rounds) rounds=${2-} ;;
    --output) output=${2-} ;;
    *) usage ;;
  esac
  shift 2 || usage
done
[[ $seconds =~ ^[1-9][0-9]?$ && $rounds =~ ^[1-9][0-9]?$ && -n $output ]] || usage
((EUID == 0)) || { echo "peers.sh: network namespaces need root" >&2; exit 4; }

run=$(mktemp -d "${TMPDIR:-/tmp}/ga-peers.XXXXXX")
internet=gp$$
# shellcheck source=../demo/internet.sh
source "$here/../demo/internet.sh"
# shellcheck source=../demo/nodes.sh
source "$here/../demo/nodes.sh"
finish() {
  trap '' INT TERM HUP
  unmake_internet
  rm -rf "$run" "/var/run/wireguard/$internet-left.sock" "/var/run/wireguard/$internet-right.sock"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP
say() { [[ ! -t 2 ]] || printf '\r\033[K%s' "$1" >&2; }
fail() { say ""; echo "peers.sh: $1" >&2; exit 1; }
until_true() { # SECONDS COMMAND...
  local end=$(($(milliseconds) + $1 * 1000))
  shift
  while ! "$@" >/dev/null 2>&1; do
    (($(milliseconds) < end)) || return 1
    sleep 0.1
  done
}

# --- the wire -----------------------------------------------------------------------------------------------
wire_address=([0]=203.0.113.1 [1]=203.0.113.2)
sides=(left right)
for side in "${sides[@]}"; do
  new_namespace "$side"
done
ip -n "$internet-left" link add wire mtu 1500 type veth peer name wire netns "$internet-right"
for i in 0 1; do
  ip -n "$internet-${sides[i]}" addr add "${wire_address[i]}/30" dev wire
  ip -n "$internet-${sides[i]}" link set wire up
  public_of[${sides[i]}]=${wire_address[i]}
done
declare -A target=([veth]=${wire_address[1]}) version=([veth]="kernel $(uname -r)") device=([veth]=wire)
peers=(veth)

# --- wireguard-go -------------------------------------------------------------------------------------------
if command -v wireguard-go >/dev/null && command -v wg >/dev/null; then
  declare -A public_key=()
  for side in "${sides[@]}"; do
    (umask 077 && wg genkey >"$run/$side.key")
    public_key[$side]=$(wg pubkey <"$run/$side.key")
    # Its control socket is named after the interface, for the whole machine.
    in_host "$side" env WG_PROCESS_FOREGROUND=1 LOG_LEVEL=error wireguard-go -f "$internet-$side" \
      >"$run/wireguard-$side.log" 2>&1 </dev/null &
    disown
  done
  for i in 0 1; do
    side=${sides[i]} other=${sides[1 - i]}
    until_true 5 test -S "/var/run/wireguard/$internet-$side.sock" || fail "wireguard-go did not start"
    in_host "$side" wg set "$internet-$side" private-key "$run/$side.key" listen-port 51820 \
      peer "${public_key[$other]}" allowed-ips 10.99.0.0/24 endpoint "${wire_address[1 - i]}:51820"
    ip -n "$internet-$side" addr add "10.99.0.$((i + 1))/24" dev "$internet-$side"
    ip -n "$internet-$side" link set "$internet-$side" mtu 1420 up
  done
  peers+=(wireguard-go)
  target[wireguard-go]=10.99.0.2 device[wireguard-go]=$internet-left
  version[wireguard-go]=$(wireguard-go --version 2>/dev/null | sed -n '1s/^wireguard-go v\([^ ]*\).*/\1/p')
else
  echo "wireguard-go is not installed: left out" >&2
fi

# --- ipop-node ----------------------------------------------------------------------------------------------
make_group left
for side in "${sides[@]}"; do start_node "$side" --tap tap0; done
for side in "${sides[@]}"; do
  ctl "$side" wait lease --timeout 30s >/dev/null || fail "no lease on the $side: $(tail -n 3 "$run/$side/node.log")"
  start_client "$side" || fail "no address on the $side"
done
peers+=(ipop-node)
target[ipop-node]=$(virtual_address right) device[ipop-node]=tap0
version[ipop-node]=$("$bin/ipop-node" --version | sed -n '1s/^ipop-node //p')

for peer in "${peers[@]}"; do
  in_host left ping -q -n -c 1 -w 10 -i 0.2 "${target[$peer]}" >/dev/null || fail "no ping through $peer"
done
direct() { [[ $(ctl left why "${target[ipop-node]}" --json | jq -r .state) == direct ]]; }
until_true 10 direct || fail "the two nodes have no direct link"
idle=$(for pid in $(ip netns pids "$internet-left"); do
  [[ $(readlink "/proc/$pid/exe") != "$bin/ipop-node" ]] || awk '/^VmRSS/ { print $2 }' "/proc/$pid/status"
done)

# --- the rounds ---------------------------------------------------------------------------------------------
in_host right iperf3 --server >"$run/iperf3.log" 2>&1 </dev/null &
disown
listening() { in_host right ss -Hltn 'sport = :5201' | grep -q .; }
until_true 5 listening || fail "iperf3 does not listen"
busy() { awk '/^cpu / { print $2 + $3 + $4 + $7 + $8; exit }' /proc/stat; }
before=$(busy)
say "what else this machine does"
sleep 1
others=$((($(busy) - before) * 100 / $(getconf CLK_TCK)))
for ((round = 0; round < rounds; round++)); do
  for ((i = 0; i < ${#peers[@]}; i++)); do
    peer=${peers[(i + round) % ${#peers[@]}]}
    say "round $((round + 1)) of $rounds: $peer"
    in_host left ping -n -q -c 100 -i 0.01 "${target[$peer]}" |
      sed -n 's|^rtt [^=]*= [0-9.]*/\([0-9.]*\)/.*|\1|p' >>"$run/$peer.rtt"
    timeout $((seconds + 20)) ip netns exec "$internet-left" iperf3 --client "${target[$peer]}" --time "$seconds" \
      --omit 1 --congestion cubic --json >"$run/iperf3.json" || fail "iperf3 through $peer: $(jq -r '.error // empty' "$run/iperf3.json")"
    jq '.end.sum_received.bits_per_second / 1e6' "$run/iperf3.json" >>"$run/$peer.tcp"
  done
done
say ""

# --- the figures --------------------------------------------------------------------------------------------
middle() { sort -g "$1" | awk '{ v[NR] = $1 } END { printf "%.3f", v[int((NR + 1) / 2)] }'; }
commit=$(git -C "$here" rev-parse --short HEAD 2>/dev/null || echo unknown)
mkdir -p "$(dirname "$output")"
record() { # BENCH METRIC VALUE UNIT [AIM MET]
  jq -nc --arg bench "$1" --arg metric "$2" --argjson value "$3" --arg unit "$4" --arg aim "${5-}" --arg met "${6-}" \
    --arg commit "$commit" '{bench: $bench, metric: $metric, value: $value, unit: $unit,
      aim: (if $aim == "" then null else $aim end), met: (if $met == "" then null else $met == "true" end),
      commit: $commit}' >>"$output"
}
wire=$(middle "$run/veth.tcp")
printf '%-14s %15s %24s %10s %10s %6s  %s\n' peer 'TCP Mbit/s' 'least to most' 'of veth' 'RTT ms' MTU version
for peer in "${peers[@]}"; do
  tcp=$(middle "$run/$peer.tcp") rtt=$(middle "$run/$peer.rtt")
  printf '%-14s %15.0f %24s %9.1f%% %10.3f %6s  %s\n' "$peer" "$tcp" \
    "$(sort -g "$run/$peer.tcp" | awk 'NR == 1 { a = $1 } END { printf "%.0f to %.0f", a, $1 }')" \
    "$(awk -v a="$tcp" -v b="$wire" 'BEGIN { print 100 * a / b }')" "$rtt" \
    "$(in_host left cat "/sys/class/net/${device[$peer]}/mtu")" "${version[$peer]}"
  record peers "tcp_${peer//-/_}" "$tcp" Mbit/s
  record peers "rtt_${peer//-/_}" "$rtt" ms
done
if [[ -v target[wireguard-go] ]]; then
  ratio=$(awk -v a="$(middle "$run/ipop-node.tcp")" -v b="$(middle "$run/wireguard-go.tcp")" 'BEGIN { printf "%.2f", a / b }')
  echo "ipop-node carries $ratio times what wireguard-go carries in the same run"
  record peers ratio_to_wireguard_go "$ratio" times
fi
rss=$(awk -v k="$idle" 'BEGIN { printf "%.1f", k / 1024 }')
met=$(awk -v r="$rss" 'BEGIN { print r <= 12 ? "true" : "false" }')
echo "an idle ipop-node takes $rss MB of memory (aim: <= 12 MB$([[ $met == true ]] || echo ', not met'))"
record node rss_idle "$rss" MB '<= 12' "$met"
((others <= 20)) || echo "other work took $others % of a processor before the first round: distrust small differences"
