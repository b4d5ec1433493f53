#!/usr/bin/env bash
# Anything at all arrives on the node's port and on its TAP: it is counted, nothing is logged above debug, and the
# node works on.
#
#   alice -- [home: open] -- internet -- relay, mallory
# shellcheck source=common.bash
source "$(dirname "$0")/common.bash"

make_internet
make_server relay
make_server mallory
make_site home 192.168.1 open
make_host alice home
make_group relay
start_node relay --no-tap
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
holds "its names still resolve" test "$(answers_to alice alice.ipop)" = "$(leased_address alice)"
holds "the public node still answers" ctl relay status
finish
