#!/usr/bin/env bash
# demo.sh BIN - the main job on one machine: a small internet in network namespaces, a node in each host.
# demo.sh --stop - ends a demo that was kept.
# demo.sh --enter HOST [COMMAND...] - a shell on a host of a demo that was kept, or one command there.
#
# A host has /etc/ipop, /run and /var/lib/ipop of its own, so that the programs find its node where they look by default,
# and nothing that is typed there reaches this machine's groups.
# Needs root. With KEEP=1 in the environment everything stays up at the end. What it shows goes to stdout, what it
# is doing at the moment to stderr if that is a terminal.
# Exit status: 0 every machine reaches every other one, 1 not so, 2 used wrongly, 4 no permission; with --enter that of the
# shell or command, 1 if there is no such host.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kept=/run/ga-demo
((EUID == 0)) || { echo "demo: network namespaces need root: sudo make demo" >&2; exit 4; }

read_kept() { # what a kept demo wrote down at its end
  { read -r internet && read -r run && read -ra namespaces; } <"$kept" && return
  echo "demo: $kept did not say what was kept; look at: ip netns list" >&2
  rm -f "$kept"
  exit 1
}
if [[ ${1-} == --stop ]]; then
  [[ -r $kept ]] || { echo "demo: none is running"; exit 0; }
  read_kept
  stop=("${namespaces[@]}")
  # shellcheck source=internet.sh
  source "$here/internet.sh"
  namespaces=("${stop[@]}")
  unmake_internet
  rm -rf "$run" "$kept"
  echo "demo: ended"
  exit 0
fi
if [[ ${1-} == --enter && $# -ge 2 ]]; then
  [[ -r $kept ]] || { echo "demo: none is running; start one: make demo KEEP=1" >&2; exit 1; }
  read_kept
  host=$2
  shift 2
  hosts=()
  for folder in "$run"/*/run; do [[ -d $folder ]] && hosts+=("$(basename "${folder%/run}")"); done
  if [[ " ${hosts[*]-} " != *" $host "* ]]; then
    echo "demo: no host \"$host\" to enter in the demo that is running; there are: ${hosts[*]-none}" >&2
    exit 1
  fi
  (($#)) || set -- env "PS1=$host# " bash --norc -i
  # shellcheck disable=SC2016  # for the bash inside, whose mounts are its own
  exec ip netns exec "$internet-$host" bash -euc '
    files=$1 group=$2 resolv_conf=$3
    shift 3
    mount -t tmpfs -o mode=755 host /run
    for folder in /etc /var/lib; do
      mkdir -p "/run/over$folder/upper" "/run/over$folder/work"
      mount -t overlay -o "lowerdir=$folder,upperdir=/run/over$folder/upper,workdir=/run/over$folder/work" host "$folder"
    done
    for folder in /etc/ipop /etc/ga /var/lib/ipop; do
      mkdir -p "$folder"
      mount -t tmpfs -o mode=755 host "$folder"
    done
    mkdir /run/ipop /etc/ipop/node
    mount --bind "$files/run" /run/ipop
    ln -s "$group" /etc/ipop/demo.toml
    ln -s "$files/settings.toml" /etc/ipop/node/demo.toml
    ln -s "$files/state" /var/lib/ipop/demo
    ln -sf "$resolv_conf" /etc/resolv.conf
    exec "$@"' enter "$run/$host" "$run/group.toml" "/etc/netns/$internet-$host/resolv.conf" \
    env "PATH=$run/bin:$PATH" "$@"
fi
[[ $# == 1 && -x $1/ipop-node ]] || { echo "usage: demo.sh DIRECTORY_OF_THE_PROGRAMS | --stop | --enter HOST [COMMAND...]" >&2; exit 2; }
[[ ! -e $kept ]] || { echo "demo: one is still running; end it with: make demo-stop" >&2; exit 1; }
bin=$(cd "$1" && pwd)
# shellcheck source=internet.sh
source "$here/internet.sh"
# shellcheck source=nodes.sh
source "$here/nodes.sh"
# What is /run/ipop for who enters the host: a node that is started there has its socket in the same place.
# shellcheck disable=SC2034  # for nodes.sh
node_socket=run/demo.sock
# shellcheck source=screen.sh
source "$here/screen.sh"

# host site port: hosts of one site use different ports, as they would get them from a careful owner.
machines=(alice bob carol dave)
declare -A home_of=([alice]=home [bob]=lab [carol]=lab [dave]=office)
declare -A port_of=([alice]=4700 [bob]=4700 [carol]=4701 [dave]=4700)
public=relay
everyone=("$public" "${machines[@]}")

run=$(mktemp -d "${TMPDIR:-/tmp}/ga-demo.XXXXXX")
finish() {
  local status=$?
  trap '' INT TERM HUP
  set +e
  progress ""
  if ((status != 0)) && [[ -n ${failed_in-} ]]; then
    echo "demo: failed in: $failed_in" >&2
    for host in "${everyone[@]}"; do
      [[ -s $run/$host/node.log ]] && { echo "--- last lines of $host's log" >&2; tail -n 4 "$run/$host/node.log" >&2; }
    done
  fi
  if [[ ${keep_it-} != yes ]]; then
    unmake_internet
    rm -rf "$run"
  fi
  exit "$status"
}
trap finish EXIT
trap 'echo "demo: interrupted, cleaning up" >&2; failed_in=""; exit 130' INT
trap 'failed_in=""; exit 143' TERM HUP

# Runs FUNCTION for every machine at once and counts them as they end. Fails when one of them did.
for_every_machine() {
  local function=$1 what=$2 machine done=0 bad=0
  for machine in "${machines[@]}"; do "$function" "$machine" & done
  for machine in "${machines[@]}"; do
    wait -n || bad=$((bad + 1))
    done=$((done + 1))
    progress "$what $done/${#machines[@]}"
  done
  ((bad == 0))
}
smallest_and_largest() { sort -n | sed -n '1p;$p' | paste -sd' '; }

echo "Grid Appliance: ${#machines[@]} machines behind NATs and one public node; no server, nothing configured by hand"
demo_began=$(milliseconds)

# --- the internet -------------------------------------------------------------------------------------------
phase internet
make_internet
make_server "$public"
make_site home 192.168.1 restricted
make_site lab 192.168.2 cone
make_site office 192.168.3 symmetric
for machine in "${machines[@]}"; do make_host "$machine" "${home_of[$machine]}"; done
blocked=0
for machine in "${machines[@]}"; do
  in_host "$machine" ping -q -c 1 -w 2 "${public_of[$public]}" >"$run/ping" || { cat "$run/ping" >&2; exit 1; }
done
# Nothing gets in unasked, or the demo would prove nothing.
for site in home lab office; do
  in_host "$public" ping -q -c 1 -W 0.2 "${public_of[$site]}" >/dev/null || blocked=$((blocked + 1))
done
((blocked == 3))
found "3 sites behind NATs (home: restricted cone, lab: cone, office: symmetric); all get out, nothing gets in unasked"

# --- the nodes ----------------------------------------------------------------------------------------------
phase nodes
make_group "$public"
# As settings, so that a node that is started again on the host is the same one.
start_with() { # HOST SETTING...
  mkdir -p "$run/$1"
  printf '%s\n' "${@:2}" "port = $overlay_port" >"$run/$1/settings.toml"
  start_node "$1" --config "$run/$1/settings.toml"
}
start_with "$public" 'no_tap = true'
for machine in "${machines[@]}"; do
  milliseconds >"$run/$machine.started"
  overlay_port=${port_of[$machine]} start_with "$machine" 'tap = "tap0"' "hostname = \"$machine\""
done
found "5 ipop-node started at once, $public without a TAP; all they share is a group file of $(wc -l <"$run/group.toml") lines"

phase leases
lease() {
  ctl "$1" wait lease --timeout 20s >"$run/$1.lease" || return 1
  echo $(($(milliseconds) - $(<"$run/$1.started"))) >"$run/$1.leased"
}
for_every_machine lease "waiting for leases"
read -r first last < <(cat "$run"/*.leased | smallest_and_largest)
found "${#machines[@]} of ${#machines[@]} machines hold an address that the DHT granted; first after $(seconds "$first") s, last after $(seconds "$last") s"

phase dhcp
for_every_machine start_client "waiting for udhcpc"
declare -A address=()
for machine in "${machines[@]}"; do
  address[$machine]=$(virtual_address "$machine")
  [[ -n ${address[$machine]} ]]
done
found "${#machines[@]} of ${#machines[@]} TAPs configured by $(udhcpc --help 2>&1 | sed -n '1s/^\(BusyBox v[0-9.]*\).*/udhcpc of \1/p')"

phase ring
first_ping() { # to the next machine; ping comes back with the first answer
  local i to
  for i in "${!machines[@]}"; do [[ ${machines[i]} == "$1" ]] && to=${machines[(i + 1) % ${#machines[@]}]}; done
  in_host "$1" ping -q -n -c 1 -w 20 -i 0.1 "${address[$to]}" >/dev/null || return 1
  echo $(($(milliseconds) - $(<"$run/$1.started"))) >"$run/$1.first"
}
for_every_machine first_ping "waiting for first pings"
declare -A id=() nat=() host_of_id=()
for host in "${everyone[@]}"; do
  ctl "$host" status --json >"$run/$host.status"
  read -r "id[$host]" "nat[$host]" < <(jq -r '"\(.id) \(.nat)"' "$run/$host.status")
  host_of_id[${id[$host]}]=$host
done
whole=0
for host in "${everyone[@]}"; do
  seen=$(ctl "$host" members --json | jq '[.members[] | select(.answered)] | length')
  ((seen == ${#everyone[@]})) && whole=$((whole + 1))
done
read -r first last < <(cat "$run"/*.first | smallest_and_largest)
found "$whole of ${#everyone[@]} members see all ${#everyone[@]} on a walk of the ring; first ping after $(seconds "$first") to $(seconds "$last") s"

# --- names --------------------------------------------------------------------------------------------------
phase names
resolve() {
  local to answer reverse good=0
  for to in "${machines[@]}"; do
    answer=$(in_host "$1" dig +short +time=2 +tries=2 "$to.ipop" A) || true
    reverse=$(in_host "$1" dig +short +time=2 +tries=2 -x "${address[$to]}") || true
    [[ $answer == "${address[$to]}" && -n $reverse ]] && good=$((good + 1))
    echo "$to $answer $reverse" >>"$run/$1.names"
  done
  echo "$good" >"$run/$1.resolved"
}
for_every_machine resolve "asking for names"
declare -A name=()
for machine in "${machines[@]}"; do
  name[$machine]=$(awk -v m="$machine" '$1 == m { sub(/\.$/, "", $3); print $3 }' "$run/$machine.names")
done
good=$(awk '{ n += $1 } END { print n }' "$run"/*.resolved)
wanted=$((${#machines[@]} * ${#machines[@]}))
found "$good of $wanted names resolved forward and back with dig, by the nodes themselves"
((good == wanted))

# --- all pairs ----------------------------------------------------------------------------------------------
phase pings
pairs() { # COUNT INTERVAL: from one machine to all others at once
  local to
  for to in "${machines[@]}"; do
    [[ $to == "$1" ]] && continue
    in_host "$1" ping -n -c "$2" -i "$3" -W 2 "${address[$to]}" >"$run/$1-$to.ping" &
  done
  wait
}
# Traffic is what makes a direct link; the figures are taken when the links stand.
warm() { pairs "$1" 15 0.1; }
measure() { pairs "$1" 10 0.05; }
for_every_machine warm "first packets between all pairs"
for_every_machine measure "measuring all pairs"
declare -A round_trip=() route=()
reached=0 direct=0
for from in "${machines[@]}"; do
  for to in "${machines[@]}"; do
    [[ $from == "$to" ]] && continue
    round_trip[$from,$to]=$(sed -n 's/.*time=\([0-9.]*\) ms/\1/p' "$run/$from-$to.ping" | sort -n | awk '
      { v[NR] = $1 } END { if (NR) printf "%.2f", v[int((NR + 1) / 2)] }')
    [[ -n ${round_trip[$from,$to]} ]] && reached=$((reached + 1))
    read -r way through < <(ctl "$from" why "${address[$to]}" --json |
      jq -r '"\(.state) \(.connection.relay // .next_hop // "-")"')
    if [[ $way == direct ]]; then
      route[$from,$to]=direct
      direct=$((direct + 1))
    else
      route[$from,$to]="via ${host_of_id[$through]:-?}"
    fi
  done
done
wanted=$((${#machines[@]} * (${#machines[@]} - 1)))
found "$reached of $wanted pairs answer; $direct directly, $((reached - direct)) through a member"
((reached == wanted))

phase iperf3
in_host bob iperf3 --server --one-off --bind "${address[bob]}" >"$run/iperf3.server" 2>&1 &
disown
# The server says when it listens.
for ((tries = 0; tries < 100; tries++)); do
  in_host bob ss -Hltn sport = :5201 | grep -q . && break
  sleep 0.02
done
in_host alice iperf3 --client "${address[bob]}" --time 3 --json >"$run/iperf3.json"
throughput=$(jq -r '.end.sum_received.bits_per_second / 1e6 | round' "$run/iperf3.json")
found "alice to bob, one TCP stream, 3 s: $throughput Mbit/s (${route[alice,bob]})"

# --- what came of it ----------------------------------------------------------------------------------------
failed_in=""
echo
printf '%-8s %-14s %-22s %-8s %-24s %s\n' machine address names site NAT 'start to first ping'
printf '%-8s %-14s %-22s %-8s %-24s %s\n' "$public" - - - "${nat[$public]}" -
for machine in "${machines[@]}"; do
  printf '%-8s %-14s %-22s %-8s %-24s %s s\n' "$machine" "${address[$machine]}" "$machine.ipop" \
    "${home_of[$machine]}" "${nat[$machine]}" "$(seconds "$(<"$run/$machine.first")")"
  [[ ${name[$machine]} == "$machine.ipop" ]] || printf '%-8s %-14s %-22s\n' '' '' "${name[$machine]}"
done
echo
printf '%-8s' 'ping'
printf ' %-20s' "${machines[@]}"
echo
for from in "${machines[@]}"; do
  printf '%-8s' "$from"
  for to in "${machines[@]}"; do
    if [[ $from == "$to" ]]; then cell=-; else cell="${round_trip[$from,$to]} ms ${route[$from,$to]}"; fi
    printf ' %-20s' "$cell"
  done
  echo
done
echo
echo "throughput alice to bob: $throughput Mbit/s; everything took $(seconds $(($(milliseconds) - demo_began))) s"

if [[ ${KEEP-} == 1 ]]; then
  keep_it=yes
  ln -s "$bin" "$run/bin"
  printf '%s\n' "$internet" "$run" "${namespaces[*]}" >"$kept"
  cat <<TEXT

It stays up. Enter a host:   $here/demo.sh --enter alice     (also: ${machines[*]:1} $public)
Ask its node there:          ga status, ga doctor --outside none, ipop-ctl peers, ping bob.ipop
Read its log:                $run/alice/node.log
End it:                      make demo-stop
TEXT
fi
