#include "overlay/routing.hpp"

#include <doctest/doctest.h>

#include "overlay/connect_to_me.hpp"
#include "overlay/greedy_routing.hpp"
#include "overlay/near_links.hpp"
#include "overlay/ring_size.hpp"
#include "overlay_host.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

namespace {

std::uint32_t next_channel = 1;

/// A linked peer with these neighbours of its own.
void add_link(LinkTable& table, const NodeId& peer, std::vector<NodeId> neighbours = {}) {
  Link& link = table.add(peer);
  Path path;
  path.channel = crypto::ChannelId{next_channel++};
  path.proof.handle_carried(TimePoint{}, PathProof::smallest);
  link.neighbours = std::move(neighbours);
  table.add_path(link, path);
  link.admitted = true;
}

Hop hop_from(const LinkTable& table, const NodeId& self, const NodeId& to, RouteMode mode = RouteMode::nearest) {
  return next_hop(table, self, to, mode, std::nullopt, std::nullopt);
}

}  // namespace

TEST_CASE("a packet for ourselves stays here") {
  const LinkTable table(id_at(10));
  CHECK(hop_from(table, id_at(10), id_at(10)) == Hop{Hop::Kind::here, id_at(10)});
}

TEST_CASE("a packet goes to the link nearest to its destination") {
  LinkTable table(id_at(10));
  add_link(table, id_at(20));
  add_link(table, id_at(50));
  add_link(table, id_at(90));
  CHECK(hop_from(table, id_at(10), id_at(52)) == Hop{Hop::Kind::forward, id_at(50)});
  CHECK(hop_from(table, id_at(10), id_at(90)) == Hop{Hop::Kind::forward, id_at(90)});
}

TEST_CASE("where no link is nearer, mode nearest ends here and mode exact nowhere") {
  LinkTable table(id_at(10));
  add_link(table, id_at(200));
  CHECK(hop_from(table, id_at(10), id_at(12)) == Hop{Hop::Kind::here, id_at(10)});
  CHECK(hop_from(table, id_at(10), id_at(12), RouteMode::exact).kind == Hop::Kind::nowhere);
}

TEST_CASE("distance is the shorter arc, around zero as well") {
  LinkTable table(id_at(100));
  add_link(table, id_at(250));
  add_link(table, id_at(120));
  CHECK(hop_from(table, id_at(100), id_at(2)) == Hop{Hop::Kind::forward, id_at(250)});
}

TEST_CASE("a link whose own neighbour is nearer wins over one that is nearer itself") {
  LinkTable table(id_at(0, 1));
  add_link(table, id_at(40), {id_at(79)});
  add_link(table, id_at(60), {id_at(61)});
  CHECK(hop_from(table, id_at(0, 1), id_at(80)) == Hop{Hop::Kind::forward, id_at(40)});
}

TEST_CASE("a neighbour that is linked to the very destination gets the packet, unless it sent it") {
  LinkTable table(id_at(100));
  add_link(table, id_at(10), {id_at(103)});
  CHECK(hop_from(table, id_at(100), id_at(103), RouteMode::exact) == Hop{Hop::Kind::forward, id_at(10)});
  CHECK(next_hop(table, id_at(100), id_at(103), RouteMode::exact, std::nullopt, id_at(10)).kind == Hop::Kind::nowhere);
}

TEST_CASE("whoever looks for his own place is not the answer to it") {
  LinkTable table(id_at(100));
  add_link(table, id_at(104));
  add_link(table, id_at(90), {id_at(104)});
  const auto own_place = [&](const NodeId& id) { return next_hop(table, id_at(100), id, RouteMode::nearest, id, {}); };
  CHECK(own_place(id_at(104)) == Hop{Hop::Kind::here, id_at(100)});
}

TEST_CASE("a look-up of our own place goes to the link next to us") {
  LinkTable table(id_at(100));
  add_link(table, id_at(104));
  add_link(table, id_at(90));
  CHECK(next_hop(table, id_at(100), id_at(100), RouteMode::nearest, id_at(100), {}) ==
        Hop{Hop::Kind::forward, id_at(104)});
}

TEST_CASE("a link that does not answer is used only where no other leads on") {
  SeededRng rng(1);
  LinkTable table(id_at(10));
  add_link(table, id_at(50));
  add_link(table, id_at(40));
  Path& path = *table.find(id_at(50))->paths.primary();
  path.liveness = Liveness(TimePoint{}, 15s, rng);
  TimePoint now{};
  for (unsigned i = 0; i <= Liveness::suspect_after; ++i) {
    now = path.liveness.deadline();
    REQUIRE(path.liveness.handle_timeout(now) == Liveness::Action::probe);
  }
  CHECK(hop_from(table, id_at(10), id_at(52)) == Hop{Hop::Kind::forward, id_at(40)});
  table.erase(id_at(40));
  CHECK(hop_from(table, id_at(10), id_at(52)) == Hop{Hop::Kind::forward, id_at(50)});
}

TEST_CASE("hops over random tables never move away from the destination") {
  SeededRng rng(9);
  for (int round = 0; round < 50; ++round) {
    const NodeId self = id_of(rng.next());
    LinkTable table(self);
    std::vector<NodeId> peers;
    for (int i = 0; i < 12; ++i) {
      std::vector<NodeId> neighbours;
      for (int j = 0; j < 4; ++j)
        neighbours.push_back(id_of(rng.next()));
      peers.push_back(id_of(rng.next()));
      add_link(table, peers.back(), neighbours);
    }
    const NodeId destination = id_of(rng.next());
    const Hop hop = hop_from(table, self, destination);
    if (hop.kind == Hop::Kind::forward) {
      CHECK(ring_distance(hop.peer, destination) < ring_distance(self, destination));
    } else {
      for (const NodeId& peer : peers)
        CHECK(ring_distance(peer, destination) >= ring_distance(self, destination));
    }
  }
}

TEST_CASE("the table gives linked peers in ring order on each side") {
  LinkTable table(id_at(100));
  for (const int first : {20, 90, 110, 130, 250})
    add_link(table, id_at(static_cast<std::uint8_t>(first)));
  CHECK(table.clockwise(id_at(100), 2) == std::vector{id_at(110), id_at(130)});
  CHECK(table.counter_clockwise(id_at(100), 3) == std::vector{id_at(90), id_at(20), id_at(250)});
  CHECK(table.around(id_at(100), 2) == std::vector{id_at(110), id_at(130), id_at(20), id_at(90)});
  CHECK(table.around(id_at(100), 9).size() == 5);
  CHECK(table.around(id_at(20), 1) == std::vector{id_at(90), id_at(250)});
  // A link without a path takes no part, nor does one whose only path has carried nothing.
  Link& link = *table.find(id_at(110));
  table.remove_path(link, link.paths.primary()->channel);
  CHECK(table.clockwise(id_at(100), 1) == std::vector{id_at(130)});
  table.add_path(link, Path{.channel = crypto::ChannelId{next_channel++}});
  CHECK(table.clockwise(id_at(100), 1) == std::vector{id_at(130)});
  table.erase(id_at(110));
  CHECK(table.find(id_at(110)) == nullptr);
}

TEST_CASE("a near link is missing to each known node that comes before the linked ones") {
  NearLinks near(id_at(100));
  const auto all = [](const NodeId&) { return false; };
  near.learn(TimePoint{}, id_at(105), id_at(120));
  near.learn(TimePoint{}, id_at(140), id_at(120));
  near.learn(TimePoint{}, id_at(100), id_at(120));  // ourselves
  const std::vector<NodeId> linked{id_at(120), id_at(130), id_at(80), id_at(70)};
  auto missing = near.missing(TimePoint{}, linked, 2, all);
  REQUIRE(missing.size() == 1);
  CHECK(missing[0].id == id_at(105));
  CHECK(missing[0].via == id_at(120));
  CHECK(near.missing(TimePoint{}, linked, 2, [](const NodeId& id) { return id == id_at(105); }).empty());
  CHECK(near.missing(TimePoint{} + 120s, linked, 2, all).empty());
  near.forget(id_at(105));
  CHECK(near.missing(TimePoint{}, linked, 2, all).empty());
}

TEST_CASE("what is known of the neighbourhood stays bounded, and keeps the nearest") {
  NearLinks near(id_at(100));
  for (std::uint64_t i = 0; i < 10'000; ++i)
    near.learn(TimePoint{}, id_of(i), id_of(100'000 + i));
  near.learn(TimePoint{}, id_at(100, 1), id_at(1));
  for (std::uint64_t i = 10'000; i < 20'000; ++i)
    near.learn(TimePoint{}, id_of(i), id_of(100'000 + i));
  CHECK(near.size() <= NearLinks::most_known);
  const auto missing = near.missing(TimePoint{}, {}, 1, [](const NodeId&) { return false; });
  CHECK(std::ranges::find(missing, id_at(100, 1), &NearLinks::Missing::id) != missing.end());
}

TEST_CASE("the size of a small ring is counted") {
  CHECK(estimate_ring_size({id_at(1), {}, {}, {}, {}}) == 1);
  CHECK(estimate_ring_size({id_at(1), {id_at(9)}, {id_at(9)}, {}, {}}) == 2);
  CHECK(estimate_ring_size({id_at(1), {id_at(9), id_at(20)}, {id_at(20), id_at(9)}, {}, {}}) == 3);
  // Five nodes: the lists of the outer neighbours close the circle.
  CHECK(estimate_ring_size({id_at(0, 1),
                            {id_at(50), id_at(100)},
                            {id_at(200), id_at(150)},
                            {id_at(150), id_at(200)},
                            {id_at(100), id_at(50)}}) == 5);
}

TEST_CASE("the size of a large ring is estimated from the arcs between neighbours") {
  SeededRng rng(3);
  for (const std::size_t n : {50U, 500U, 5000U}) {
    std::set<NodeId> ids;
    while (ids.size() < n)
      ids.insert(id_of(rng.next()));
    const std::vector<NodeId> ring(ids.begin(), ids.end());
    double sum = 0;
    for (std::size_t i = 0; i < 50; ++i) {
      const auto at = [&](std::size_t offset) { return ring[(i + n + offset) % n]; };
      const std::size_t estimate =
          estimate_ring_size({ring[i], {at(1), at(2)}, {at(n - 1), at(n - 2)}, {at(3), at(4)}, {at(n - 3), at(n - 4)}});
      sum += static_cast<double>(estimate);
    }
    CHECK(sum / 50 > 0.6 * static_cast<double>(n));
    CHECK(sum / 50 < 1.6 * static_cast<double>(n));
  }
}

TEST_CASE("of what is estimated the mean of two minutes holds, no further than twice or half from the last") {
  SteadySize size;
  TimePoint now{};
  CHECK(size.size() == 1);
  size.handle_estimate(now, 12);
  CHECK(size.size() == doctest::Approx(12));
  size.handle_estimate(now, 1000);
  CHECK(size.size() == doctest::Approx(500));
  now += 1h;
  size.handle_estimate(now, 1000);
  CHECK(size.size() == doctest::Approx(1000));
  // Half of the estimates 600, half of them 1,667: logarithms have the mean of 1,000.
  for (int i = 0; i < 100; ++i) {
    now += 3s;
    size.handle_estimate(now, i % 2 == 0 ? 600 : 1667);
  }
  CHECK(size.size() == doctest::Approx(1000).epsilon(0.03));
  size.handle_estimate(now, 100);
  CHECK(size.size() == doctest::Approx(200));
}

namespace {

RoutedPacket packet_to(const NodeId& source, const NodeId& destination, std::size_t octets = 8) {
  RoutedPacket packet;
  packet.type = PacketType::dht;
  packet.source = source;
  packet.destination = destination;
  packet.payload.assign(octets, std::byte{7});
  return packet;
}

RoutedPacket asked(std::uint64_t question, const NodeId& source, const NodeId& to) {
  RoutedPacket packet = packet_to(source, to);
  packet.mode = RouteMode::nearest;
  packet.question = question;
  return packet;
}

RoutedPacket answered(std::uint64_t question, const NodeId& source, const NodeId& to) {
  RoutedPacket packet = packet_to(source, to);
  packet.mode = RouteMode::back;
  packet.question = question;
  return packet;
}

Bytes encoded(const RoutedPacket& packet) {
  Bytes out;
  encode(packet, out);
  return out;
}

}  // namespace

TEST_CASE("a packet that came has one hop more, no more life than any has, and is not our own") {
  Routing routing(id_at(10));
  RoutedPacket packet = packet_to(id_at(20), id_at(30));
  packet.ttl = 255;
  packet.hops = 3;
  const auto came = routing.handle_packet(encoded(packet));
  REQUIRE(came);
  CHECK(came->hops == 4);
  CHECK(came->ttl == RoutedPacket::default_ttl);
  CHECK_FALSE(routing.handle_packet(encoded(packet_to(id_at(10), id_at(30)))));
  CHECK(routing.counters().get("drop_routed_own") == 1);
  CHECK_FALSE(routing.handle_packet({}));
  CHECK(routing.counters().get("drop_routed_malformed") == 1);
}

TEST_CASE("what goes on has one hop less to live, and ends with the last") {
  Routing routing(id_at(10));
  LinkTable table(id_at(10));
  add_link(table, id_at(50));
  RoutedPacket packet = packet_to(id_at(20), id_at(50));
  packet.ttl = 1;
  CHECK(routing.next({}, packet, id_at(20), std::nullopt, table) == Hop{Hop::Kind::forward, id_at(50)});
  CHECK(packet.ttl == 0);
  CHECK(routing.next({}, packet, id_at(20), std::nullopt, table).kind == Hop::Kind::nowhere);
  CHECK(routing.counters().get("drop_routed_ttl") == 1);
  CHECK(routing.counters().get("routed_forwarded") == 1);
}

TEST_CASE("a packet takes the link that is asked for while that is up") {
  Routing routing(id_at(10));
  LinkTable table(id_at(10));
  add_link(table, id_at(50));
  add_link(table, id_at(200));
  table.add(id_at(90));
  RoutedPacket packet = packet_to(id_at(10), id_at(50));
  CHECK(routing.next({}, packet, std::nullopt, id_at(200), table).peer == id_at(200));
  CHECK(routing.next({}, packet, std::nullopt, id_at(90), table).peer == id_at(50));
}

TEST_CASE("an answer goes back the way of its question, for ten seconds, and never to where it comes from") {
  Routing routing(id_at(10));
  LinkTable table(id_at(10));
  add_link(table, id_at(50));
  add_link(table, id_at(200));
  TimePoint now{};
  // The asker 20 is linked to 200 alone, and the ring here does not know it.
  RoutedPacket question = asked(5, id_at(20), id_at(51));
  CHECK(routing.next(now, question, id_at(200), std::nullopt, table).peer == id_at(50));
  RoutedPacket answer = answered(5, id_at(51), id_at(45));
  CHECK(routing.next(now, answer, id_at(50), std::nullopt, table).peer == id_at(200));
  CHECK(routing.next(now, answer, id_at(200), std::nullopt, table).peer == id_at(50));
  RoutedPacket foreign = answered(6, id_at(51), id_at(45));
  CHECK(routing.next(now, foreign, id_at(200), std::nullopt, table).peer == id_at(50));
  RoutedPacket unnumbered = answered(0, id_at(51), id_at(45));
  CHECK(routing.next(now, unnumbered, id_at(200), std::nullopt, table).peer == id_at(50));
  now += Routing::way_back_lives;
  CHECK(routing.next(now, answer, id_at(50), std::nullopt, table).peer == id_at(50));
}

TEST_CASE("an answer goes back the way on which a question came first, or was asked again") {
  Routing routing(id_at(10));
  LinkTable table(id_at(10));
  for (const int peer : {50, 200, 220})
    add_link(table, id_at(static_cast<std::uint8_t>(peer)));
  TimePoint now{};
  const auto way_back = [&] {
    RoutedPacket answer = answered(5, id_at(51), id_at(45));
    return routing.next(now, answer, id_at(50), std::nullopt, table).peer;
  };
  const auto ask_over = [&](const NodeId& hop) {
    RoutedPacket question = asked(5, id_at(20), id_at(51));
    static_cast<void>(routing.next(now, question, hop, std::nullopt, table));
  };
  ask_over(id_at(200));
  ask_over(id_at(220));
  CHECK(way_back() == id_at(200));
  now += Routing::asked_again_after;
  ask_over(id_at(220));
  CHECK(way_back() == id_at(220));
  // The way that is gone is none.
  table.erase(id_at(220));
  CHECK(way_back() == id_at(50));
}

TEST_CASE("a packet too large for a path travels in parts, which the other end of the link puts together") {
  Routing here(id_at(10));
  Routing there(id_at(50));
  const RoutedPacket packet = packet_to(id_at(10), id_at(60), 3000);
  CHECK(here.pack(packet, 4000).size() == 1);
  const std::vector<Bytes> parts = here.pack(packet, 1200);
  REQUIRE(parts.size() == 3);
  CHECK(here.counters().get("sent_in_parts") == 1);
  CHECK_FALSE(there.handle_part({}, id_at(10), parts[0]));
  CHECK_FALSE(there.handle_part({}, id_at(20), parts[1]));  // of another link
  CHECK_FALSE(there.handle_part({}, id_at(10), parts[1]));
  const auto whole = there.handle_part({}, id_at(10), parts[2]);
  REQUIRE(whole);
  CHECK(whole->payload == packet.payload);
  there.handle_part({}, id_at(10), parts[0]);
  there.handle_part({}, id_at(10), parts[1]);
  there.handle_lost(id_at(10));
  CHECK_FALSE(there.handle_part({}, id_at(10), parts[2]));
}

TEST_CASE("S5: requests of one link are answered and passed on at a pace") {
  Routing routing(id_at(10));
  LinkTable table(id_at(10));
  add_link(table, id_at(50));
  add_link(table, id_at(200));
  unsigned answered = 0;
  unsigned passed = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    answered += routing.may_answer({}, id_at(200)) ? 1U : 0U;
    RoutedPacket question = asked(i, id_at(20), id_at(51));
    question.type = PacketType::connect_to_me;
    passed += routing.next({}, question, id_at(200), std::nullopt, table).kind == Hop::Kind::forward ? 1U : 0U;
  }
  CHECK(answered == ForeignRequests::request_burst);
  CHECK(passed == ForeignRequests::forward_burst);
  CHECK(routing.may_answer({}, id_at(50)));
}
