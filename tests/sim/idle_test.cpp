// Members that do nothing: what keeps their links, and what a laptop that sleeps costs the others.

#include <map>
#include <optional>

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

/// Twelve members. Half of the sites have a port-restricted NAT, half a symmetric one, and all forget a mapping after
/// `timeout`.
void add_behind_nats(SimRing& ring, Duration timeout) {
  ring.add_bootstrap();
  for (std::size_t i = 0; i < 12; ++i) {
    NatConfig nat = i % 2 == 0 ? port_restricted_cone() : symmetric();
    nat.mapping_timeout = timeout;
    ring.add_member(ring.network().add_nat_site(nat), TimePoint{} + std::chrono::milliseconds(100 * i));
  }
  ring.network().run_for(10min);
  REQUIRE(ring.near_links_are_right());
}

void check_links_stay(Duration timeout, double loss) {
  SimRing ring({.seed = 51, .network = {.latency = 30ms, .loss = loss}});
  add_behind_nats(ring, timeout);
  const auto before = direct_links(ring);
  REQUIRE(before.size() >= 36);  // three a member
  ring.network().run_for(30min);
  const auto after = direct_links(ring);
  std::size_t kept = 0;
  for (const auto& [ends, since] : before) {
    const auto found = after.find(ends);
    kept += found != after.end() && found->second == since ? 1U : 0U;
  }
  CHECK(kept == before.size());
  ring.network().set_loss(0);  // a ping that is lost tells nothing of a link
  CHECK(ring.ping_all_pairs(20s) == ring.pairs());
}

}  // namespace

TEST_CASE("links of idle members stay behind NATs that forget after 20 seconds") {
  check_links_stay(20s, 0);
}

TEST_CASE(
    "links of idle members stay behind NATs that forget after a time between two steps of the pace of keep-alives") {
  for (const Duration forgets : {24s, 30s, 37s, 45s}) {
    CAPTURE(forgets / 1s);
    check_links_stay(forgets, 0);
  }
}

TEST_CASE("links of idle members stay behind NATs that forget after ten minutes") {
  check_links_stay(10min, 0);
}

TEST_CASE("links of idle members stay behind NATs that forget after 20 seconds where a twentieth of all is lost") {
  check_links_stay(20s, 0.05);
}

TEST_CASE("who is only talked to keeps the link that it comes over, behind NATs that forget after 20 seconds") {
  SimRing ring({.seed = 51, .network = {.latency = 30ms}});
  add_behind_nats(ring, 20s);
  SimNode &talks = ring.at(1), &listens = ring.at(3);
  REQUIRE(listens.node().address());
  // Since when the two are linked directly.
  const auto direct_since = [&]() -> std::optional<TimePoint> {
    const auto links = direct_links(ring);
    const auto found = links.find({talks.node().id(), listens.node().id()});
    return found == links.end() ? std::nullopt : std::optional(found->second);
  };
  std::uint16_t sent = 0;
  const auto talk = [&](int times, Duration pause) {
    for (int i = 0; i < times; ++i) {
      talks.ping(ring.network().now(), *listens.node().address(), ++sent, false);
      ring.network().drain(ring.host(1));
      ring.network().run_for(pause);
    }
  };
  talk(5, 2s);  // opens the link
  const auto since = direct_since();
  REQUIRE(since);
  listens.ping_answers.clear();
  // More often than any keep-alive, then so seldom that only those keep the way open.
  talk(40, 2s);
  talk(40, 45s);
  CHECK(listens.ping_answers.size() == 80);
  CHECK(direct_since() == since);
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
