#!/usr/bin/env python3
"""Writes the vectors that come from no RFC and no capture: DNS messages by dnspython, DHCP by struct.

Nothing of the project's own codecs takes part, so that they are compared with somebody else's reading.
Run it in this folder; the output is the same each time.
"""
import struct
import textwrap

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rrset


def write(name, comment, octets):
    with open(name + ".hex", "w", encoding="ascii") as out:
        out.write(f"# {comment}\n" + "\n".join(textwrap.wrap(octets.hex(), 64)) + "\n")


def response(question, rdtype, rcode=dns.rcode.NOERROR):
    query = dns.message.make_query(question, rdtype, use_edns=0, payload=1232)
    query.id = 0x1234
    answer = dns.message.make_response(query, our_payload=1232)
    answer.flags |= dns.flags.AA
    answer.set_rcode(rcode)
    return answer


SOA = dns.rrset.from_text("ipop.", 5, "IN", "SOA", "ns.ipop. hostmaster.ipop. 1 3600 600 86400 5")

message = response("c128000007.IPOP.", "A")
message.answer.append(dns.rrset.from_text("c128000007.IPOP.", 300, "IN", "A", "10.128.0.7"))
write("dns_a_answer", "dnspython: A answer with EDNS, spelling of the question kept", message.to_wire())

message = response("nobody.ipop.", "AAAA", dns.rcode.NXDOMAIN)
message.authority.append(SOA)
write("dns_name_error", "dnspython: NXDOMAIN with SOA", message.to_wire())

message = response("7.0.128.10.in-addr.arpa.", "PTR")
message.answer.append(dns.rrset.from_text("7.0.128.10.in-addr.arpa.", 300, "IN", "PTR", "C128000007.ipop."))
write("dns_ptr_answer", "dnspython: PTR answer", message.to_wire())

message = response("ipop.", "ANY")
message.answer.append(dns.rrset.from_text("ipop.", 60, "IN", "TXT", '"two strings" "and more"'))
message.answer.append(dns.rrset.from_text("_condor._tcp.ipop.", 60, "IN", "SRV", "1 2 9618 manager.ipop."))
message.answer.append(dns.rrset.from_text("ipop.", 60, "IN", "NS", "ns.ipop."))
message.additional.append(dns.rrset.from_text("ns.ipop.", 60, "IN", "AAAA", "2001:db8::53"))
write("dns_many_types", "dnspython: TXT, SRV, NS and AAAA records", message.to_wire())

query = dns.message.make_query("ipop.", "SOA", use_edns=0, payload=4096, want_dnssec=True,
                               options=[dns.edns.GenericOption(10, bytes(range(8)))])
query.id = 0xBEEF
query.set_rcode(dns.rcode.BADVERS)
write("dns_edns", "dnspython: EDNS with DO, a cookie option, and extended RCODE 16", query.to_wire())


def option(code, value):
    return bytes([code, len(value)]) + value


end = b"\xff"
fixed = struct.pack("!BBBBIHH4s4s4s4s16s", 2, 1, 6, 0, 0x3903F326, 0, 0x8000, bytes(4), bytes([10, 128, 0, 2]),
                    bytes([10, 128, 0, 1]), bytes(4), bytes.fromhex("02000000000a") + bytes(10))
# RFC 3396, 8: "/diskless/foo" in parts; here one in each of the areas, in the order in which they are joined.
options = option(53, b"\x05") + option(52, b"\x03") + option(54, bytes([10, 128, 0, 1])) + option(67, b"/diskle") + end
file = option(67, b"ss/") + option(51, struct.pack("!I", 3600)) + end
sname = option(67, b"foo") + b"\0\0" + option(15, b"ipop") + end
write("dhcp_ack_overload", "struct: ACK with options in file and sname (RFC 2132, 9.3), option 67 in parts (RFC 3396, 8)",
      fixed + sname.ljust(64, b"\0") + file.ljust(128, b"\0") + bytes.fromhex("63825363") + options)

names = bytearray(93)
names[20:32] = b"\x01F\x03ISI\x04ARPA\0"
names[40:46] = b"\x03FOO\xc0\x14"
names[64:66] = b"\xc0\x1a"
write("rfc1035_names", "RFC 1035, 4.1.4: F.ISI.ARPA at 20, FOO.F.ISI.ARPA at 40, ARPA at 64, the root at 92", bytes(names))
