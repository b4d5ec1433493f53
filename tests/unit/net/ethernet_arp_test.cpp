#include <doctest/doctest.h>

#include "net/arp.hpp"
#include "net/ethernet.hpp"
#include "support/vector_file.hpp"

using namespace ipop;
using namespace ipop::net;

namespace {

MacAddress mac_of(std::uint8_t last) {
  return MacAddress({std::byte{2}, {}, {}, {}, {}, std::byte{last}});
}

const MacAddress mac_a = mac_of(0x0a);
const MacAddress mac_b = mac_of(0x0b);

ArpPacket reply_from_b() {
  return {ArpOperation::reply, mac_b, Ipv4Address(10, 128, 0, 3), mac_a, Ipv4Address(10, 128, 0, 2)};
}

Errc arp_error(ByteSpan octets) {
  const auto packet = decode_arp(octets);
  REQUIRE_FALSE(packet);
  return static_cast<Errc>(packet.error().code.value());
}

}  // namespace

TEST_CASE("the kernel's ARP request is read as it was sent") {
  const Bytes octets = test::read_vector("frame_arp_request");
  const auto frame = decode_ethernet(octets);
  REQUIRE(frame);
  CHECK(frame->header == EthernetHeader{MacAddress::broadcast(), mac_a, EtherType::arp});
  const auto packet = decode_arp(frame->payload);
  REQUIRE(packet);
  CHECK(*packet ==
        ArpPacket{ArpOperation::request, mac_a, Ipv4Address(10, 128, 0, 2), MacAddress{}, Ipv4Address(10, 128, 0, 3)});
}

TEST_CASE("an ARP reply is written as the kernel writes it") {
  Bytes out;
  encode(EthernetHeader{mac_a, mac_b, EtherType::arp}, out);
  encode(reply_from_b(), out);
  CHECK(out == test::read_vector("frame_arp_reply"));
}

TEST_CASE("an Ethernet header that is cut short is truncated, and an empty payload is none of its business") {
  const Bytes octets = test::read_vector("frame_arp_reply");
  for (std::size_t n = 0; n < EthernetHeader::size; ++n)
    CHECK_FALSE(decode_ethernet(ByteSpan(octets).first(n)));
  const auto empty = decode_ethernet(ByteSpan(octets).first(EthernetHeader::size));
  REQUIRE(empty);
  CHECK(empty->payload.empty());
}

TEST_CASE("an 802.3 frame with a length where the type stands is not supported") {
  Bytes octets = test::read_vector("frame_arp_reply");
  octets[12] = std::byte{0x05};
  octets[13] = std::byte{0xff};
  CHECK_FALSE(decode_ethernet(octets));
  octets[12] = std::byte{0x06};
  octets[13] = std::byte{0x00};
  CHECK(decode_ethernet(octets));
}

TEST_CASE("an ARP packet is read with the padding of a short Ethernet frame behind it") {
  Bytes octets;
  encode(reply_from_b(), octets);
  octets.resize(46);
  const auto packet = decode_arp(octets);
  REQUIRE(packet);
  CHECK(*packet == reply_from_b());
}

TEST_CASE("every truncation of an ARP packet fails") {
  Bytes octets;
  encode(reply_from_b(), octets);
  REQUIRE(octets.size() == ArpPacket::size);
  for (std::size_t n = 0; n < octets.size(); ++n)
    CHECK(arp_error(ByteSpan(octets).first(n)) == Errc::truncated);
}

TEST_CASE("ARP for other hardware, another protocol, other lengths or operations is not supported") {
  for (const std::size_t field : {1U, 2U, 4U, 5U, 7U}) {
    Bytes octets;
    encode(reply_from_b(), octets);
    octets[field] = std::byte{9};
    CHECK(arp_error(octets) == Errc::unsupported);
  }
}

TEST_CASE("a request for its sender's own address is an announcement, one without a sender address is none") {
  ArpPacket packet{ArpOperation::request, mac_a, Ipv4Address{}, MacAddress{}, Ipv4Address(10, 128, 0, 2)};
  CHECK_FALSE(packet.is_announcement());
  packet.sender_ip = packet.target_ip;
  CHECK(packet.is_announcement());
  packet.target_ip = Ipv4Address(10, 128, 0, 9);
  CHECK_FALSE(packet.is_announcement());
}
