#include <doctest/doctest.h>

#include "overlay/candidates.hpp"
#include "overlay/connect_to_me.hpp"
#include "overlay/link_message.hpp"
#include "overlay/packet.hpp"
#include "overlay_host.hpp"
#include "support/vector_file.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;
using ipop::test::from_hex;

namespace {

// The examples of docs/wire/overlay.md.
const char* const id_10 = "1000000000000000000000000000000000000000";
const char* const id_20 = "2000000000000000000000000000000000000000";
const char* const id_30 = "3000000000000000000000000000000000000000";
const char* const id_40 = "4000000000000000000000000000000000000000";

struct Example {
  const char* name;
  std::string hex;
  LinkMessage message;
};

std::vector<Example> examples() {
  Status status;
  status.instance = 0x0102030405060708;
  status.sequence = 7;
  status.roles = only(Role::near) | only(Role::on_demand);
  status.nat = NatClass::endpoint_independent;
  status.relay_load = 5;
  status.neighbours = {id_at(0x10), id_at(0x20)};
  return {
      {"status", std::string("0101 0102030405060708 00000007 09 02 05 02") + id_10 + id_20, status},
      {"status ack", "0102 00000007", StatusAck{7}},
      {"ping", "0103 00000009 04 c0000201 0fa0", Ping{9, endpoint(192, 0, 2, 1, 4000)}},
      {"pong over a relay", "0104 00000009 00", Pong{9, std::nullopt}},
      {"select", "0105", Select{}},
      {"close", "0106 02", Close{CloseReason::unneeded}},
      {"unreachable", std::string("0107") + id_20, Unreachable{id_at(0x20)}},
      {"list number", "0108 0000000000000003 01", ListNumber{3, true}},
      {"list request", "0109 0000000000000003 000003e8", ListRequest{3, 1000}},
      {"list piece", "010a 0000000000000003 00000004 00000000 0004 a1b2c3d4", ListPiece{3, 4, 0, from_hex("a1b2c3d4")}},
      {"probe", "010b 00000009 0003 000000", Probe{9, 3}},
      {"probe echo", "010c 00000009 0003 000000", ProbeEcho{9, 3}},
      {"carried", "010d 00000009 047c", Carried{9, 1148}},
      {"shaped", std::string("010e") + id_20 + "00000064 00000003 00001000", Shaped{id_at(0x20), 100, 3, 4096}},
      {"other instance", "010f 0102030405060708", OtherInstance{0x0102030405060708}},
      {"claim", "0110 00 00 04 a1b2c3d4", InstanceClaim{false, std::nullopt, from_hex("a1b2c3d4")}},
      {"claim passed on", "0110 01 04 c0000201 0fa0 04 a1b2c3d4",
       InstanceClaim{true, endpoint(192, 0, 2, 1, 4000), from_hex("a1b2c3d4")}},
  };
}

const std::string routed_hex = std::string("02 01 03 1e 0102030405060708") + id_10 + id_20 + "6869";
const std::string connect_hex = std::string("01 01 01 02 1112131415161718 0102030405060708 01 04 c6336407 0fa1 01") +
                                id_30 + "01" + id_40 + "0019 02 04 c6336409 0fa2 04 c633640a 0fa3";

ConnectToMe connect_example() {
  ConnectToMe message;
  message.spread = true;
  message.roles = only(Role::near);
  message.nat = NatClass::endpoint_independent;
  message.token = 0x1112131415161718;
  message.instance = 0x0102030405060708;
  message.candidates = {endpoint(198, 51, 100, 7, 4001)};
  message.neighbours = {id_at(0x30)};
  message.relays = {{id_at(0x40), 25}};
  message.ways_in = {endpoint(198, 51, 100, 9, 4002), endpoint(198, 51, 100, 10, 4003)};
  return message;
}

Bytes changed(Bytes octets, std::size_t at, unsigned value) {
  octets.at(at) = static_cast<std::byte>(value);
  return octets;
}

}  // namespace

TEST_CASE("link messages have the octets that the description shows, both ways") {
  for (const Example& example : examples()) {
    INFO(example.name);
    const Bytes octets = from_hex(example.hex);
    Bytes encoded;
    encode(example.message, encoded);
    CHECK(encoded == octets);
    const auto decoded = decode_link_message(octets);
    REQUIRE(decoded);
    CHECK(*decoded == example.message);
  }
}

TEST_CASE("a link message that was cut, or is followed by anything, is refused") {
  for (const Example& example : examples()) {
    INFO(example.name);
    Bytes octets = from_hex(example.hex);
    for (std::size_t n = 0; n < octets.size(); ++n)
      CHECK_FALSE(decode_link_message(ByteSpan(octets).first(n)));
    octets.push_back(std::byte{0});
    CHECK_FALSE(decode_link_message(octets));
  }
}

TEST_CASE("a link message with a field out of its range is refused") {
  const Bytes status = from_hex(examples()[0].hex);
  CHECK_FALSE(decode_link_message(changed(status, 0, 2)));
  CHECK_FALSE(decode_link_message(changed(status, 1, 99)));
  CHECK_FALSE(decode_link_message(changed(status, 14, 0x10)));  // roles
  CHECK_FALSE(decode_link_message(changed(status, 15, 4)));     // NAT class
  CHECK_FALSE(decode_link_message(changed(status, 17, 1)));     // fewer neighbours than there are
  CHECK_FALSE(decode_link_message(changed(status, 17, max_listed_neighbours + 1)));
  const Bytes ping = from_hex(examples()[2].hex);
  CHECK_FALSE(decode_link_message(changed(ping, 6, 5)));                    // family
  CHECK_FALSE(decode_link_message(from_hex("010b 00000009 0003 000100")));  // padding
  CHECK_FALSE(decode_link_message(from_hex("0106 00")));
  CHECK_FALSE(decode_link_message(from_hex("0106 05")));
}

TEST_CASE("a routed packet has the octets that the description shows, both ways") {
  const Bytes octets = from_hex(routed_hex);
  RoutedPacket packet{PacketType::dht,    RouteMode::nearest, 3,           30,
                      0x0102030405060708, id_at(0x10),        id_at(0x20), to_bytes(as_bytes("hi"))};
  Bytes encoded;
  encode(packet, encoded);
  CHECK(encoded == octets);
  const auto decoded = decode_routed_packet(octets);
  REQUIRE(decoded);
  CHECK(*decoded == packet);
  for (std::size_t n = 0; n < RoutedPacket::header_size; ++n)
    CHECK_FALSE(decode_routed_packet(ByteSpan(octets).first(n)));
  CHECK(decode_routed_packet(ByteSpan(octets).first(RoutedPacket::header_size)));
  CHECK_FALSE(decode_routed_packet(changed(octets, 0, 0)));
  CHECK_FALSE(decode_routed_packet(changed(octets, 0, 5)));
  CHECK_FALSE(decode_routed_packet(changed(octets, 1, 3)));
}

TEST_CASE("connect-to-me has the octets that the description shows, both ways") {
  const Bytes octets = from_hex(connect_hex);
  Bytes encoded;
  encode(connect_example(), encoded);
  CHECK(encoded == octets);
  const auto decoded = decode_connect_to_me(octets);
  REQUIRE(decoded);
  CHECK(*decoded == connect_example());
  for (std::size_t n = 0; n < octets.size(); ++n)
    CHECK_FALSE(decode_connect_to_me(ByteSpan(octets).first(n)));
}

TEST_CASE("connect-to-me with a field out of its range is refused") {
  const Bytes octets = from_hex(connect_hex);
  CHECK_FALSE(decode_connect_to_me(changed(octets, 0, 0)));     // kind
  CHECK_FALSE(decode_connect_to_me(changed(octets, 1, 2)));     // flags
  CHECK_FALSE(decode_connect_to_me(changed(octets, 2, 0x10)));  // roles
  CHECK_FALSE(decode_connect_to_me(changed(octets, 3, 4)));     // NAT class
  CHECK_FALSE(decode_connect_to_me(changed(octets, 20, max_candidates + 1)));
  CHECK_FALSE(decode_connect_to_me(changed(octets, 21, 9)));  // family
  CHECK_FALSE(decode_connect_to_me(changed(octets, 28, ConnectToMe::max_neighbours + 1)));
  CHECK_FALSE(decode_connect_to_me(changed(octets, 49, ConnectToMe::max_relays + 1)));
  CHECK_FALSE(decode_connect_to_me(changed(octets, 72, ConnectToMe::max_ways_in + 1)));
  CHECK_FALSE(decode_connect_to_me(changed(octets, 73, 9)));  // family
  Bytes longer = octets;
  longer.push_back(std::byte{0});
  CHECK_FALSE(decode_connect_to_me(longer));
}

TEST_CASE("the largest connect-to-me fits into a packet of 1280 octets") {
  ConnectToMe message;
  message.candidates.assign(max_candidates, *net::parse_endpoint("[2001:db8::1]:4000"));
  message.neighbours.assign(ConnectToMe::max_neighbours, id_at(1));
  message.relays.assign(ConnectToMe::max_relays, {id_at(2), 9});
  message.ways_in.assign(ConnectToMe::max_ways_in, *net::parse_endpoint("[2001:db8::1]:4000"));
  Bytes octets;
  encode(message, octets);
  // Inside a routed packet, a sealed one, UDP and IPv6; and once more around it when relayed.
  CHECK(octets.size() + 1 + RoutedPacket::header_size + 28 + RelayedView::header_size + 28 + 8 + 40 <= 1280);
  CHECK(decode_connect_to_me(octets));
}

TEST_CASE("a relayed packet changes its two first fields on the way") {
  const Bytes inner = from_hex("aabb");
  Bytes packet;
  encode_relayed(LinkPayload::relayed, id_at(0x20), inner, packet);
  CHECK(packet == from_hex(std::string("03") + id_20 + "aabb"));
  const auto view = decode_relayed(packet);
  REQUIRE(view);
  CHECK(view->other == id_at(0x20));
  CHECK(equal(view->inner, inner));
  rewrite_relayed(packet, id_at(0x10));
  CHECK(packet == from_hex(std::string("04") + id_10 + "aabb"));
  for (std::size_t n = 0; n <= RelayedView::header_size; ++n)
    CHECK_FALSE(decode_relayed(ByteSpan(packet).first(n)));
  CHECK_FALSE(decode_relayed(changed(packet, 0, 2)));

  Bytes control;
  encode_relayed(LinkPayload::relayed_control, id_at(0x20), inner, control);
  CHECK(control == from_hex(std::string("06") + id_20 + "aabb"));
  REQUIRE(decode_relayed(control));
  CHECK(decode_relayed(control)->kind == LinkPayload::relayed_control);
  rewrite_relayed(control, id_at(0x10));
  CHECK(control == packet);
}

TEST_CASE("round trips in an offer are whole milliseconds within 16 bits") {
  CHECK(to_offer_ms(0ms) == 0);
  CHECK(to_offer_ms(200us) == 1);
  CHECK(to_offer_ms(25ms) == 25);
  CHECK(to_offer_ms(100s) == 65535);
}
