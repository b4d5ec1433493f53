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

  // From here on a missing answer is a missing way, not a lost datagram.
  ring.network().set_loss(0);
  // Every node asks every other one who it is: questions and answers are routed by the ring alone.
  std::vector<std::uint64_t> walks;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    walks.push_back(ring.at(i).ask(ring.network().now(), node::MembersCommand{}));
    ring.network().drain(ring.host(i));
  }
  const auto walked = [&](std::size_t i) { return ring.at(i).answers.contains(walks[i]); };
  CHECK(ring.network().run_until_done(
      [&] {
        for (std::size_t i = 0; i < ring.size(); ++i) {
          if (!walked(i)) return false;
        }
        return true;
      },
      60s));
  std::size_t routable = 0;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    REQUIRE(walked(i));
    for (const auto& row : std::get<node::MembersAnswer>(*ring.at(i).answers.at(walks[i])).members) {
      routable += row.answered ? 1U : 0U;
    }
  }
  CHECK(routable == ring.size() * ring.size());

  // IP packets, each node to three others that it never spoke to.
  std::size_t asked = 0;
  std::size_t answered = 0;
  for (std::size_t from = 2; from < ring.size(); ++from) {
    for (const std::size_t step : {11U, 31U, 61U}) {
      const std::size_t to = 2 + (from - 2 + step) % (ring.size() - 2);
      ring.at(from).ping(ring.network().now(), *ring.at(to).node().address(), static_cast<std::uint16_t>(to));
      ring.network().drain(ring.host(from));
      ++asked;
    }
  }
  ring.network().run_for(10s);
  for (std::size_t i = 2; i < ring.size(); ++i)
    answered += ring.at(i).ping_answers.size();
  CHECK(answered == asked);
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
