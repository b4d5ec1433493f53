#!/usr/bin/env bash
# peers.sh BIN [--seconds N] [--rounds N] [--underlay gso|soft] [--rate MBIT] [--extra DIR] [--other BIN] [--workers N] [--output FILE]
# - what goes through ipop-node, beside the bare wire, wireguard-go, nebula, tinc and openvpn, all in one run; and the
# memory of a node.
#
#   left ---------------- veth, MTU 1500 ---------------- right
#   203.0.113.1 (wire), 10.99.N.1 (others), 10.128.x.x (ipop-node)
#
# All tunnels stand between the same two namespaces at once; an idle one costs nothing that can be measured. Each
# round measures every peer, in an order that turns, so that what else the machine does falls on all of them. What
# counts are the ratios: figures of different machines or runs do not compare.
#   --underlay soft  the veth cuts nothing for others, as a card without any offload (default: gso, as it comes)
# ipop-node-plain is a node that copies where the real one seals and opens: what the cipher costs.
#   --rate MBIT      the wire carries so many Mbit/s behind a long queue, as a card without fq_codel before it
#   --extra DIR      further programs to measure, unpacked from packages of another release by bench/fetch_peers
#   --workers N      two more nodes, with N workers each (--workers of ipop-node)
#   --other BIN      another build of ipop-node, for instance of the commit before
# Known traps: the sender's congestion control is set to cubic (a machine's default may be another); a veth
# passes segmentation offloads through, which flatters the bare wire; round trips below 0.3 ms depend on whether
# the processor sleeps; datagrams are lost by the thousand, so that figure is coarse.
# Appends one JSON object a figure to FILE (build/bench.jsonl by default).
# Exit status: 0 measured, 1 a peer did not come up, 2 used wrongly, 4 no permission.
set -euo pipefail

# shellcheck source=begin.bash
source "$(dirname "${BASH_SOURCE[0]}")/begin.bash"
seconds=4 rounds=3 underlay=gso rate='' extra='' other='' workers=''
read_options ipop-node 'seconds=[1-9][0-9]?' 'rounds=[1-9][0-9]?' 'underlay=gso|soft' 'rate=[1-9][0-9]{0,4}' 'extra=.*' 'other=.*' \
  'workers=[1248]' -- "$@"
[[ -z $extra || -d $extra ]] || usage "no directory $extra"
[[ -z $extra ]] || extra=$(cd "$extra" && pwd)
[[ -z $other || -x $other/ipop-node ]] || usage "no program ipop-node in $other"
begin_internet gp

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
  [[ $underlay == gso ]] ||
    in_host "${sides[i]}" ethtool -K wire tso off gso off tx-udp-segmentation off gro on >/dev/null ||
    fail "ethtool can't turn the veth's offloads off"
  [[ -z $rate ]] || tc -n "$internet-${sides[i]}" qdisc add dev wire root tbf rate "${rate}mbit" burst 128k limit 100m ||
    fail "tc can't slow the veth"
done
# program_of: by its path a peer's processes are found.
declare -A target=([veth]=${wire_address[1]}) version=([veth]="kernel $(uname -r)") device=([veth]=wire) program_of=()
peers=(veth)

installed() { dpkg-query -f '${Version}' -W "$1" 2>/dev/null || echo unknown; } # PACKAGE

# --- wireguard-go -------------------------------------------------------------------------------------------
add_wireguard() { # PEER PROGRAM NUMBER VERSION
  local peer=$1 program=$2 number=$3 i side name
  declare -A public_key=()
  for side in "${sides[@]}"; do
    (umask 077 && wg genkey >"$run/$side.key")
    public_key[$side]=$(wg pubkey <"$run/$side.key")
    # Its control socket is named after the interface, for the whole machine.
    name=$internet-$number$side
    in_host "$side" env WG_PROCESS_FOREGROUND=1 LOG_LEVEL=error "$program" -f "${name:0:15}" \
      >"$run/wireguard-$number-$side.log" 2>&1 </dev/null &
    disown
  done
  for i in 0 1; do
    side=${sides[i]} name=$internet-$number$side
    name=${name:0:15}
    until_true 5 test -S "/var/run/wireguard/$name.sock" || fail "$peer did not start"
    in_host "$side" wg set "$name" private-key "$run/$side.key" listen-port "$((51820 + number))" \
      peer "${public_key[${sides[1 - i]}]}" allowed-ips "10.99.$number.0/24" endpoint "${wire_address[1 - i]}:$((51820 + number))"
    ip -n "$internet-$side" addr add "10.99.$number.$((i + 1))/24" dev "$name"
    ip -n "$internet-$side" link set "$name" mtu 1420 up
  done
  name=$internet-${number}left
  peers+=("$peer")
  target[$peer]=10.99.$number.2 device[$peer]=${name:0:15} program_of[$peer]=$(realpath "$program")
  version[$peer]=$4
}
if command -v wg >/dev/null; then
  command -v wireguard-go >/dev/null &&
    add_wireguard wireguard-go "$(command -v wireguard-go)" 1 "$(installed wireguard-go)"
  [[ ! -x $extra/wireguard-go/usr/bin/wireguard-go ]] ||
    add_wireguard wireguard-go-new "$extra/wireguard-go/usr/bin/wireguard-go" 2 "$(cat "$extra/wireguard-go/version")"
else
  echo "wg is not installed: wireguard-go is left out" >&2
fi

# --- nebula -------------------------------------------------------------------------------------------------
add_nebula() { # PROGRAMS' DIRECTORY, VERSION
  local i side run=$run/nebula
  mkdir "$run"
  (cd "$run" && "$1/nebula-cert" ca -name bench && for i in 0 1; do
    "$1/nebula-cert" sign -name "${sides[i]}" -ip "10.99.3.$((i + 1))/24"
  done) >/dev/null 2>&1 || fail "nebula-cert made no certificates"
  for i in 0 1; do
    side=${sides[i]}
    cat >"$run/$side.yml" <<YAML
pki: { ca: $run/ca.crt, cert: $run/$side.crt, key: $run/$side.key }
static_host_map: { "10.99.3.1": ["${wire_address[0]}:4242"], "10.99.3.2": ["${wire_address[1]}:4242"] }
lighthouse: { am_lighthouse: $([[ $i == 0 ]] && echo true || echo false), hosts: [$([[ $i == 0 ]] || echo '"10.99.3.1"')] }
listen: { host: 0.0.0.0, port: 4242 }
cipher: aes
tun: { dev: nebula, mtu: 1420, tx_queue: 500 }
logging: { level: warning }
firewall: { outbound: [ { port: any, proto: any, host: any } ], inbound: [ { port: any, proto: any, host: any } ] }
YAML
    in_host "$side" "$1/nebula" -config "$run/$side.yml" >"$run/$side.log" 2>&1 </dev/null &
    disown
  done
  peers+=(nebula)
  target[nebula]=10.99.3.2 device[nebula]=nebula program_of[nebula]=$(realpath "$1/nebula") version[nebula]=$2
}
if [[ -x $extra/nebula/usr/bin/nebula ]]; then
  add_nebula "$extra/nebula/usr/bin" "$(cat "$extra/nebula/version")"
elif command -v nebula-cert >/dev/null; then
  add_nebula "$(dirname "$(command -v nebula-cert)")" "$(installed nebula)"
fi

# --- tinc -----------------------------------------------------------------------------------------------------
add_tinc() {
  local i side run=$run/tinc
  for i in 0 1; do
    side=${sides[i]}
    mkdir -p "$run/$side/hosts"
    printf 'Name = %s\nInterface = tinc\nConnectTo = %s\n' "$side" "${sides[1 - i]}" >"$run/$side/tinc.conf"
    printf 'Address = %s\nPort = 6550\nSubnet = 10.99.4.%s/32\n' "${wire_address[i]}" $((i + 1)) >"$run/$side/hosts/$side"
    # It asks where to write the keys, and takes no answer for the usual places.
    tincd --config="$run/$side" --generate-keys=2048 >"$run/$side.keys" 2>&1 </dev/null || fail "tincd made no keys"
  done
  for i in 0 1; do
    side=${sides[i]}
    cp "$run/${sides[1 - i]}/hosts/${sides[1 - i]}" "$run/$side/hosts/"
    in_host "$side" tincd --config="$run/$side" --no-detach --pidfile="$run/$side.pid" >"$run/$side.log" 2>&1 </dev/null &
    disown
  done
  for i in 0 1; do
    until_true 10 in_host "${sides[i]}" ip link show tinc || fail "tinc did not start: $(tail -n 3 "$run/${sides[i]}.log")"
    ip -n "$internet-${sides[i]}" addr add "10.99.4.$((i + 1))/24" dev tinc
    ip -n "$internet-${sides[i]}" link set tinc mtu 1420 up
  done
  peers+=(tinc)
  target[tinc]=10.99.4.2 device[tinc]=tinc program_of[tinc]=$(realpath "$(command -v tincd)")
  version[tinc]=$(tincd --version | sed -n '1s/^tinc version \([^ ]*\).*/\1/p')
}
if command -v tincd >/dev/null; then add_tinc; fi

# --- openvpn --------------------------------------------------------------------------------------------------
# In user space: its kernel module is another program. Two machines that know each other's certificate.
add_openvpn() {
  local i side run=$run/openvpn role
  mkdir "$run"
  declare -A fingerprint=()
  for side in "${sides[@]}"; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$side" \
      -keyout "$run/$side.key" -out "$run/$side.crt" >/dev/null 2>&1 || fail "openssl made no certificate"
    fingerprint[$side]=$(openssl x509 -in "$run/$side.crt" -noout -fingerprint -sha256 | cut -d= -f2)
  done
  for i in 0 1; do
    side=${sides[i]} role=--tls-server
    ((i == 0)) || role=--tls-client
    in_host "$side" openvpn --dev ovpn --dev-type tun --disable-dco --proto udp4 --lport 1194 --rport 1194 \
      --remote "${wire_address[1 - i]}" --ifconfig "10.99.5.$((i + 1))" "10.99.5.$((2 - i))" "$role" --dh none \
      --cert "$run/$side.crt" --key "$run/$side.key" --peer-fingerprint "${fingerprint[${sides[1 - i]}]}" \
      --data-ciphers AES-128-GCM --tun-mtu 1420 --verb 1 >"$run/$side.log" 2>&1 </dev/null &
    disown
  done
  peers+=(openvpn)
  target[openvpn]=10.99.5.2 device[openvpn]=ovpn program_of[openvpn]=$(realpath "$(command -v openvpn)")
  version[openvpn]=$(openvpn --version | sed -n '1s/^OpenVPN \([^ ]*\).*/\1/p')
}
if command -v openvpn >/dev/null; then add_openvpn; fi

# --- ipop-node ----------------------------------------------------------------------------------------------
add_node() { # PEER DIRECTORY TAP PORT PREFIX OPTION...
  local peer=$1 bin=$2 tap=$3 overlay_port=$4 side run=$run/$1
  mkdir -p "$run"
  make_group left
  sed -i "s|^name = .*|name = \"$peer\"|; s|^namespace = .*|namespace = \"$peer-$internet\"|; s|^prefix = .*|prefix = \"$5\"|" \
    "$run/group.toml"
  for side in "${sides[@]}"; do
    start_node "$side" --tap "$tap" --configure --no-register-dns --no-lan-discovery "${@:6}"
  done
  for side in "${sides[@]}"; do
    ctl "$side" wait lease --timeout 30s >/dev/null || fail "no lease on the $side: $(tail -n 3 "$run/$side/node.log")"
  done
  peers+=("$peer")
  target[$peer]=$(ctl right status --json | jq -r .address) device[$peer]=$tap program_of[$peer]=$(realpath "$bin/ipop-node")
  version[$peer]=$("$bin/ipop-node" --version | sed -n '1s/^ipop-node //p')
  in_host left ping -q -n -c 1 -w 10 -i 0.2 "${target[$peer]}" >/dev/null || fail "no ping through $peer"
  is_direct() { [[ $(ctl left why "${target[$peer]}" --json | jq -r .state) == direct ]]; }
  until_true 10 is_direct || fail "the two nodes of $peer have no direct link"
}
add_node ipop-node "$bin" tap0 4700 10.128.0.0/10
if [[ -x $bin/plain_node ]]; then
  mkdir "$run/plain"
  ln -s "$bin/plain_node" "$run/plain/ipop-node"
  ln -s "$bin/ipop-ctl" "$run/plain/ipop-ctl"
  add_node ipop-node-plain "$run/plain" tap2 4702 10.0.0.0/10
fi
if [[ -n $workers ]]; then
  mkdir "$run/workers"
  # A file of its own: by that its processes are found.
  cp "$bin/ipop-node" "$run/workers/"
  ln -s "$bin/ipop-ctl" "$run/workers/ipop-ctl"
  add_node "ipop-node-w$workers" "$run/workers" tap3 4703 172.16.0.0/12 --workers "$workers"
fi
[[ -z $other ]] || add_node ipop-node-other "$(cd "$other" && pwd)" tap1 4701 10.192.0.0/10

for peer in "${peers[@]}"; do
  until_true 10 in_host left ping -q -n -c 1 -w 2 -i 0.2 "${target[$peer]}" || fail "no ping through $peer"
done
processes() { # PEER: of both sides
  local pid
  [[ -v program_of[$1] ]] || return 0
  for pid in $(ip netns pids "$internet-left") $(ip netns pids "$internet-right"); do
    [[ $(readlink "/proc/$pid/exe") != "${program_of[$1]}" ]] || echo "$pid"
  done
}
for peer in "${peers[@]}"; do processes "$peer" >"$run/$peer.pids"; done
memory() { # PEER FIELD: the larger of both, in kB
  local pid
  while read -r pid; do awk -v field="$2:" '$1 == field { print $2 }' "/proc/$pid/status"; done <"$run/$1.pids" |
    sort -n | tail -n 1
}
forget_peak() { # PEER: VmHWM begins anew (proc(5), clear_refs)
  local pid
  while read -r pid; do echo 5 >"/proc/$pid/clear_refs"; done <"$run/$1.pids"
}
ticks() { # PEER: user and system time of both
  local pid fields stat
  while read -r pid; do
    stat=$(<"/proc/$pid/stat")
    read -ra fields <<<"${stat##*) }"
    echo $((fields[11] + fields[12]))
  done <"$run/$1.pids" | awk '{ sum += $1 } END { print sum + 0 }'
}
# A node has begun, and gave back the code that it needed for that, after a quarter of a minute.
has_begun() { (($(xargs ps -o etimes= -p <"$run/ipop-node.pids" | sort -n | head -n 1) >= 17)); }
until_true 30 has_begun || fail "the nodes do not stay"
idle=$(memory ipop-node VmRSS)

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
stream() { # PEER FIGURE OPTION...: Mbit/s received
  local peer=$1 figure=$2
  shift 2
  timeout $((seconds + 20)) ip netns exec "$internet-left" iperf3 --client "${target[$peer]}" --time "$seconds" \
    --congestion cubic --json "$@" >"$run/iperf3.json" || fail "iperf3 through $peer: $(jq -r '.error // empty' "$run/iperf3.json")"
  jq '.end.sum_received.bits_per_second / 1e6' "$run/iperf3.json" >>"$run/$peer.$figure"
}
for ((round = 0; round < rounds; round++)); do
  for ((i = 0; i < ${#peers[@]}; i++)); do
    peer=${peers[(i + round) % ${#peers[@]}]}
    say "round $((round + 1)) of $rounds: $peer"
    in_host left ping -n -q -c 100 -i 0.01 "${target[$peer]}" |
      sed -n 's|^rtt [^=]*= [0-9.]*/\([0-9.]*\)/.*|\1|p' >>"$run/$peer.rtt"
    forget_peak "$peer"
    began=$(ticks "$peer") octets=0
    for direction in --omit=1 --reverse; do
      stream "$peer" tcp1 "$direction"
      octets=$((octets + $(jq '[.intervals[].sum.bytes] | add' "$run/iperf3.json")))
    done
    [[ ! -s $run/$peer.pids ]] ||
      awk -v t=$(($(ticks "$peer") - began)) -v h="$(getconf CLK_TCK)" -v o="$octets" 'BEGIN { print t / h / (o / 1e9) }' \
      >>"$run/$peer.cpu"
    for direction in --omit=1 --reverse; do stream "$peer" tcp4 --parallel 4 "$direction"; done
    # How soon a ping is back while one stream takes all that it can.
    in_host left ping -n -c 200 -i 0.01 "${target[$peer]}" >"$run/loaded" 2>&1 &
    pinging=$!
    stream "$peer" with_ping
    wait "$pinging" || true
    sed -n 's/.*time=\([0-9.]*\) ms.*/\1/p' "$run/loaded" | sort -n | awk '{ v[NR] = $1 } END { print NR ? v[int(NR * 0.99 + 0.5)] : 0 }' \
      >>"$run/$peer.loaded"
    began=$(ticks "$peer")
    timeout $((seconds + 20)) ip netns exec "$internet-left" iperf3 --client "${target[$peer]}" --time "$seconds" --udp \
      --length 64 --bitrate 0 --json >"$run/iperf3.json" || fail "iperf3 through $peer: $(jq -r '.error // empty' "$run/iperf3.json")"
    jq '(.end.sum.packets - .end.sum.lost_packets) / .end.sum.seconds' "$run/iperf3.json" >>"$run/$peer.udp"
    [[ ! -s $run/$peer.pids ]] ||
      jq --argjson t $(($(ticks "$peer") - began)) --argjson h "$(getconf CLK_TCK)" \
        '$t / $h * 1e6 / (.end.sum.packets - .end.sum.lost_packets)' "$run/iperf3.json" >>"$run/$peer.udpcpu"
    [[ ! -s $run/$peer.pids ]] || memory "$peer" VmHWM >>"$run/$peer.rss"
  done
done
say ""

# --- the figures --------------------------------------------------------------------------------------------
middle() { [[ ! -s $1 ]] || sort -g "$1" | awk '{ v[NR] = $1 } END { printf "%.3f", v[int((NR + 1) / 2)] }'; }
commit=$(git -C "$here" rev-parse --short HEAD 2>/dev/null || echo unknown)
mkdir -p "$(dirname "$output")"
record() { # BENCH METRIC VALUE UNIT [AIM MET]
  jq -nc --arg bench "$1" --arg metric "$2" --argjson value "$3" --arg unit "$4" --arg aim "${5-}" --arg met "${6-}" \
    --arg commit "$commit" '{bench: $bench, metric: $metric, value: $value, unit: $unit,
      aim: (if $aim == "" then null else $aim end), met: (if $met == "" then null else $met == "true" end),
      commit: $commit}' >>"$output"
}
wire=$underlay${rate:+_$rate}
echo "underlay: $underlay${rate:+, $rate Mbit/s}; $rounds rounds of $seconds s, medians; streams in both directions; RSS: the most in a round"
printf '%-17s %8s %16s %8s %10s %8s %8s %9s %8s %7s %5s  %s\n' peer 'TCP' 'least to most' '4 streams' '64 B/s' 'RTT ms' \
  'loaded' 'CPU s/GB' 'us/64 B' 'RSS MB' MTU version
for peer in "${peers[@]}"; do
  declare -A of=()
  for figure in tcp1 tcp4 udp udpcpu rtt loaded cpu rss; do of[$figure]=$(middle "$run/$peer.$figure"); done
  printf '%-17s %8.0f %16s %8.0f %10.0f %8.3f %8.2f %9s %8s %7s %5s  %s\n' "$peer" "${of[tcp1]}" \
    "$(sort -g "$run/$peer.tcp1" | awk 'NR == 1 { a = $1 } END { printf "%.0f to %.0f", a, $1 }')" "${of[tcp4]}" \
    "${of[udp]}" "${of[rtt]}" "${of[loaded]}" "$(awk -v v="${of[cpu]}" 'BEGIN { if (v == "") print "-"; else printf "%.2f", v }')" \
    "$(awk -v v="${of[udpcpu]}" 'BEGIN { if (v == "") print "-"; else printf "%.1f", v }')" \
    "$(awk -v k="${of[rss]}" 'BEGIN { if (k == "") print "-"; else printf "%.1f", k / 1024 }')" \
    "$(in_host left cat "/sys/class/net/${device[$peer]}/mtu")" "${version[$peer]}"
  record peers "tcp_${peer//-/_}_$wire" "${of[tcp1]}" Mbit/s
  record peers "tcp4_${peer//-/_}_$wire" "${of[tcp4]}" Mbit/s
  record peers "udp64_${peer//-/_}_$wire" "${of[udp]}" /s
  record peers "rtt_${peer//-/_}_$wire" "${of[rtt]}" ms
  [[ $peer == ipop-node ]] || record peers "rtt_loaded_${peer//-/_}_$wire" "${of[loaded]}" ms
  [[ $peer == veth ]] || record peers "cpu_${peer//-/_}_$wire" "${of[cpu]}" s/GB
  [[ $peer == veth ]] || record peers "udp64_cpu_${peer//-/_}_$wire" "${of[udpcpu]}" us
done
ratio() { # FIGURE PEER NAME AIM: ours to theirs; an aim is a minimum, or a maximum with "<"
  local value met
  [[ -s $run/$2.$1 ]] || return 0
  value=$(awk -v a="$(middle "$run/ipop-node.$1")" -v b="$(middle "$run/$2.$1")" 'BEGIN { printf "%.2f", a / b }')
  met=$(awk -v v="$value" -v aim="$4" 'BEGIN { if (sub(/^</, "", aim)) print (v <= aim + 0 ? "true" : "false"); else print (v >= aim + 0 ? "true" : "false") }')
  echo "$3: $value times $2 (aim: $4$([[ $met == true ]] || echo ', not met'))"
  record peers "$1_to_${2//-/_}_$wire" "$value" times "$4" "$met"
}
newest=wireguard-go-new
[[ -v target[$newest] ]] || newest=wireguard-go
aim=4
[[ $underlay == gso ]] || aim=3
ratio tcp1 "$newest" "one TCP stream" "$aim"
ratio tcp4 "$newest" "four TCP streams" 4
ratio cpu "$newest" "processor time" '<0.25'
ratio udp nebula "small datagrams" 3
ratio tcp1 ipop-node-plain "one TCP stream" 0.85
ratio tcp1 ipop-node-other "one TCP stream" 1
ratio cpu ipop-node-other "processor time" '<1'
ratio udpcpu ipop-node-other "processor time of a small datagram" '<1'
at_most() { # BENCH METRIC WHAT VALUE UNIT LIMIT
  local met
  met=$(awk -v v="$4" -v l="$6" 'BEGIN { print (v <= l ? "true" : "false") }')
  echo "$3: $4 $5 (aim: <= $6 $5$([[ $met == true ]] || echo ', not met'))"
  record "$1" "$2" "$4" "$5" "<= $6" "$met"
}
megabytes() { awk -v k="$1" 'BEGIN { printf "%.1f", k / 1024 }'; }
at_most peers "rtt_loaded_ipop_node_$wire" "a round trip beside a TCP stream, of 100 the 99th" "$(middle "$run/ipop-node.loaded")" ms 5
at_most node rss_idle "memory of an idle ipop-node" "$(megabytes "$idle")" MB 12
at_most node rss_load "memory of one under load" "$(megabytes "$(middle "$run/ipop-node.rss")")" MB 24
((others <= 20)) || echo "other work took $others % of a processor before the first round: distrust small differences"
