#include <doctest/doctest.h>

#include "net/icmp.hpp"
#include "net/ipv4.hpp"
#include "net/udp.hpp"
#include "support/vector_file.hpp"

using namespace ipop;
using namespace ipop::net;

namespace {

const Ipv4Address host_a(10, 128, 0, 2);
const Ipv4Address host_b(10, 128, 0, 3);

Bytes datagram_of(const std::string& vector) {
  const Bytes frame = test::read_vector(vector);
  return {frame.begin() + 14, frame.end()};
}

Bytes payload_of(const std::string& vector) {
  const Bytes datagram = datagram_of(vector);
  return {datagram.begin() + 20, datagram.end()};
}

Bytes make_datagram(IpProtocol protocol, Ipv4Address source, Ipv4Address destination, ByteSpan payload,
                    std::uint16_t fragment_offset = 0) {
  Ipv4Packet packet;
  packet.header.protocol = protocol;
  packet.header.source = source;
  packet.header.destination = destination;
  packet.header.fragment_offset = fragment_offset;
  packet.payload = payload;
  Bytes out;
  encode(packet, out);
  return out;
}

template <class T>
Errc error_of(const Result<T>& result) {
  REQUIRE_FALSE(result);
  return static_cast<Errc>(result.error().code.value());
}

}  // namespace

TEST_CASE("ping's echo request is read, and the kernel's reply is written as the kernel did") {
  const Bytes octets = payload_of("frame_echo_request");
  auto echo = decode_icmp_echo(octets);
  REQUIRE(echo);
  CHECK_FALSE(echo->is_reply);
  CHECK(echo->identifier == 0x3466);
  CHECK(echo->sequence_number == 1);
  CHECK(echo->data.size() == 56);
  echo->is_reply = true;
  Bytes out;
  encode(*echo, out);
  CHECK(out == payload_of("frame_echo_reply"));
}

TEST_CASE("every truncation of an ICMP message fails, and so does every changed octet") {
  Bytes octets = payload_of("frame_echo_request");
  for (std::size_t n = 0; n < octets.size(); ++n)
    CHECK_FALSE(decode_icmp_echo(ByteSpan(octets).first(n)));
  for (auto& octet : octets) {
    octet ^= std::byte{1};
    CHECK(error_of(decode_icmp(octets)) == Errc::bad_checksum);
    octet ^= std::byte{1};
  }
}

TEST_CASE("another type is no echo, and an echo with a code is malformed") {
  const Bytes body = test::from_hex("0001000261626364");
  Bytes other;
  encode(IcmpMessage{IcmpType::time_exceeded, 0, body}, other);
  CHECK(error_of(decode_icmp_echo(other)) == Errc::unsupported);
  CHECK(error_of(decode_icmp_unreachable(other)) == Errc::unsupported);
  Bytes coded;
  encode(IcmpMessage{IcmpType::echo_request, 1, body}, coded);
  CHECK(error_of(decode_icmp_echo(coded)) == Errc::malformed);
}

TEST_CASE("the kernel's port unreachable is read with the start of the datagram it is about") {
  const Bytes octets = payload_of("frame_port_unreachable");
  const auto unreachable = decode_icmp_unreachable(octets);
  REQUIRE(unreachable);
  CHECK(unreachable->code == UnreachableCode::port);
  CHECK(unreachable->next_hop_mtu == 0);
  CHECK(equal(unreachable->original, datagram_of("frame_dig_query")));
}

TEST_CASE("fragmentation needed carries the MTU to the sender, in at most 576 octets") {
  const Bytes payload(1472, std::byte{0x55});
  const Bytes original = make_datagram(IpProtocol::udp, host_a, host_b, payload);
  const auto answer = make_fragmentation_needed(Ipv4Address(10, 128, 0, 1), 1372, original);
  REQUIRE(answer);
  CHECK(answer->size() == 576);
  const auto packet = decode_ipv4(*answer);
  REQUIRE(packet);
  CHECK(packet->header.source == Ipv4Address(10, 128, 0, 1));
  CHECK(packet->header.destination == host_a);
  CHECK(packet->header.protocol == IpProtocol::icmp);
  const auto unreachable = decode_icmp_unreachable(packet->payload);
  REQUIRE(unreachable);
  CHECK(unreachable->code == UnreachableCode::fragmentation_needed);
  CHECK(unreachable->next_hop_mtu == 1372);
  CHECK(equal(unreachable->original, ByteSpan(original).first(548)));
  // RFC 1191, figure: type 3, code 4, two unused octets, then the MTU.
  CHECK(equal(packet->payload.first(2), test::from_hex("0304")));
  CHECK(equal(packet->payload.subspan(4, 4), test::from_hex("0000055c")));
}

TEST_CASE("no ICMP error answers an ICMP error, a later fragment, a group or what is not IPv4") {
  const Bytes payload = test::from_hex("0000000000000000");
  const auto is_answered = [](const Bytes& original) {
    return make_unreachable(Ipv4Address(10, 128, 0, 1), UnreachableCode::host, original).has_value();
  };
  CHECK(is_answered(make_datagram(IpProtocol::udp, host_a, host_b, payload)));
  CHECK(is_answered(datagram_of("frame_echo_request")));
  CHECK_FALSE(is_answered(datagram_of("frame_port_unreachable")));
  CHECK_FALSE(is_answered(make_datagram(IpProtocol::icmp, host_a, host_b, {})));
  CHECK_FALSE(is_answered(make_datagram(IpProtocol::udp, host_a, host_b, payload, 1)));
  CHECK_FALSE(is_answered(make_datagram(IpProtocol::udp, host_a, Ipv4Address(224, 0, 0, 251), payload)));
  CHECK_FALSE(is_answered(make_datagram(IpProtocol::udp, host_a, Ipv4Address(255, 255, 255, 255), payload)));
  CHECK_FALSE(is_answered(make_datagram(IpProtocol::udp, Ipv4Address{}, host_b, payload)));
  CHECK_FALSE(is_answered(payload));
}

TEST_CASE("dig's UDP datagram is read and written again with the same checksum") {
  const Bytes octets = payload_of("frame_dig_query");
  const auto datagram = decode_udp(octets, host_a, host_b);
  REQUIRE(datagram);
  CHECK(datagram->source_port == 0xb24b);
  CHECK(datagram->destination_port == udp_port_dns);
  CHECK(datagram->payload.size() == octets.size() - 8);
  Bytes out;
  encode(*datagram, host_a, host_b, out);
  CHECK(out == octets);
}

TEST_CASE("every truncation of a UDP datagram fails, and so does every changed octet") {
  Bytes octets = payload_of("frame_dig_query");
  for (std::size_t n = 0; n < octets.size(); ++n)
    CHECK(error_of(decode_udp(ByteSpan(octets).first(n), host_a, host_b)) == Errc::truncated);
  for (auto& octet : octets) {
    octet ^= std::byte{1};
    CHECK_FALSE(decode_udp(octets, host_a, host_b));
    octet ^= std::byte{1};
  }
  CHECK(error_of(decode_udp(octets, host_a, host_a)) == Errc::bad_checksum);
}

TEST_CASE("a UDP checksum of zero means none, a length below eight is malformed, a tail is padding") {
  const auto plain = test::from_hex("004400430009000061ffff");
  const auto datagram = decode_udp(plain, host_a, host_b);
  REQUIRE(datagram);
  CHECK(as_text(datagram->payload) == "a");
  CHECK(error_of(decode_udp(test::from_hex("0044004300070000"), host_a, host_b)) == Errc::malformed);
}

TEST_CASE("a UDP checksum that comes out as zero is sent as all ones") {
  // The payload is chosen so that the sum of all words is ffff.
  const Ipv4Address source(0, 0, 0, 1);
  const Ipv4Address destination(0, 0, 0, 2);
  const Bytes payload = test::from_hex("ffd4");  // addresses 3, protocol 17, lengths 2 x 10, port 3: 2b hex
  Bytes out;
  encode(UdpDatagram{3, 0, payload}, source, destination, out);
  CHECK(equal(ByteSpan(out).subspan(6, 2), test::from_hex("ffff")));
  CHECK(decode_udp(out, source, destination));
}
