#include "node/end_to_end.hpp"

#include <deque>

#include <doctest/doctest.h>

#include "base/rng.hpp"
#include "support/stand_in_crypto.hpp"

using namespace ipop;
using namespace ipop::node;

namespace {

NodeId id_of(unsigned number) {
  std::array<std::byte, NodeId::size> octets{};
  octets[0] = static_cast<std::byte>(number);
  return NodeId(octets);
}

struct End {
  explicit End(unsigned number)
      : id(id_of(number)),
        rng(number),
        handshakes(id, number),
        machine(id, as_bytes("test"), basis, handshakes, aeads, rng) {
    basis.set_wall_time(TimePoint{}, WallTime{1'767'225'600});
  }

  NodeId id;
  SeededRng rng;
  test_support::StandInHandshakeFactory handshakes;
  test_support::StandInAeadFactory aeads;
  crypto::Basis basis;
  EndToEnd machine;
  std::vector<Bytes> received;
};

/// Two ends whose routed packets arrive at once; jumps from deadline to deadline until `until`.
struct Pair {
  End a{1};
  End b{2};
  TimePoint now{};
  std::size_t routed = 0;

  void drain() {
    bool any = true;
    while (any) {
      any = drain(a, b);
      any = drain(b, a) || any;
    }
  }
  bool drain(End& from, End& to) {
    bool any = false;
    while (auto output = from.machine.poll_output()) {
      any = true;
      if (auto* received = std::get_if<EndToEnd::Received>(&*output)) {
        CHECK(received->peer == to.id);
        for (Bytes& packet : received->packets)
          from.received.push_back(std::move(packet));
        continue;
      }
      for (const Bytes& packet : std::get<EndToEnd::Route>(*output).packets) {
        ++routed;
        to.machine.handle_packet(now, from.id, packet);
      }
    }
    return any;
  }
  void run_until(TimePoint until) {
    drain();
    for (int step = 0; step < 1000; ++step) {
      const auto next = earliest(a.machine.poll_timeout(), b.machine.poll_timeout());
      if (!next || *next > until) break;
      now = *next;
      a.machine.handle_timeout(now);
      b.machine.handle_timeout(now);
      drain();
    }
    now = until;
  }
};

Bytes packet_of(std::string_view text) {
  Bytes packet{std::byte{0x45}};
  append(packet, as_bytes(text));
  return packet;
}

}  // namespace

TEST_CASE("packets wait a moment for a link, then travel in a session of their own") {
  Pair pair;
  pair.a.machine.send(pair.now, pair.b.id, {packet_of("one"), packet_of("two")});
  pair.run_until(TimePoint{} + EndToEnd::link_grace - 1ms);
  CHECK(pair.routed == 0);
  pair.run_until(TimePoint{} + 2s);
  REQUIRE(pair.b.received.size() == 2);
  CHECK(pair.b.received[0] == packet_of("one"));
  CHECK(pair.b.received[1] == packet_of("two"));

  SUBCASE("and the answer takes the same session at once") {
    pair.b.machine.send(pair.now, pair.a.id, {packet_of("back")});
    pair.drain();
    REQUIRE(pair.a.received.size() == 1);
  }
}

TEST_CASE("what waited is handed back when a link comes up") {
  Pair pair;
  pair.a.machine.send(pair.now, pair.b.id, {packet_of("one")});
  CHECK(pair.a.machine.take_parked(pair.b.id).size() == 1);
  pair.run_until(TimePoint{} + 5s);
  CHECK(pair.routed == 0);
  CHECK(pair.a.machine.take_parked(pair.b.id).empty());
}

TEST_CASE("a link that comes up at one end first loses nothing that the other sealed into the session") {
  for (int flights = 0; flights < 8; ++flights) {
    for (const bool at_a : {true, false}) {
      CAPTURE(flights);
      CAPTURE(at_a);
      Pair pair;
      End& linked = at_a ? pair.a : pair.b;
      End& other = at_a ? pair.b : pair.a;
      pair.a.machine.send(pair.now, pair.b.id, {packet_of("one")});
      pair.b.machine.send(pair.now, pair.a.id, {packet_of("two")});
      pair.now += EndToEnd::link_grace;
      pair.a.machine.handle_timeout(pair.now);
      pair.b.machine.handle_timeout(pair.now);
      for (int i = 0; i < flights; ++i)
        pair.drain(i % 2 == 0 ? pair.a : pair.b, i % 2 == 0 ? pair.b : pair.a);
      const std::size_t handed_back = linked.machine.take_parked(other.id).size();
      pair.run_until(pair.now + 5s);
      CHECK(linked.received.size() == 1);
      CHECK(other.received.size() + handed_back == 1);
    }
  }
}

TEST_CASE("packets for a silent node are dropped after a while and counted") {
  End alone(1);
  alone.machine.send(TimePoint{}, id_of(9), {packet_of("one")});
  for (int step = 0; step < 100; ++step) {
    const auto next = alone.machine.poll_timeout();
    if (!next || *next > TimePoint{} + EndToEnd::parked_for) break;
    alone.machine.handle_timeout(*next);
  }
  CHECK(alone.machine.counters().get("drop_session_timed_out") == 1);
}

TEST_CASE("what waits is bounded for a peer and in the number of peers") {
  End alone(1);
  alone.machine.send(TimePoint{}, id_of(9), std::vector<Bytes>(EndToEnd::parked_packets + 5, packet_of("x")));
  CHECK(alone.machine.counters().get("drop_session_parked_full") == 5);
  for (unsigned i = 0; i < EndToEnd::parked_peers + 3; ++i) {
    std::array<std::byte, NodeId::size> octets{};
    octets[1] = static_cast<std::byte>(i & 0xffU);
    octets[2] = static_cast<std::byte>(i >> 8U);
    octets[3] = std::byte{1};
    alone.machine.send(TimePoint{}, NodeId(octets), {packet_of("x")});
  }
  CHECK(alone.machine.counters().get("drop_session_parked_peers") == 4);
}

TEST_CASE("octets that are no session packet are counted, not answered with more") {
  End alone(1);
  alone.machine.handle_packet(TimePoint{}, id_of(9), as_bytes("not a packet of ours"));
  alone.machine.handle_packet(TimePoint{}, id_of(9), {});
  std::size_t octets = 0;
  while (auto output = alone.machine.poll_output()) {
    for (const Bytes& packet : std::get<EndToEnd::Route>(*output).packets)
      octets += packet.size();
  }
  CHECK(octets <= 20);
  CHECK(alone.received.empty());
}
