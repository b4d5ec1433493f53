#include "net/ipv4.hpp"

#include <doctest/doctest.h>

#include "net/checksum.hpp"
#include "support/vector_file.hpp"

using namespace ipop;
using namespace ipop::net;

namespace {

Bytes captured_datagram() {
  const Bytes frame = test::read_vector("frame_echo_request");
  return {frame.begin() + 14, frame.end()};
}

// Sets one octet of the header and makes the checksum right again.
Bytes with_octet(std::size_t at, std::uint8_t value, bool fix_checksum = true) {
  Bytes octets = captured_datagram();
  octets[at] = std::byte{value};
  if (!fix_checksum) return octets;
  octets[10] = octets[11] = std::byte{0};
  const std::uint16_t checksum = internet_checksum(ByteSpan(octets).first(20));
  octets[10] = static_cast<std::byte>(checksum >> 8U);
  octets[11] = static_cast<std::byte>(checksum & 0xffU);
  return octets;
}

Errc ipv4_error_of(ByteSpan octets) {
  const auto packet = decode_ipv4(octets);
  REQUIRE_FALSE(packet);
  return static_cast<Errc>(packet.error().code.value());
}

}  // namespace

TEST_CASE("the header of ping's datagram is read field by field") {
  const Bytes octets = captured_datagram();
  const auto packet = decode_ipv4(octets);
  REQUIRE(packet);
  CHECK(packet->header_length() == 20);
  CHECK(packet->total_length() == 84);
  CHECK(packet->header.identification == 0xadd4);
  CHECK(packet->header.dont_fragment);
  CHECK_FALSE(packet->header.is_fragment());
  CHECK(packet->header.time_to_live == 64);
  CHECK(packet->header.protocol == IpProtocol::icmp);
  CHECK(packet->header.source == Ipv4Address(10, 128, 0, 2));
  CHECK(packet->header.destination == Ipv4Address(10, 128, 0, 3));
  CHECK(packet->payload.size() == 64);
}

TEST_CASE("a datagram is written octet by octet as it was read") {
  const Bytes octets = captured_datagram();
  const auto packet = decode_ipv4(octets);
  REQUIRE(packet);
  Bytes out{std::byte{0x77}};  // what stands before it is left alone
  encode(*packet, out);
  CHECK(Bytes(out.begin() + 1, out.end()) == octets);
}

TEST_CASE("padding behind the total length is not part of the payload") {
  Bytes octets = captured_datagram();
  octets.resize(octets.size() + 7);
  const auto packet = decode_ipv4(octets);
  REQUIRE(packet);
  CHECK(packet->payload.size() == 64);
}

TEST_CASE("options and fragment fields survive the round trip") {
  const Bytes options = test::from_hex("94040000");
  const Bytes payload = test::from_hex("01020304050607");
  Ipv4Packet packet;
  packet.header.type_of_service = 0xb8;
  packet.header.more_fragments = true;
  packet.header.fragment_offset = 8188;
  packet.header.protocol = IpProtocol::igmp;
  packet.header.source = Ipv4Address(10, 128, 0, 2);
  packet.header.destination = Ipv4Address(224, 0, 0, 1);
  packet.options = options;
  packet.payload = payload;
  Bytes out;
  encode(packet, out);
  const auto again = decode_ipv4(out);
  REQUIRE(again);
  CHECK(again->header == packet.header);
  CHECK(again->header.is_fragment());
  CHECK(equal(again->options, options));
  CHECK(equal(again->payload, payload));
}

TEST_CASE("a fragment that reaches beyond the largest datagram is refused") {
  Bytes octets = captured_datagram();
  const auto at_offset = [&](unsigned offset) {
    octets[6] = static_cast<std::byte>(offset >> 8U);
    octets[7] = static_cast<std::byte>(offset & 0xffU);
    octets[10] = octets[11] = std::byte{0};
    const std::uint16_t checksum = internet_checksum(ByteSpan(octets).first(20));
    octets[10] = static_cast<std::byte>(checksum >> 8U);
    octets[11] = static_cast<std::byte>(checksum & 0xffU);
    return decode_ipv4(octets);
  };
  REQUIRE(octets.size() == 84);
  CHECK(at_offset((65'535 - 84) / 8));
  REQUIRE_FALSE(at_offset((65'535 - 84) / 8 + 1));
  CHECK(at_offset(0x1fff).error().code == Errc::malformed);
}

TEST_CASE("every truncation of a datagram fails, for the decoder and for the peek") {
  const Bytes octets = captured_datagram();
  for (std::size_t n = 0; n < octets.size(); ++n) {
    CHECK(ipv4_error_of(ByteSpan(octets).first(n)) == Errc::truncated);
    CHECK_FALSE(ipv4_addresses(ByteSpan(octets).first(n)));
  }
}

TEST_CASE("a wrong version, header length, total length or checksum is refused") {
  CHECK(ipv4_error_of(with_octet(0, 0x65)) == Errc::unsupported);
  CHECK(ipv4_error_of(with_octet(0, 0x44)) == Errc::malformed);
  Bytes short_total = with_octet(2, 0);
  short_total[3] = std::byte{19};
  CHECK(ipv4_error_of(short_total) == Errc::malformed);
  CHECK(ipv4_error_of(with_octet(8, 63, false)) == Errc::bad_checksum);
  CHECK(ipv4_error_of(with_octet(0, 0x4f)) == Errc::bad_checksum);
}

TEST_CASE("the peek gives the addresses of what looks like IPv4 and leaves the checksum alone") {
  const Ipv4Addresses expected{Ipv4Address(10, 128, 0, 2), Ipv4Address(10, 128, 0, 3)};
  CHECK(ipv4_addresses(captured_datagram()) == expected);
  CHECK(ipv4_addresses(with_octet(8, 63, false)) == expected);
  CHECK_FALSE(ipv4_addresses(with_octet(0, 0x65)));
  CHECK_FALSE(ipv4_addresses(with_octet(0, 0x44)));
  CHECK_FALSE(ipv4_addresses(with_octet(2, 0x01)));
}
