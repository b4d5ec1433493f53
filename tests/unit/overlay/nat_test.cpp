#include <cstdlib>

#include <doctest/doctest.h>

#include "overlay_host.hpp"
#include "support/traffic_kinds.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;
using test_support::full_cone;
using test_support::NatRule;
using test_support::port_restricted_cone;
using test_support::symmetric;

namespace {

NatConfig address_restricted_cone() {
  NatConfig nat = port_restricted_cone();
  nat.filtering = NatRule::address_dependent;
  return nat;
}

/// A ring of public nodes at sites of their own, and two nodes behind the NATs in question.
struct Pair {
  Pair(std::uint64_t seed, const NatConfig& a, const NatConfig& b) : ring(seed) {
    ring.add_public();
    for (int i = 1; i < 12; ++i)
      ring.add(ring.network.add_public_site(), std::chrono::milliseconds(50 * i));
    first = ring.add_behind(a, 1s);
    second = ring.add_behind(b, 1s);
  }
  void come_up() { ring.network.run_for(40s); }
  /// So close to each other in ring order that the ring links them, the spare included.
  [[nodiscard]] bool are_near() const {
    std::vector<NodeId> order = ring.ids;
    std::ranges::sort(order);
    const auto place_of = [&](std::size_t index) { return std::ranges::find(order, ring.ids[index]) - order.begin(); };
    const auto apart = std::abs(place_of(first) - place_of(second));
    return std::min<std::ptrdiff_t>(apart, std::ssize(order) - apart) <= 3;
  }
  /// Links both, unless they are neighbours anyway; true when the link is there within a few seconds.
  bool link() {
    ring.want(first, second);
    return ring.network.run_until_done([&] { return ring[first].connection(ring.ids[second]).has_value(); }, 10s);
  }
  SimRing ring;
  std::size_t first = 0;
  std::size_t second = 0;
};

void check_direct(std::uint64_t seed, const NatConfig& a, const NatConfig& b) {
  Pair pair(seed, a, b);
  pair.come_up();
  REQUIRE(pair.ring.all_joined());
  REQUIRE(pair.link());
  CHECK(pair.ring.network.run_until_done([&] { return pair.ring.are_linked(pair.first, pair.second, true); }, 10s));
}

void check_relayed(std::uint64_t seed, const NatConfig& a, const NatConfig& b) {
  Pair pair(seed, a, b);
  pair.come_up();
  REQUIRE(pair.ring.all_joined());
  REQUIRE(pair.link());
  pair.ring.network.run_for(20s);
  CHECK(pair.ring.are_linked(pair.first, pair.second, false));
  const auto report = pair.ring[pair.first].overlay().report(pair.ring.network.now(), pair.ring.ids[pair.second]);
  CHECK_FALSE(report.journal.empty());
  CHECK(pair.ring.send_ip(pair.first, pair.second, 9));
  CHECK(pair.ring.network.run_until_done([&] { return !pair.ring[pair.second].packets.empty(); }, 1s));
}

}  // namespace

TEST_CASE("endpoint-independent mappings link directly whatever the filters") {
  check_direct(21, port_restricted_cone(), port_restricted_cone());
  check_direct(22, full_cone(), port_restricted_cone());
  check_direct(23, address_restricted_cone(), port_restricted_cone());
}

TEST_CASE("a symmetric NAT links directly to filters that look at addresses at most") {
  check_direct(24, symmetric(), full_cone());
  check_direct(25, address_restricted_cone(), symmetric());
}

TEST_CASE("two symmetric NATs are linked by a member") {
  check_relayed(26, symmetric(), symmetric());
}

TEST_CASE("a symmetric NAT and a port-restricted one are linked by a member") {
  check_relayed(27, symmetric(), port_restricted_cone());
  check_relayed(28, port_restricted_cone(), symmetric());
}

TEST_CASE("two nodes behind one NAT that does not hairpin link by their local addresses") {
  SimRing ring(29);
  ring.add_public();
  for (int i = 1; i < 8; ++i)
    ring.add(ring.network.add_public_site(), std::chrono::milliseconds(50 * i));
  const SiteId home = ring.network.add_nat_site(port_restricted_cone());
  const auto a = ring.add(home, 1s);
  const auto b = ring.add(home, 1s);
  ring.network.run_for(30s);
  ring.want(a, b);
  CHECK(ring.network.run_until_done([&] { return ring.are_linked(a, b, true); }, 5s));
  CHECK(ring[a].connection(ring.ids[b])->endpoint == ring.network.local_endpoint(ring.host_ids[b]));
}

TEST_CASE("the NAT classes are found out") {
  Pair pair(30, symmetric(), port_restricted_cone());
  pair.come_up();
  CHECK(pair.ring[pair.first].overlay().nat_class() == NatClass::address_dependent);
  CHECK(pair.ring[pair.second].overlay().nat_class() == NatClass::endpoint_independent);
  CHECK(pair.ring[1].overlay().nat_class() == NatClass::none);
  CHECK(pair.ring[pair.second].overlay().observed_endpoints().size() == 1);
}

TEST_CASE("a direct link through two endpoint-independent NATs is there in five round trips and a bit") {
  // Three of them open it, one proves that it carries data, and half of one tells the other end. 50 ms one way.
  Duration worst{};
  unsigned measured = 0;
  for (std::uint64_t seed = 40; seed < 60 && measured < 3; ++seed) {
    Pair pair(seed, port_restricted_cone(), port_restricted_cone());
    if (pair.are_near()) continue;
    pair.come_up();
    // The ring itself may have linked them: a shortcut of one leads to the other.
    if (pair.ring[pair.first].connection(pair.ring.ids[pair.second])) continue;
    const auto start = pair.ring.network.now();
    pair.ring.want(pair.first, pair.second);
    REQUIRE(pair.ring.network.run_until_done([&] { return pair.ring.are_linked(pair.first, pair.second, true); }, 5s));
    worst = std::max(worst, pair.ring.network.now() - start);
    ++measured;
  }
  MESSAGE("worst " << worst / 1ms << " ms");
  CHECK(measured == 3);
  CHECK(worst <= 600ms);
}

TEST_CASE("a relay asks no path whether it carries data because of keep-alives that it passes on") {
  Pair pair(26, symmetric(), symmetric());
  pair.come_up();
  REQUIRE(pair.link());
  REQUIRE(pair.ring.are_linked(pair.first, pair.second, false));
  pair.ring.network.run_for(60s);
  test_support::TrafficCount count;
  pair.ring.network.set_tap([&](ByteSpan datagram) { count.add(datagram); });
  pair.ring.network.run_for(120s);
  CHECK(count.of(test_support::TrafficKind::ping).datagrams > 0);
  // Three for each path that the search for another ring opens now and then.
  CHECK(count.of(test_support::TrafficKind::proof).datagrams <= 60);
}

TEST_CASE("when a relay dies under traffic another takes its place") {
  Pair pair(31, symmetric(), symmetric());
  pair.come_up();
  SimRing& ring = pair.ring;
  REQUIRE(pair.link());
  ring.network.run_for(5s);
  REQUIRE(ring.are_linked(pair.first, pair.second, false));
  const NodeId relay = ring[pair.first].connection(ring.ids[pair.second])->relay;
  const auto index = static_cast<std::size_t>(std::ranges::find(ring.ids, relay) - ring.ids.begin());
  const auto send_both_ways = [&](int times) {
    for (int i = 0; i < times; ++i) {
      ring.send_ip(pair.first, pair.second);
      ring.send_ip(pair.second, pair.first);
      ring.network.run_for(100ms);
    }
  };
  send_both_ways(10);
  const auto before = ring[pair.second].packets.size();
  CHECK(before > 5);
  const auto downs = ring[pair.first].downs.size();
  const auto died = ring.network.now();
  ring.kill(index);
  send_both_ways(100);
  const auto& packets = ring[pair.second].packets;
  const auto resumed = std::ranges::find_if(packets, [&](const auto& p) { return p.when > died + 200ms; });
  REQUIRE(resumed != packets.end());
  MESSAGE("traffic resumed after " << (resumed->when - died) / 1ms << " ms");
  CHECK(resumed->when - died < 8s);
  CHECK(ring.are_linked(pair.first, pair.second, false));
  CHECK(ring[pair.first].connection(ring.ids[pair.second])->relay != relay);
  // The relay itself is down; the link that it carried never was.
  for (std::size_t i = downs; i < ring[pair.first].downs.size(); ++i)
    CHECK(ring[pair.first].downs[i].peer != ring.ids[pair.second]);
}

TEST_CASE("a ring of symmetric NATs around one public node is in order over relays") {
  SimRing ring(32);
  ring.add_public();
  for (int i = 1; i < 10; ++i)
    ring.add_behind(symmetric(), std::chrono::milliseconds(100 * i));
  CHECK(ring.network.run_until_done([&] { return ring.is_right() && ring.all_joined(); }, 30s));
  MESSAGE("right after " << ring.network.now().time_since_epoch() / 1ms << " ms");
  ring.network.run_for(120s);
  CHECK(ring.is_right());
}

TEST_CASE("an on-demand link goes when no traffic has used it for its time") {
  SimRing ring(33);
  ring.add_public();
  for (int i = 1; i < 20; ++i)
    ring.add_behind(port_restricted_cone(), std::chrono::milliseconds(50 * i));
  ring.network.run_for(60s);
  // Two nodes that nothing else links.
  std::size_t a = 0;
  std::size_t b = 0;
  for (std::size_t i = 0; i < 20 && b == 0; ++i) {
    for (std::size_t j = i + 1; j < 20; ++j) {
      if (!ring[i].connection(ring.ids[j])) {
        a = i;
        b = j;
        break;
      }
    }
  }
  REQUIRE(b != 0);
  ring.want(a, b);
  REQUIRE(ring.network.run_until_done([&] { return ring.are_linked(a, b, true); }, 5s));
  CHECK(ring[a].connection(ring.ids[b])->has(Role::on_demand));
  ring.network.run_for(300s);
  CHECK(ring.send_ip(a, b));
  ring.network.run_for(300s);
  CHECK(ring.are_linked(a, b, true));
  ring.network.run_for(300s);
  // The ring may have drawn the same pair as a shortcut meanwhile.
  const auto left = ring[a].connection(ring.ids[b]);
  CHECK((!left || !left->has(Role::on_demand)));
}

TEST_CASE(
    "links outlive what a NAT remembers, be it 20 seconds, a time between two steps of their pace, or ten minutes") {
  for (const Duration remembers : {Duration(20s), Duration(25s), Duration(38s), Duration(45s), Duration(600s)}) {
    NatConfig nat = port_restricted_cone();
    nat.mapping_timeout = remembers;
    SimRing ring(34);
    ring.add_public();
    for (int i = 1; i < 12; ++i)
      ring.add_behind(nat, std::chrono::milliseconds(50 * i));
    ring.network.run_for(60s);
    REQUIRE(ring.is_right());
    const auto lost = [&] {
      std::uint64_t paths = 0;
      for (const auto& host : ring.hosts)
        paths += host->overlay().counters().get("paths_dead") + host->overlay().counters().get("paths_failing");
      return paths;
    };
    const auto before = lost();
    ring.network.run_for(30min);
    CHECK(lost() == before);
    CHECK(ring.is_right());
  }
}
