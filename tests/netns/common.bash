# shellcheck shell=bash disable=SC2034,SC2154  # shared by the scripts here and demo/*.sh
# common.bash - what every namespace test begins with. Source it with the programs' directory as $1.
#
# A test prints TAP: `is`, `holds` and `within` each print one "ok" or "not ok" line. Without root, TAP devices or
# namespaces it ends with 77 and says why. Whatever happens, what it made is removed; when something failed, the
# ends of the nodes' logs are printed first.
#
#   is NAME WANTED GOT               the two texts are equal
#   holds NAME COMMAND...            the command succeeds
#   within SECONDS NAME COMMAND...   it succeeds; asked every 0.1 s. SECONDS are what it takes at the most on a machine
#                                    that has nothing else to do; it is given up after $patience times as long
#   finish                           the last line of a test: plan and exit status
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[1]}")" && pwd)
[[ $# == 1 && -x $1/ipop-node ]] || { echo "usage: ${0##*/} DIRECTORY_OF_THE_PROGRAMS" >&2; exit 2; }
bin=$(cd "$1" && pwd)
skip() { echo "skipped: $1"; exit 77; }
((EUID == 0)) || skip "needs root for network namespaces"
[[ -c /dev/net/tun ]] || skip "no /dev/net/tun on this machine"
need_programs() { # PROGRAM...
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null || skip "no $program on this machine"
  done
}
need_programs ip nft udhcpc dhcpcd dig ping jq
unshare --net true 2>/dev/null || skip "network namespaces are not allowed here"

run=$(mktemp -d "${TMPDIR:-/tmp}/ga-netns.XXXXXX")
internet=gt$$
# shellcheck source=../../demo/internet.sh
source "$here/../../demo/internet.sh"
# shellcheck source=../../demo/nodes.sh
source "$here/../../demo/nodes.sh"

tests=0 failures=0
# Limits are for what hangs. A machine with ten tests a processor is slow, and nothing is wrong with it.
patience=${GA_PATIENCE:-6}
clean_up() {
  local log
  trap '' INT TERM HUP
  if ((failures)); then
    for log in "$run"/*/*.log; do
      [[ -s $log ]] || continue
      echo "# --- $log"
      tail -n 25 "$log" | sed 's/^/# /'
    done
  fi
  unmake_internet
  rm -rf "$run"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

result() { # STATUS NAME
  tests=$((tests + 1))
  if (($1 == 0)); then
    echo "ok $tests $2"
  else
    failures=$((failures + 1))
    echo "not ok $tests $2"
  fi
}
is() {
  [[ $2 == "$3" ]]
  result $? "$1"
  [[ $2 == "$3" ]] || printf '# wanted: %s\n# got:    %s\n' "$2" "$3"
}
holds() {
  local name=$1 output status=0
  shift
  output=$("$@" 2>&1) || status=$?
  result "$status" "$name"
  ((status == 0)) || sed 's/^/# /' <<<"$* ended with $status: $output"
}
within() {
  local seconds=$(($1 * patience)) name=$2 status=1 began
  shift 2
  began=$(milliseconds)
  while (($(milliseconds) - began < seconds * 1000)); do
    if "$@" >"$run/within" 2>&1; then status=0 && break; fi
    sleep 0.1
  done
  result "$status" "$name"
  ((status == 0)) || sed 's/^/# /' <<<"$* did not come true in $seconds s: $(tail -n 5 "$run/within")"
}
finish() {
  echo "1..$tests"
  exit $((failures > 0))
}

# --- what the tests ask -------------------------------------------------------------------------------------

# A host with a node, a lease and a configured TAP; ends the test where even that fails.
bring_up() { # HOST [CLIENT [OPTION...]]
  start_node "$1" --tap tap0 --hostname "$1" "${@:3}"
  if ! ctl "$1" wait lease --timeout "$((30 * patience))s" >"$run/lease" 2>&1; then
    result 1 "$1 holds a lease"
    cat "$run/lease"
    finish
  fi
  start_client "$1" "${2:-udhcpc}"
  [[ -n $(virtual_address "$1") ]] || { result 1 "$1 is configured by ${2:-udhcpc}"; finish; }
}
pings() { # FROM TO [SECONDS]: comes back with the first answer
  in_host "$1" ping -q -n -c 1 -w "${3:-$((10 * patience))}" -i 0.2 "$(virtual_address "$2")"
}
node_id() { ctl "$1" status --json | jq -r .id; }
leased_address() { ctl "$1" status --json | jq -r .address; }
nat_class() { ctl "$1" status --json | jq -r .nat; }
route_to() { ctl "$1" why "$(virtual_address "$2")" --json | jq -r .state; }
answers_to() { in_host "$1" dig +short +time=2 +tries=3 "${@:2}"; }
# A file by TCP, and the checksums of all packets on a TAP meanwhile.
needed_to_send=(python3 sha256sum socat ss)
takes_file() { in_host "$1" ss -Hltn 'sport = :7000' | grep -q .; }
send_file() { # FROM TO FILE [WHAT]
  local receiver
  ip netns exec "$internet-$2" timeout $((120 * patience)) socat -u TCP-LISTEN:7000,reuseaddr "OPEN:$run/received,creat,trunc" &
  receiver=$!
  within 10 "$2 waits for it" takes_file "$2"
  in_host "$1" timeout $((120 * patience)) socat -u "OPEN:$3" "TCP:$(virtual_address "$2"):7000"
  wait "$receiver"
  is "${4-}the file arrives as it was sent" "$(sha256sum <"$3")" "$(sha256sum <"$run/received")"
}
declare -A watcher=() watched=()
watch_checksums() { # HOST: looks at its TAP until end_watch
  ip netns exec "$internet-$1" python3 "$here/tap_checksums.py" tap0 >"$run/$1.checksums" 2>&1 &
  disown
  watcher[$1]=$!
  within 10 "the TAP of $1 is looked at" grep -q ready "$run/$1.checksums"
}
end_watch() { # HOST: a line of what was seen is in watched[HOST]
  kill -TERM "${watcher[$1]}"
  while [[ -e /proc/${watcher[$1]} ]]; do sleep 0.05; done
  watched[$1]=$(tail -n 1 "$run/$1.checksums")
}
stop_node() { # HOST SIGNAL
  local pid
  pid=$(node_process "$1")
  [[ $pid ]] || return 1
  kill "-$2" "$pid"
  while [[ -e /proc/$pid ]]; do sleep 0.05; done
}
node_process() { # the node itself, not what started it
  local pid
  for pid in $(ip netns pids "$internet-$1"); do
    [[ $(readlink "/proc/$pid/exe") == "$bin/ipop-node" ]] && echo "$pid" && return
  done
  return 1
}
