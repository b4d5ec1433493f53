#!/usr/bin/env python3
"""bad_link.py SEED LOSS TWICE LATE A B - joins two interfaces of this namespace as a wire would, and a bad one.

LOSS, TWICE and LATE are in thousandths of the UDP datagrams: those that get lost, come twice, and come behind one to
eight that followed them. All else passes. One SEED, one sequence of decisions. Runs until it is ended.
"""

import random
import select
import socket
import sys
import time

if len(sys.argv) != 7:
    print(__doc__.splitlines()[0], file=sys.stderr)
    sys.exit(2)
chance = random.Random(int(sys.argv[1]))
loss, twice, late = (int(text) for text in sys.argv[2:5])
LONGEST_HOLD = 0.05  # seconds, where nothing follows


def is_udp(frame):
    return len(frame) >= 42 and frame[12:14] == b"\x08\x00" and frame[23] == 17


class End:
    def __init__(self, name):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(3))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind((name, 0))
        self.held = []  # [frames that still pass it, time, frame]

    def send(self, frame):
        try:
            self.socket.send(frame)
        except OSError:
            pass  # an interface that is down, or full

    def give(self, frame):
        """A frame that is to leave here."""
        if is_udp(frame):
            # The sender's device was to complete it; an IPv4 datagram may go without (RFC 768).
            frame = frame[:40] + b"\0\0" + frame[42:]
            drawn = chance.randrange(1000)
            if drawn < loss:
                return
            if drawn < loss + late:
                self.held.append([chance.randrange(1, 9), time.monotonic(), frame])
                return
            if drawn < loss + late + twice:
                self.send(frame)
        self.send(frame)
        for entry in self.held:
            entry[0] -= 1
        self.release()

    def release(self):
        now = time.monotonic()
        due = [entry for entry in self.held if entry[0] <= 0 or now - entry[1] > LONGEST_HOLD]
        self.held = [entry for entry in self.held if entry not in due]
        for entry in due:
            self.send(entry[2])


a, b = End(sys.argv[5]), End(sys.argv[6])
OUTGOING = 4  # PACKET_OUTGOING: what we sent ourselves
while True:
    ready, _, _ = select.select([a.socket, b.socket], [], [], LONGEST_HOLD)
    for source, target in ((a, b), (b, a)):
        if source.socket in ready:
            frame, address = source.socket.recvfrom(70000)
            if address[2] != OUTGOING:
                target.give(frame)
        target.release()
