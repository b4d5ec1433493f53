// Members that do nothing: what keeps their links, and what a laptop that sleeps costs the others.

#include <map>

#include <doctest/doctest.h>

#include "support/ring_cost.hpp"
#include "support/sim_ring.hpp"

using namespace ipop;
using namespace ipop::test_support;

namespace {

/// The direct links between members, each with the time since when it stands.
std::map<std::pair<NodeId, NodeId>, TimePoint> direct_links(SimRing& ring) {
  std::map<std::pair<NodeId, NodeId>, TimePoint> out;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    for (const overlay::Connection& link : ring.at(i).node().connections()) {
      if (link.is_direct()) out.emplace(std::pair(ring.at(i).node().id(), link.peer), link.since);
    }
  }
  return out;
}

/// Half of the sites have a port-restricted NAT, half a symmetric one, and all forget a mapping after `timeout`.
void check_links_stay(Duration timeout) {
  SimRing ring({.seed = 51, .network = {.latency = 30ms}});
  ring.add_bootstrap();
  for (std::size_t i = 0; i < 12; ++i) {
    NatConfig nat = i % 2 == 0 ? port_restricted_cone() : symmetric();
    nat.mapping_timeout = timeout;
    ring.add_member(ring.network().add_nat_site(nat), TimePoint{} + std::chrono::milliseconds(100 * i));
  }
  ring.network().run_for(10min);
  REQUIRE(ring.near_links_are_right());
  const auto before = direct_links(ring);
  REQUIRE(before.size() > 40);
  ring.network().run_for(30min);
  const auto after = direct_links(ring);
  std::size_t kept = 0;
  for (const auto& [ends, since] : before) {
    const auto found = after.find(ends);
    kept += found != after.end() && found->second == since ? 1U : 0U;
  }
  CHECK(kept == before.size());
  CHECK(ring.ping_all_pairs(20s) == ring.pairs());
}

}  // namespace

TEST_CASE("links of idle members stay behind NATs that forget after 20 seconds") {
  check_links_stay(20s);
}

TEST_CASE("links of idle members stay behind NATs that forget after ten minutes") {
  check_links_stay(10min);
}

TEST_CASE("a laptop that sleeps and wakes for two hours is there again each time, at a cost that is held") {
  const RingCost cost = measure_ring_cost(
      {.seed = 7, .members = 28, .settle = 10min, .idle = 10min, .joins = 8, .leaves = 8, .sleeps = 12});
  CHECK(cost.joined == 8);
  CHECK(cost.woken == 12);
  CHECK(cost.is_right);
  CHECK(cost.double_addresses == 0);
  for (std::size_t i = 0; i < traffic_kinds; ++i)
    MESSAGE(to_string(static_cast<TrafficKind>(i)) << ": join " << cost.join[i] << ", sleep " << cost.sleep[i]);
  // A death without a word and a join; docs/wire/budget.md says what it should be.
  CHECK(total(cost.sleep) < 1.7 * total(cost.join));
}
