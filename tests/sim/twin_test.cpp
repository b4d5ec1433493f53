// Two machines with one key.

#include <algorithm>

#include <doctest/doctest.h>

#include "support/sim_ring.hpp"

using namespace ipop;
using namespace ipop::test_support;

namespace {

bool tells(const SimNode& node, const std::string& part) {
  const auto notices = node.node().notices();
  return std::ranges::any_of(notices,
                             [&](const std::string& notice) { return notice.find(part) != std::string::npos; });
}

bool logged(const SimNode& node, const std::string& part) {
  return std::ranges::any_of(node.log, [&](const LogLine& line) { return line.text.find(part) != std::string::npos; });
}

constexpr const char* twin_text = "another machine runs with this node's key";

}  // namespace

TEST_CASE("S22: of two machines with one key both say so, the younger leaves, and comes back when the other is gone") {
  for (const std::uint64_t seed : {31U, 32U}) {
    CAPTURE(seed);
    SimRing ring({.seed = seed, .network = {.latency = 20ms}});
    ring.add_bootstrap();
    const SiteId site = ring.network().add_public_site();
    for (int i = 0; i < 6; ++i)
      ring.add_member(site, TimePoint{});
    SimNetwork& network = ring.network();
    REQUIRE(network.run_until_done([&] { return ring.all_joined() && ring.all_have_addresses(); }, 60s));
    network.run_for(20s);

    constexpr std::size_t elder = 3;
    const auto address = ring.at(elder).node().address();
    const std::size_t clone = ring.add_clone(elder, network.add_nat_site(full_cone()), network.now() + 1s);
    const bool both_know = network.run_until_done(
        [&] { return tells(ring.at(elder), twin_text) && tells(ring.at(clone), twin_text); }, 60s);
    CHECK(both_know);
    CHECK(logged(ring.at(elder), twin_text));
    CHECK(logged(ring.at(clone), twin_text));
    CHECK(network.run_until_done([&] { return !ring.at(clone).node().is_joined(); }, 10s));
    CHECK_FALSE(tells(ring.at(elder), "waits"));
    CHECK(tells(ring.at(clone), "waits"));
    CHECK(ring.at(clone).node().connections().empty());
    CHECK_FALSE(ring.at(clone).node().address().has_value());
    network.run_for(30s);
    CHECK(ring.at(elder).node().is_joined());
    CHECK(ring.at(elder).node().address() == address);
    ring.at(1).ping(network.now(), *address, 7);
    network.drain(ring.host(1));
    CHECK(network.run_until_done([&] { return ring.at(1).ping_answers.contains(7); }, 10s));

    // It tries again now and then, and gives way each time.
    network.run_for(8min);
    CHECK(ring.at(elder).node().address() == address);
    CHECK_FALSE(ring.at(clone).node().address().has_value());
    CHECK(tells(ring.at(elder), twin_text));

    ring.kill(elder);
    CHECK(network.run_until_done([&] { return ring.at(clone).node().address().has_value(); }, 12min));
    CHECK(ring.at(clone).node().address() == address);
    CHECK(network.run_until_done([&] { return !tells(ring.at(clone), twin_text); }, 1min));
    network.run_for(5min);
    CHECK(ring.at(clone).node().address() == address);
  }
}

TEST_CASE("S22: a machine that starts again, from an old state as well, is no second machine") {
  SimRing ring({.seed = 33, .network = {.latency = 20ms}});
  ring.add_bootstrap();
  const SiteId site = ring.network().add_public_site();
  for (int i = 0; i < 5; ++i)
    ring.add_member(site, TimePoint{});
  SimNetwork& network = ring.network();
  REQUIRE(network.run_until_done([&] { return ring.all_joined() && ring.all_have_addresses(); }, 60s));
  network.run_for(20s);
  for (int i = 0; i < 3; ++i) {
    ring.kill(2);
    network.run_for(i * 5s);
    ring.restart(2);
    CHECK(network.run_until_done([&] { return ring.at(2).node().address().has_value(); }, 10s));
    network.run_for(60s);
  }
  network.run_for(12min);
  for (std::size_t i = 0; i < ring.size(); ++i) {
    CHECK_FALSE(logged(ring.at(i), twin_text));
    CHECK(ring.at(i).node().is_joined());
  }
}
