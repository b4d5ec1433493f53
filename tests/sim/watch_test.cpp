// Who watches a key of the DHT hears of its changes, through NATs, with many watchers, while members die.

#include <algorithm>

#include <doctest/doctest.h>

#include "support/sim_ring.hpp"

using namespace ipop;
using namespace ipop::test_support;

namespace {

std::unique_ptr<SimRing> make_ring(std::size_t members, std::uint64_t seed) {
  auto ring = std::make_unique<SimRing>(SimRing::Config{.seed = seed});
  ring->add_bootstrap();
  for (std::size_t i = 0; i < members; ++i) {
    const SiteId site =
        i % 2 == 0 ? ring->network().add_nat_site(port_restricted_cone()) : ring->network().add_public_site();
    ring->add_member(site, TimePoint{} + std::chrono::milliseconds(10 * i));
  }
  return ring;
}

void ask(SimRing& ring, std::size_t index, const node::Command& command) {
  static_cast<void>(ring.at(index).ask(ring.network().now(), command));
  ring.network().drain(ring.host(index));
}

void put(SimRing& ring, std::size_t index, std::string_view value) {
  ask(ring, index, node::DhtPutCommand{"condor-manager", to_bytes(as_bytes(value))});
}

std::size_t changes_since(SimRing& ring, std::size_t index, TimePoint since) {
  const auto& events = ring.at(index).events;
  return static_cast<std::size_t>(std::ranges::count_if(events, [&](const auto& event) {
    return event.first >= since && std::holds_alternative<node::DhtChangedEvent>(event.second);
  }));
}

/// Living members that heard of a change.
std::size_t told_since(SimRing& ring, TimePoint since) {
  std::size_t told = 0;
  for (std::size_t i = 0; i < ring.size(); ++i)
    told += ring.is_alive(i) && changes_since(ring, i, since) > 0 ? 1U : 0U;
  return told;
}

}  // namespace

TEST_CASE("of 100 nodes that watch a key all hear of a change within two seconds, and again after a tenth has died") {
  const auto made = make_ring(99, 21);
  SimRing& ring = *made;
  REQUIRE(ring.network().run_until_done([&] { return ring.all_joined() && ring.near_links_are_right(); }, 60s));
  const TimePoint begun = ring.network().now();
  for (std::size_t i = 0; i < ring.size(); ++i)
    ask(ring, i, node::DhtWatchCommand{"condor-manager"});
  CHECK(ring.network().run_until_done([&] { return told_since(ring, begun) == ring.size(); }, 10s));
  ring.network().run_for(5s);

  TimePoint changed = ring.network().now();
  put(ring, 5, "10.128.0.5");
  CHECK(ring.network().run_until_done([&] { return told_since(ring, changed) == ring.size(); }, 2s));
  ring.network().run_for(10s);
  std::size_t events = 0;
  for (std::size_t i = 0; i < ring.size(); ++i)
    events += changes_since(ring, i, changed);
  CHECK(events == ring.size());

  // Ten members end without a word, holders of the key among them; who watches asks again within 72 s.
  for (std::size_t i = 10; i < 20; ++i)
    ring.kill(i);
  ring.network().run_for(90s);
  changed = ring.network().now();
  put(ring, 5, "10.128.0.6");
  CHECK(ring.network().run_until_done([&] { return told_since(ring, changed) == ring.size() - 10; }, 2s));
}
