// Bootstrap lists whose entries lie, and bootstrap nodes that are full.

#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "support/ring_cost.hpp"
#include "support/sim_ring.hpp"

using namespace ipop;
using namespace ipop::test_support;

TEST_CASE("S24: bootstrap entries that are silent, strangers' or another group's delay a join and bring nobody in") {
  SimRing ring({.seed = 31, .crypto = SimCrypto::real, .closed = true});
  ring.add_bootstrap();
  for (std::size_t i = 0; i < 6; ++i)
    ring.add_member(ring.network().add_public_site(), TimePoint{} + std::chrono::milliseconds(20 * i));
  const auto is_ready = [&] { return ring.all_joined() && ring.all_have_addresses() && ring.near_links_are_right(); };
  REQUIRE(ring.network().run_until_done(is_ready, 60s));

  const auto now = [&] { return ring.network().now(); };
  const auto endpoint_of = [&](std::size_t index) { return ring.network().local_endpoint(ring.host(index)); };
  const auto honest = endpoint_of(0);
  const std::size_t stranger = ring.add_member(ring.network().add_public_site(), now(), [](node::NodeConfig& config) {
    config.trust.reset();
    config.certificate.reset();
    config.bootstrap.clear();
    config.has_bootstrap = false;
  });
  const std::size_t other_group =
      ring.add_member(ring.network().add_public_site(), now(), [](node::NodeConfig& config) {
        config.name_space = "another group";
        config.bootstrap.clear();
        config.has_bootstrap = false;
      });
  const std::size_t gone = ring.add_member(ring.network().add_public_site(), now());
  ring.network().run_for(10s);
  ring.kill(gone);
  ring.network().run_for(60s);

  const TimePoint started = now();
  const std::size_t member = ring.add_member(ring.network().add_public_site(), started, [&](node::NodeConfig& config) {
    config.bootstrap = {endpoint_of(gone), endpoint_of(stranger), endpoint_of(other_group), honest};
  });
  SimNode& joining = ring.at(member);
  REQUIRE(ring.network().run_until_done([&] { return joining.node().address().has_value(); }, 60s));
  CHECK(now() - started <= 15s);
  ring.network().run_for(30s);
  for (const auto& link : joining.node().connections()) {
    CHECK(link.peer != ring.at(stranger).node().id());
    CHECK(link.peer != ring.at(other_group).node().id());
  }
  CHECK(ring.at(stranger).node().connections().empty());
  CHECK(ring.at(other_group).node().connections().empty());
}

TEST_CASE("bootstrap nodes with as many links as they keep, for want of a relay, take in who comes all the same") {
  constexpr std::size_t members = 120;
  SimRing ring({.seed = 32});
  for (int i = 0; i < 2; ++i)
    ring.add_bootstrap([](node::NodeConfig& config) { config.most_links = 40; });
  for (std::size_t i = 0; i < members; ++i)
    ring.add_member(add_site(ring.network(), i), TimePoint{} + 500ms * i);
  const auto is_ready = [&] { return ring.all_joined() && ring.all_have_addresses() && ring.near_links_are_right(); };
  CHECK(ring.network().run_until_done(is_ready, 500ms * members + 30s));
  std::uint64_t made_room = 0;
  for (std::size_t i = 0; i < 2; ++i)
    made_room += ring.at(i).status(ring.network().now()).counters["links_made_room"];
  CHECK(made_room > 0);
}

TEST_CASE("a full node takes nobody's last ways in for who comes: who is in the ring stays in it") {
  for (const std::uint64_t seed : {33U, 34U, 40U}) {
    CAPTURE(seed);
    SimRing ring({.seed = seed});
    for (int i = 0; i < 2; ++i)
      ring.add_bootstrap([](node::NodeConfig& config) { config.most_links = 16; });
    // None of them can be linked with another, but by the two.
    for (std::size_t i = 0; i < 40; ++i)
      ring.add_member(ring.network().add_nat_site(symmetric()), TimePoint{} + 1s * i);
    const auto members_in = [&] {
      std::set<std::size_t> out;
      for (std::size_t i = 0; i < ring.size(); ++i)
        if (ring.at(i).node().is_joined()) out.insert(i);
      return out;
    };
    ring.network().run_for(90s);
    const auto before = members_in();
    CHECK(before.size() > 8);
    ring.network().run_for(300s);
    const auto after = members_in();
    CHECK(std::ranges::includes(after, before));
  }
}
