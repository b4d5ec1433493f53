#!/usr/bin/python3
"""name_server.py ADDRESS - a name server of the outside world for tests: UDP and TCP on port 53 of ADDRESS.

It knows outside.example (192.0.2.80) and long.example (60 TXT strings, too long for UDP), and nothing else.
"""

import socketserver
import struct
import sys
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

LONG = ['"%02d %s"' % (i, "x" * 60) for i in range(60)]


def answer_to(wire, limit):
    query = dns.message.from_wire(wire)
    response = dns.message.make_response(query)
    question = query.question[0]
    name = question.name.to_text().lower()
    if name == "outside.example." and question.rdtype == dns.rdatatype.A:
        response.answer.append(dns.rrset.from_text(question.name, 60, "IN", "A", "192.0.2.80"))
    elif name == "long.example." and question.rdtype == dns.rdatatype.TXT:
        response.answer.append(dns.rrset.from_text(question.name, 60, "IN", "TXT", *LONG))
    elif name not in ("outside.example.", "long.example."):
        response.set_rcode(dns.rcode.NXDOMAIN)
    octets = response.to_wire(max_size=65535)
    if len(octets) > limit:
        response.answer.clear()
        response.flags |= dns.flags.TC
        octets = response.to_wire()
    return octets


class Udp(socketserver.BaseRequestHandler):
    def handle(self):
        wire, sock = self.request
        sock.sendto(answer_to(wire, 1232), self.client_address)


class Tcp(socketserver.StreamRequestHandler):
    def handle(self):
        while head := self.rfile.read(2):
            octets = answer_to(self.rfile.read(struct.unpack("!H", head)[0]), 65535)
            self.wfile.write(struct.pack("!H", len(octets)) + octets)


def main():
    address = (sys.argv[1], 53)
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    tcp = socketserver.ThreadingTCPServer(address, Tcp)
    tcp.daemon_threads = True
    threading.Thread(target=tcp.serve_forever, daemon=True).start()
    with socketserver.ThreadingUDPServer(address, Udp) as udp:
        udp.serve_forever()


if __name__ == "__main__":
    main()
