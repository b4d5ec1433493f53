#include <doctest/doctest.h>

#include "support/sim_ring.hpp"

using namespace ipop;
using namespace ipop::test_support;

namespace {

/// Three sites in four behind a NAT of varying kind, as homes, labs and clouds are.
SiteId make_site(SimNetwork& network, std::size_t number) {
  switch (number % 4) {
    case 0: return network.add_nat_site(port_restricted_cone());
    case 1: return network.add_nat_site(full_cone());
    case 2: return network.add_nat_site(symmetric());
    default: return network.add_public_site();
  }
}

/// Two bootstrap nodes and `members` that start within one virtual second, two at a site.
std::unique_ptr<SimRing> cold_start(std::uint64_t seed, std::size_t members, double loss) {
  auto made =
      std::make_unique<SimRing>(SimRing::Config{.seed = seed, .network = {.latency_spread = 0.2, .loss = loss}});
  SimRing& ring = *made;
  SeededRng rng(seed + 17);
  ring.add_bootstrap();
  ring.add_bootstrap();
  SiteId site{};
  for (std::size_t i = 0; i < members; ++i) {
    if (i % 2 == 0) site = make_site(ring.network(), i / 2);
    ring.add_member(site, TimePoint{} + std::chrono::milliseconds(rng.below(1000)));
  }
  return made;
}

}  // namespace

TEST_CASE("100 nodes that start within one second end with every near link right and no address twice") {
  const auto made = cold_start(7, 98, 0.01);
  SimRing& ring = *made;
  REQUIRE(ring.size() == 100);
  ring.network().run_for(1s);
  const bool ready = ring.network().run_until_done(
      [&] { return ring.all_joined() && ring.all_have_addresses() && ring.near_links_are_right(); }, 60s);
  INFO(ring.describe_near_links());
  CHECK(ready);
  CHECK(ring.duplicate_addresses() == 0);
  MESSAGE("ready at " << std::chrono::duration<double>(ring.network().now().time_since_epoch()).count() << " s");

  SUBCASE("and every pair is routable") {
    CHECK(ring.ping_all_pairs(30s) == ring.pairs());
    CHECK(ring.pairs() == 98U * 97U);
  }
}

TEST_CASE("one seed reproduces a run exactly") {
  const auto run = [](std::uint64_t seed) {
    const auto ring = cold_start(seed, 18, 0.05);
    ring->network().run_for(30s);
    return ring->network().trace_hash();
  };
  CHECK(run(3) == run(3));
  CHECK(run(3) != run(4));
}

TEST_CASE("nodes with real TLS and AES-GCM form the same kind of ring") {
  SimRing ring({.seed = 11, .crypto = SimCrypto::real});
  ring.add_bootstrap();
  for (std::size_t i = 0; i < 12; ++i) {
    ring.add_member(make_site(ring.network(), i), TimePoint{} + std::chrono::milliseconds(50 * i));
  }
  CHECK(ring.network().run_until_done(
      [&] {
        return ring.network().now() > TimePoint{} + 1s && ring.all_joined() && ring.all_have_addresses() &&
               ring.near_links_are_right();
      },
      60s));
  CHECK(ring.duplicate_addresses() == 0);
  CHECK(ring.ping_all_pairs(20s) == ring.pairs());
}
