#include <doctest/doctest.h>

#include "support/sim_ring.hpp"

using namespace ipop;
using namespace ipop::test_support;

namespace {

const net::Endpoint elsewhere{net::Ipv4Address(203, 0, 113, 77), 25000};

void name_elsewhere(node::NodeConfig& config) {
  config.bootstrap = {elsewhere};
  config.has_bootstrap = true;
}

}  // namespace

TEST_CASE("a node that no bootstrap node answers says so and takes no address until it has seen a member") {
  SimRing ring({.seed = 11});
  ring.add_bootstrap();
  bool is_blocked = true;
  ring.network().set_blocked([&](HostId, HostId) { return is_blocked; });
  const std::size_t member = ring.add_member(ring.network().add_public_site(), ring.network().now());
  SimNode& node = ring.at(member);
  ring.network().run_for(60s);
  CHECK_FALSE(node.node().address());
  const auto status = node.status(ring.network().now());
  REQUIRE(status.notices.size() == 1);
  CHECK(
      status.notices[0] ==
      "no answer from any bootstrap node in 10 s (is UDP blocked, or does an interface take less than 1,280 octets?)");

  is_blocked = false;
  REQUIRE(ring.network().run_until_done([&] { return node.node().address().has_value(); }, 120s));
  CHECK(node.status(ring.network().now()).notices.empty());
}

TEST_CASE(
    "a member that restarts where nobody answers keeps its old address in mind, and takes it once somebody does") {
  SimRing ring({.seed = 12});
  ring.add_bootstrap();
  const std::size_t member = ring.add_member(ring.network().add_public_site(), ring.network().now());
  REQUIRE(ring.network().run_until_done([&] { return ring.at(member).node().address().has_value(); }, 60s));
  const auto address = ring.at(member).node().address();
  ring.kill(member);
  bool is_blocked = true;
  ring.network().set_blocked([&](HostId, HostId) { return is_blocked; });
  ring.restart(member);
  ring.network().run_for(30s);
  CHECK_FALSE(ring.at(member).node().address());
  is_blocked = false;
  REQUIRE(ring.network().run_until_done([&] { return ring.at(member).node().address().has_value(); }, 120s));
  CHECK(ring.at(member).node().address() == address);
}

TEST_CASE("the first node of a new group takes an address: a bootstrap node itself, in a group without, or told so") {
  SimRing ring({.seed = 13});
  const auto site = [&] { return ring.network().add_public_site(); };
  const TimePoint now = ring.network().now();
  const std::size_t without = ring.add_member(site(), now, [](node::NodeConfig& config) { config.name_space = "one"; });
  const std::size_t told = ring.add_member(site(), now, [](node::NodeConfig& config) {
    config.name_space = "two";
    name_elsewhere(config);
    config.first = true;
  });
  const std::size_t itself = ring.add_member(site(), now + 1s, [](node::NodeConfig& config) {
    config.name_space = "three";
    name_elsewhere(config);
  });
  const auto own = ring.network().local_endpoint(ring.host(itself));
  ring.network().run_for(2s);
  CHECK(ring.at(without).node().address());
  // Names are resolved after the start.
  ring.at(itself).node().handle_bootstrap(ring.network().now(), {elsewhere, own});
  ring.network().drain(ring.host(itself));
  ring.network().run_for(20s);
  CHECK(ring.at(told).node().address());
  CHECK(ring.at(itself).node().address());
  for (const std::size_t index : {without, told, itself})
    CHECK(ring.at(index).node().notices().empty());
}
