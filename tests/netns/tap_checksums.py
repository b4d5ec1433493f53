#!/usr/bin/env python3
"""tap_checksums.py INTERFACE - looks at the checksums of all IPv4 packets on an interface, both ways.

A checksum that is left to a device or the kernel must hold the sum of the pseudo header; any other must be right.
Prints "ready", and when it is ended how many packets there were, how many of them large, and how many wrong:
"packets=10 large=3 wrong=0".
"""

import signal
import socket
import struct
import sys

if len(sys.argv) != 2:
    print(__doc__.splitlines()[0], file=sys.stderr)
    sys.exit(2)
SOL_PACKET, PACKET_AUXDATA, TP_STATUS_CSUMNOTREADY = 263, 8, 8
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(3))
sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 20)
sock.bind((sys.argv[1], 0))
counts = {"packets": 0, "large": 0, "wrong": 0}


def end(*_):
    print(" ".join(f"{name}={value}" for name, value in counts.items()), flush=True)
    sys.exit(0)


def total(octets):
    if len(octets) % 2:
        octets += b"\0"
    value = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while value > 0xFFFF:
        value = (value & 0xFFFF) + (value >> 16)
    return value


def is_right(packet, left_open):
    header = (packet[0] & 15) * 4
    packet = packet[: struct.unpack(">H", packet[2:4])[0]]
    if total(packet[:header]) != 0xFFFF:
        return False
    fragment = struct.unpack(">H", packet[6:8])[0] & 0x3FFF
    if packet[9] not in (6, 17) or fragment:
        return True
    behind = packet[header:]
    at = 16 if packet[9] == 6 else 6
    field = struct.unpack(">H", behind[at : at + 2])[0]
    pseudo = total(packet[12:20] + struct.pack(">HH", packet[9], len(behind)))
    if left_open:
        return field == pseudo
    if packet[9] == 17 and field == 0:
        return True
    return total(packet[12:20] + struct.pack(">HH", packet[9], len(behind)) + behind) == 0xFFFF


signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
while True:
    try:
        frame, control, _, _ = sock.recvmsg(70000, 256)
    except OSError:
        continue  # the interface is down for a moment
    if frame[12:14] != b"\x08\x00":
        continue
    status = 0
    for level, kind, data in control:
        if level == SOL_PACKET and kind == PACKET_AUXDATA:
            status = struct.unpack("I", data[:4])[0]
    counts["packets"] += 1
    counts["large"] += len(frame) > 2000
    if not is_right(frame[14:], status & TP_STATUS_CSUMNOTREADY):
        counts["wrong"] += 1
