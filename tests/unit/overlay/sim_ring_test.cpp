#include <doctest/doctest.h>

#include "overlay_host.hpp"
#include "support/traffic_kinds.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;
using test_support::port_restricted_cone;

namespace {

/// Nodes at sites of their own behind ordinary NATs, started within `spread`.
void add_members(SimRing& ring, int count, Duration spread, std::uint64_t seed) {
  SeededRng rng(seed);
  for (int i = 0; i < count; ++i) {
    const auto after = Duration(static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(spread.count()) + 1)));
    ring.add_behind(port_restricted_cone(), after);
  }
}

/// A public node and so many of those, which form a ring within `time`.
void make_ring(SimRing& ring, int members, std::uint64_t seed, Duration time = 30s) {
  ring.add_public();
  add_members(ring, members, 1s, seed);
  ring.network.run_for(time);
  REQUIRE(ring.is_right());
}

/// The same of public nodes alone, and long enough for each to know its place.
void make_public_ring(SimRing& ring, int nodes) {
  if (ring.ids.empty()) ring.add_public();
  while (std::ssize(ring.ids) < nodes)
    ring.add(ring.network.add_public_site(), 100ms);
  ring.network.run_for(180s);
  REQUIRE(ring.is_right());
}

bool is_whole_within(SimRing& ring, Duration limit) {
  return ring.network.run_until_done([&] { return ring.is_right() && ring.all_joined(); }, limit);
}

}  // namespace

TEST_CASE("two nodes make a ring, each the other's neighbour on both sides") {
  SimRing ring(1);
  ring.add_public();
  ring.add_behind(port_restricted_cone(), 100ms);
  CHECK(ring.network.run_until_done([&] { return ring.all_joined(); }, 3s));
  MESSAGE("joined after " << (ring.network.now().time_since_epoch() - 100ms) / 1ms << " ms");
  CHECK(ring[0].overlay().neighbours() == std::vector{ring.ids[1]});
  CHECK(ring[1].overlay().neighbours() == std::vector{ring.ids[0]});
  CHECK(ring[0].overlay().successor() == ring.ids[1]);
  CHECK(ring[0].overlay().size_estimate() == 2);
  ring.network.run_for(120s);
  CHECK(ring[0].joined.size() == 1);
  CHECK(ring[0].downs.empty());
  CHECK(ring[1].downs.empty());
}

TEST_CASE("a node without peers and bootstrap never says that it joined") {
  SimRing ring(3);
  ring.add_public();
  ring.network.run_for(300s);
  CHECK_FALSE(ring[0].overlay().is_joined());
  CHECK(ring[0].rings.empty());
  CHECK(ring.network.datagrams_sent() == 0);
}

TEST_CASE("a bootstrap node that comes late is found within its back-off") {
  SimRing ring(4);
  ring.add_public(60s);
  ring.add_behind(port_restricted_cone());
  CHECK(ring.network.run_until_done([&] { return ring.all_joined(); }, 120s));
  CHECK(ring.network.now() < TimePoint{} + 60s + 40s);
}

TEST_CASE("twenty nodes that start within a second are in ring order soon after") {
  SimRing ring(2);
  ring.add_public();
  add_members(ring, 19, 1s, 5);
  CHECK(is_whole_within(ring, 20s));
  MESSAGE("right after " << ring.network.now().time_since_epoch() / 1ms << " ms, datagrams "
                         << ring.network.datagrams_sent());
  ring.network.run_for(60s);
  CHECK(ring.is_right());
  const auto before = ring.network.datagrams_sent();
  ring.network.run_for(60s);
  MESSAGE("datagrams a node and minute when quiet: " << (ring.network.datagrams_sent() - before) / 20);
  std::size_t links = 0;
  for (std::size_t i = 0; i < 20; ++i) {
    links += ring[i].overlay().connections().size();
    const double size = static_cast<double>(ring[i].overlay().size_estimate());
    CHECK(size > 20.0 / 4);
    CHECK(size < 20.0 * 4);
  }
  MESSAGE("links a node: " << static_cast<double>(links) / 20);
}

TEST_CASE("a node that joins a settled ring is routable soon") {
  SimRing ring(6);
  make_ring(ring, 19, 6, 60s);
  const auto start = ring.network.now();
  ring.add_behind(port_restricted_cone());
  CHECK(is_whole_within(ring, 5s));
  MESSAGE("routable after " << (ring.network.now() - start) / 1ms << " ms");
  CHECK(ring.network.now() - start < 2s);
}

TEST_CASE("of a newcomer the nodes next to it tell each other at once, all others later") {
  SimRing ring(17);
  make_public_ring(ring, 60);
  test_support::TrafficCount count;
  ring.network.set_tap([&](ByteSpan datagram) { count.add(datagram); });
  const auto statuses = [&] { return count.of(test_support::TrafficKind::status).datagrams; };
  ring.add(ring.network.add_public_site());
  REQUIRE(is_whole_within(ring, 5s));
  ring.network.run_for(5s);
  const auto at_once = statuses();
  MESSAGE(at_once << " statuses and acknowledgements at once");
  CHECK(at_once < 600);  // 866 when all are told
  // Whoever waited has not forgotten.
  ring.network.run_for(60s);
  const auto later = statuses() - at_once;
  MESSAGE(later << " within a minute");
  CHECK(later > 50);
}

TEST_CASE("a newcomer makes few links that it has no use for, far from everybody as well") {
  SimRing ring(19, {.latency = 50ms});
  ring.bootstrap_all_public = true;
  for (int i = 0; i < 4; ++i)
    ring.add_public();
  ring.bootstrap_all_public = false;
  make_public_ring(ring, 60);
  constexpr int newcomers = 8;
  std::size_t made = 0;
  std::size_t useless = 0;
  for (int i = 0; i < newcomers; ++i) {
    const std::size_t index = ring.add(ring.network.add_public_site());
    REQUIRE(is_whole_within(ring, 5s));
    ring.network.run_for(40s);
    made += ring[index].ups.size();
    useless += ring[index].downs.size();
  }
  MESSAGE(made << " links of " << newcomers << " newcomers, " << useless << " of them not kept");
  // Two bootstrap links are not kept, nor whom a nearer one pushes out, a third on a side.
  CHECK(made < newcomers * 14);
  CHECK(useless < newcomers * 6);
}

TEST_CASE("a member whose place is settled asks one node for it, not those that it is linked to") {
  SimRing ring(18);
  make_public_ring(ring, 40);
  test_support::TrafficCount count;
  ring.network.set_tap([&](ByteSpan datagram) { count.add(datagram); });
  ring.network.run_for(120s);
  const auto asked = count.of(test_support::TrafficKind::own_place).datagrams;
  const auto copies = count.of(test_support::TrafficKind::ask_near).datagrams;
  MESSAGE(asked << " datagrams ask, " << copies << " are copies for neighbours");
  CHECK(asked > 0);
  CHECK(10 * copies < asked);
}

TEST_CASE("packets to any id arrive at the node nearest to it") {
  SimRing ring(7);
  make_ring(ring, 29, 7, 60s);
  SeededRng rng(7);
  unsigned hops = 0;
  for (int i = 0; i < 100; ++i) {
    std::array<std::byte, NodeId::size> octets{};
    rng.fill(octets);
    const NodeId target(octets);
    const auto nearest = std::ranges::min_element(ring.ids, [&](const NodeId& a, const NodeId& b) {
      return ring_distance(a, target) < ring_distance(b, target);
    });
    const auto owner = static_cast<std::size_t>(nearest - ring.ids.begin());
    const auto from = static_cast<std::size_t>(rng.below(ring.ids.size()));
    const auto before = ring[owner].delivered.size();
    const Bytes payload(10, std::byte{7});
    ring[from].overlay().send(ring.network.now(), PacketType::dht, RouteMode::nearest, target, payload);
    ring.network.drain(ring.host_ids[from]);
    ring.network.run_for(2s);
    REQUIRE(ring[owner].delivered.size() == before + 1);
    CHECK(ring[owner].delivered.back().packet.source == ring.ids[from]);
    CHECK(ring[owner].delivered.back().packet.payload == payload);
    hops += ring[owner].delivered.back().packet.hops;
  }
  MESSAGE("mean hops " << hops / 100.0);
  CHECK(hops < 400);
}

TEST_CASE("when a node dies without a word its neighbours close the gap") {
  SimRing ring(8);
  make_ring(ring, 14, 8);
  ring.kill(5);
  const auto died = ring.network.now();
  CHECK(ring.network.run_until_done([&] { return ring.is_right(); }, 60s));
  MESSAGE("repaired after " << (ring.network.now() - died) / 1ms << " ms");
  ring.network.run_for(120s);
  CHECK(ring.is_right());
  CHECK(ring.all_joined());
}

TEST_CASE("a node that stops tells its peers, and the gap closes at once") {
  SimRing ring(9);
  make_ring(ring, 9, 9);
  ring[4].overlay().stop(ring.network.now());
  ring.network.drain(ring.host_ids[4]);
  ring.kill(4);
  CHECK(ring.network.run_until_done([&] { return ring.is_right(); }, 3s));
}

TEST_CASE("a node that restarts with the same id is linked again at once") {
  SimRing ring(10);
  make_ring(ring, 9, 10);
  ring.restart(4);
  const auto start = ring.network.now();
  CHECK(is_whole_within(ring, 30s));
  MESSAGE("back after " << (ring.network.now() - start) / 1ms << " ms");
  ring.network.run_for(60s);
  CHECK(ring.is_right());
  for (const Connection& connection : ring[4].overlay().connections())
    CHECK(ring[4].overlay().report(ring.network.now(), connection.peer).connection);
}

TEST_CASE("two halves of a ring that see each other again become one ring") {
  SimRing ring(11);
  make_ring(ring, 11, 11);
  ring.network.set_blocked([](HostId a, HostId b) { return (a.value % 2) != (b.value % 2); });
  ring.network.run_for(300s);
  CHECK_FALSE(ring.is_right());
  ring.network.set_blocked(nullptr);
  const auto healed = ring.network.now();
  CHECK(ring.network.run_until_done([&] { return ring.is_right(); }, 120s));
  MESSAGE("one ring after " << (ring.network.now() - healed) / 1ms << " ms");
}

TEST_CASE("a machine that slept drops its links and joins anew") {
  SimRing ring(12);
  make_ring(ring, 7, 12);
  ring[3].overlay().handle_suspend(ring.network.now());
  ring.network.drain(ring.host_ids[3]);
  CHECK_FALSE(ring[3].overlay().is_joined());
  CHECK(is_whole_within(ring, 20s));
  CHECK(ring[3].joined.size() == 2);
}

TEST_CASE("a machine that slept seeks none of those that it was linked with through a member") {
  SimRing ring(20);
  ring.add_public();
  for (int i = 0; i < 12; ++i)
    ring.add_behind(test_support::symmetric());
  ring.network.run_for(120s);
  REQUIRE(ring.is_right());
  std::size_t relayed = 0;
  for (std::size_t i = 1; i < ring.hosts.size(); ++i) {
    std::set<NodeId> peers;
    for (const Connection& connection : ring[i].overlay().connections()) {
      if (!connection.is_direct()) peers.insert(connection.peer);
    }
    const TimePoint now = ring.network.now();
    ring[i].overlay().handle_suspend(now);
    for (const NodeId& peer : peers) {
      const auto journal = ring[i].overlay().report(now, peer).journal;
      REQUIRE_FALSE(journal.empty());
      CHECK(journal.back().text == "down: this machine slept");
      CHECK(std::ranges::count(journal, now, &JournalEntry::when) == 1);
    }
    relayed += peers.size();
    ring.network.drain(ring.host_ids[i]);
    REQUIRE(is_whole_within(ring, 60s));
    ring.network.run_for(20s);
  }
  CHECK(relayed > 10);
}

TEST_CASE("links to public peers survive a change of address, the others are punched anew") {
  SimRing ring(13);
  ring.add_public();
  for (int i = 1; i < 6; ++i)
    ring.add(ring.network.add_public_site(), 100ms);
  add_members(ring, 4, 1s, 13);
  ring.network.run_for(30s);
  REQUIRE(ring.is_right());
  constexpr std::size_t mover = 8;
  ring.network.renumber(ring.host_ids[mover]);
  const auto moved = ring.network.now();
  ring[mover].overlay().handle_local_endpoints(moved, {ring.network.local_endpoint(ring.host_ids[mover])});
  ring.network.drain(ring.host_ids[mover]);
  const auto all_answer = [&] {
    const auto connections = ring[mover].overlay().connections();
    return std::ranges::all_of(connections, [&](const Connection& connection) {
      const auto peer = std::ranges::find(ring.ids, connection.peer) - ring.ids.begin();
      return ring.send_ip(mover, static_cast<std::size_t>(peer)) && connection.is_direct();
    });
  };
  ring.network.run_for(30s);
  CHECK(all_answer());
  CHECK(ring.is_right());
  for (const auto& down : ring[mover].downs) {
    const auto peer = static_cast<std::size_t>(std::ranges::find(ring.ids, down.peer) - ring.ids.begin());
    CHECK_MESSAGE((down.when < moved || peer >= 6), down.why);
  }
}

TEST_CASE("loss of a tenth of all packets neither stops nor breaks the ring") {
  SimNetwork::Config lossy;
  lossy.loss = 0.1;
  SimRing ring(14, lossy);
  ring.add_public();
  add_members(ring, 11, 1s, 14);
  CHECK(is_whole_within(ring, 60s));
  MESSAGE("right after " << ring.network.now().time_since_epoch() / 1ms << " ms");
  ring.network.run_for(300s);
  CHECK(ring.is_right());
  std::size_t downs = 0;
  for (std::size_t i = 0; i < ring.ids.size(); ++i)
    downs += static_cast<std::size_t>(std::ranges::count(ring[i].downs, "no answer", &OverlayHost::Down::why));
  CHECK(downs <= 3);
}
