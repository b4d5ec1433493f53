#include "overlay/payload_parts.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "hand_peer.hpp"
#include "overlay/packet.hpp"
#include "overlay_host.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;
using test_support::SimPath;

namespace {

Bytes pattern(std::size_t octets) {
  Bytes out(octets);
  for (std::size_t i = 0; i < octets; ++i)
    out[i] = static_cast<std::byte>(i * 7 % 251);
  return out;
}

PayloadPart decoded(const Bytes& octets) {
  const auto part = decode_payload_part(octets);
  REQUIRE(part);
  return *part;
}

}  // namespace

TEST_CASE("a part of a payload is what docs/wire shows") {
  const Bytes octets = from_hex("05 00000009 01 02 a1b2");
  const PayloadPart part = decoded(octets);
  CHECK(part.number == 9);
  CHECK(part.index == 1);
  CHECK(part.count == 2);
  CHECK(equal(part.octets, from_hex("a1b2")));
  Bytes again;
  encode(part, again);
  CHECK(again == octets);
  for (std::size_t n = 0; n <= PayloadPart::header_size; ++n)
    CHECK_FALSE(decode_payload_part(ByteSpan(octets).first(n)));
  CHECK_FALSE(decode_payload_part(from_hex("04 00000009 01 02 a1")));
  CHECK_FALSE(decode_payload_part(from_hex("05 00000009 02 02 a1")));
  CHECK_FALSE(decode_payload_part(from_hex("05 00000009 00 01 a1")));
  CHECK_FALSE(decode_payload_part(from_hex("05 00000009 00 21 a1")));
}

TEST_CASE("a payload in parts comes together, in whatever order they arrive") {
  for (const std::size_t size : {1149U, 1400U, 2282U, 2283U, 5000U, 16000U}) {
    const Bytes payload = pattern(size);
    auto parts = split_payload(3, payload, 1148);
    REQUIRE(parts.size() >= 2);
    for (const Bytes& part : parts)
      CHECK(part.size() <= 1148);
    std::ranges::reverse(parts);
    PartCollector collector;
    std::optional<Bytes> whole;
    for (const Bytes& part : parts) {
      CHECK_FALSE(whole);
      whole = collector.handle_part(TimePoint{}, decoded(part));
    }
    REQUIRE(whole);
    CHECK(*whole == payload);
  }
}

TEST_CASE("parts that are lost, late, doubled or too many give nothing, and nothing grows") {
  const Bytes payload = pattern(2000);
  const auto parts = split_payload(3, payload, 1148);
  PartCollector collector;
  TimePoint now{};
  CHECK_FALSE(collector.handle_part(now, decoded(parts[0])));
  CHECK_FALSE(collector.handle_part(now, decoded(parts[0])));
  // Another payload takes its place, and the second half comes too late for the first.
  const auto others = split_payload(4, payload, 1148);
  CHECK_FALSE(collector.handle_part(now, decoded(others[0])));
  CHECK_FALSE(collector.handle_part(now, decoded(parts[1])));
  now += PartCollector::waits;
  CHECK_FALSE(collector.handle_part(now, decoded(parts[0])));
  now += 1s;
  CHECK(collector.handle_part(now, decoded(parts[1])) == payload);

  const Bytes large(60'000, std::byte{1});
  PartCollector full;
  for (const Bytes& part : split_payload(5, large, 2000))
    CHECK_FALSE(full.handle_part(now, decoded(part)));
  CHECK(split_payload(6, Bytes(60'000), 1148).empty());
}

TEST_CASE("a large message crosses a line of 1280 octets on which no piece of a packet passes") {
  SimRing ring(91, {.latency = 20ms});
  // UDP payloads of a packet of 1280 octets over IPv6.
  ring.network.set_every_path(SimPath{.largest = 1280 - 48});
  for (int i = 0; i < 6; ++i)
    ring.add_public(std::chrono::milliseconds(100 * i));
  ring.network.run_for(30s);
  REQUIRE(ring.all_joined());
  for (const std::size_t size : {1000U, 1148U, 1300U, 2500U, 4000U}) {
    const Bytes payload = pattern(size);
    for (std::size_t to = 1; to < 6; ++to) {
      const std::size_t before = ring[to].delivered.size();
      ring[0].overlay().send(ring.network.now(), PacketType::dht, RouteMode::exact, ring.ids[to], payload);
      ring.network.drain(ring.host_ids[0]);
      ring.network.run_for(1s);
      REQUIRE(ring[to].delivered.size() == before + 1);
      CHECK(ring[to].delivered.back().packet.payload == payload);
    }
  }
}

TEST_CASE("what a link takes in parts is routed packets and nothing else") {
  HandRing ring;
  HandPeer& peer = ring.add_linked(120);
  const auto say_in_parts = [&](std::uint32_t number, const Bytes& payload) {
    for (const Bytes& part : split_payload(number, payload, 600))
      peer.say(ring.now, peer.opened.back(), part);
    ring.exchange();
  };
  Bytes ip(1000, std::byte{0});
  ip.front() = std::byte{0x45};
  say_in_parts(1, ip);
  CHECK(ring.overlay().counters().get("drop_part_kind") == 1);
  RoutedPacket packet;
  packet.type = PacketType::dht;
  packet.source = peer.id;
  packet.destination = id_at(100);
  packet.payload = pattern(1000);
  Bytes routed{static_cast<std::byte>(LinkPayload::routed)};
  encode(packet, routed);
  Bytes nested = split_payload(2, routed, 600).front();
  nested.resize(800);
  say_in_parts(3, nested);
  CHECK(ring.overlay().counters().get("drop_part_kind") == 2);
  peer.say(ring.now, peer.opened.back(), from_hex("05 00000009 02 02 a1"));
  ring.exchange();
  CHECK(ring.overlay().counters().get("drop_part_malformed") == 1);
  say_in_parts(4, routed);
  CHECK(ring.overlay().counters().get("drop_part_kind") == 2);
  CHECK(ring.overlay().counters().get("drop_routed_malformed") == 0);
}
