#!/usr/bin/env bash
# Anything at all arrives on the node's port and on its TAP: it is counted, nothing is logged above debug, and the
# node works on. So it does through floods of the smallest things there are, of which nothing stays in its memory.
#
#   alice -- [home: open] -- internet -- relay, mallory
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

# What a sanitized node frees counts as freed.
export ASAN_OPTIONS=${ASAN_OPTIONS-}:quarantine_size_mb=0:thread_local_quarantine_size_kb=0

make_internet
make_server relay
make_server mallory
make_site home 192.168.1 open
make_host alice home
make_group relay
bring_up relay
bring_up alice
drops() { ctl "$1" status --json | jq '[.counters | to_entries[] | select(.key | startswith("drop_")) | .value] | add // 0'; }
memory() { awk '/^VmRSS/ { print $2 }' "/proc/$(node_process "$1")/status"; }
loud() { grep -cE '^[^ ]+ (info|warning|error) ' "$run/$1/node.log"; }
before_relay=$(drops relay) before_alice=$(drops alice) loud_before=$(loud relay) memory_before=$(memory relay)

# Datagrams of every length up to 1,500 octets: noise, and noise behind a first octet that may mean something.
throw() { # AT PORT
  in_host mallory python3 - "$1" "$2" <<'PYTHON'
import random, socket, sys
chance = random.Random(7)
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for number in range(6000):
    length = number % 1500
    octets = bytearray(chance.randbytes(length))
    if octets:
        octets[0] = number % 16
    out.sendto(bytes(octets), (sys.argv[1], int(sys.argv[2])))
PYTHON
  result $? "all noise for $1 was sent"
}
throw "${public_of[relay]}" "$overlay_port"
throw "${public_of[home]}" "$overlay_port"
counted() { (($(drops "$1") > $2 + 100)); }
within 10 "noise on the public node's port is counted by reason" counted relay "$before_relay"
within 10 "noise that a NAT lets through is counted by reason" counted alice "$before_alice"
is "and not logged above debug" "$loud_before" "$(loud relay)"
(($(memory relay) - memory_before < 16000))
result $? "the memory for strangers is bounded"

# The same on the TAP: broken Ethernet, ARP, IPv4, DHCP and DNS.
before_alice=$(drops alice) loud_before=$(loud alice)
in_host alice python3 - <<'PYTHON'
import random, socket
chance = random.Random(8)
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind(("tap0", 0))
mac = out.getsockname()[4]
dhcp = bytes.fromhex("4500012000000000401100000000000000000000" "00440043010c0000")
dns = bytes.fromhex("45000040000000004011000000000000" "0a800001" "c0000035002c0000")
for number in range(4000):
    start = [b"\x08\x06\x00\x01\x08\x00\x06\x04", b"\x08\x00\x45", b"\x08\x00" + dhcp, b"\x08\x00" + dns, b""][number % 5]
    frame = b"\xff" * 6 + mac + start + chance.randbytes(chance.randrange(400))
    # The kernel sends nothing shorter than an Ethernet header.
    out.send(frame[:max(14, number % 600)].ljust(14, b"\0"))
PYTHON
result $? "all broken frames were sent"
within 10 "broken frames on the TAP are counted by reason" counted alice "$before_alice"
is "and not logged above debug either" "$loud_before" "$(loud alice)"

# One octet each, more than anybody's queue holds: what the kernel had no room for never reached the node.
flood_of=40000
all_counted() { # HOST BEFORE KERNEL_DROPS KERNEL_DROPS_BEFORE: of a flood that is over
  (($(drops "$1") - $2 + $("$3" "$1") - $4 >= flood_of))
}
queue_drops() {
  in_host "$1" awk -v port="$(printf ':%04X$' "$overlay_port")" '$2 ~ port { sum += $NF } END { print sum + 0 }' \
    /proc/net/udp /proc/net/udp6
}
interface_drops() { ip -n "$internet-$1" -s -j link show dev tap0 | jq '.[0].stats64.tx.dropped'; }
flood_port() {
  in_host mallory python3 - "${public_of[relay]}" "$overlay_port" "$flood_of" <<'PYTHON'
import socket, sys, time
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for number in range(int(sys.argv[3])):
    out.sendto(bytes([number % 256]), (sys.argv[1], int(sys.argv[2])))
    if number % 500 == 499:
        time.sleep(0.01)
PYTHON
}
flood_tap() {
  in_host alice python3 - "$flood_of" <<'PYTHON'
import socket, sys, time
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind(("tap0", 0))
frame = b"\xfe\xfd" + bytes(4) + out.getsockname()[4] + b"\x08\x00" + b"\x45"
for number in range(int(sys.argv[1])):
    out.send(frame)
    if number % 500 == 499:
        time.sleep(0.01)
PYTHON
}
stands_flood() { # HOST FLOOD KERNEL_DROPS
  local before kernel_before memory_before loud_before
  # What the first leaves is what the second finds: else it would fill room that others had before.
  for round in first second; do
    before=$(drops "$1") kernel_before=$("$3" "$1") memory_before=$(memory "$1") loud_before=$(loud "$1")
    "$2"
    result $? "the $round flood of one octet each was sent"
    within 20 "each of them is counted" all_counted "$1" "$before" "$3" "$kernel_before"
    (($(drops "$1") - before > flood_of / 4))
    result $? "many of them by the node itself: $(($(drops "$1") - before)) of $flood_of"
  done
  (($(memory "$1") - memory_before <= 2048))
  result $? "nothing of it stays in memory: $1 grew by $(($(memory "$1") - memory_before)) kB"
  is "nor in the log" "$loud_before" "$(loud "$1")"
}
in_host alice ping -q -n -c 150 -i 0.02 -W 2 "$(virtual_address relay)" >"$run/ping" &
pinging=$!
stands_flood relay flood_port queue_drops
wait "$pinging"
lost=$(sed -n 's/.* \([0-9]*\)[0-9.]*% packet loss.*/\1/p' "$run/ping")
echo "# $(grep loss "$run/ping")"
holds "pings are answered meanwhile" test "${lost:-100}" -le 20
stands_flood alice flood_tap interface_drops
holds "pings are answered" pings alice relay

holds "its names still resolve" test "$(answers_to alice alice.ipop)" = "$(leased_address alice)"
holds "the public node still answers" ctl relay status
finish
