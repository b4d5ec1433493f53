#include <algorithm>
#include <map>

#include <doctest/doctest.h>

#include "support/sim_ring.hpp"

using namespace ipop;
using namespace ipop::test_support;

namespace {

std::unique_ptr<SimRing> ring_of(std::uint64_t seed, std::size_t members) {
  auto made = std::make_unique<SimRing>(SimRing::Config{.seed = seed, .network = {.latency = 20ms}});
  SimRing& ring = *made;
  ring.add_bootstrap();
  for (std::size_t i = 0; i < members; ++i) {
    // Somebody must be reachable for those behind symmetric NATs: the ones behind full cones are.
    const NatConfig nat = i % 5 == 4 ? symmetric() : i % 5 == 2 ? full_cone() : port_restricted_cone();
    const SiteId site = ring.network().add_nat_site(nat);
    ring.add_member(site, TimePoint{} + std::chrono::milliseconds(20 * i));
  }
  ring.network().run_for(2s);
  REQUIRE(ring.network().run_until_done(
      [&] { return ring.all_joined() && ring.all_have_addresses() && ring.near_links_are_right(); }, 60s));
  return made;
}

/// Living nodes have right near links; the dead do not count.
bool repaired(const SimRing& ring) {
  return ring.near_links_are_right();
}

/// Every second each pings all: in one of these seconds nothing is lost.
bool all_pairs_answer_within(SimRing& ring, unsigned seconds) {
  for (unsigned i = 0; i < seconds; ++i) {
    if (ring.ping_all_pairs(1s) == ring.pairs()) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a ring mends itself when nodes die without a word") {
  const auto made = ring_of(21, 24);
  SimRing& ring = *made;
  for (const std::size_t dead : {3U, 4U, 11U, 20U})
    ring.kill(dead);
  INFO(ring.describe_near_links());
  CHECK(ring.network().run_until_done([&] { return repaired(ring); }, 120s));
  // Quiet links to the dead are found out by three missed keep-alives and three probes.
  ring.network().run_for(90s);
  CHECK(ring.ping_all_pairs(20s) == ring.pairs());
}

TEST_CASE("members reach one another when the bootstrap node is down") {
  const auto made = ring_of(22, 12);
  SimRing& ring = *made;
  ring.kill(0);
  CHECK(ring.network().run_until_done([&] { return repaired(ring); }, 120s));
  // Pairs that it relayed for notice when their packets stay unanswered.
  CHECK(all_pairs_answer_within(ring, 5));

  SUBCASE("and a member that restarts finds them through the peers that it remembers") {
    ring.network().run_for(30s);
    const auto address = ring.at(5).node().address();
    ring.kill(5);
    ring.network().run_for(5s);
    ring.restart(5);
    CHECK(ring.network().run_until_done([&] { return ring.at(5).node().is_joined(); }, 60s));
    CHECK(ring.network().run_until_done([&] { return ring.at(5).node().address().has_value(); }, 30s));
    CHECK(ring.at(5).node().address() == address);
  }
}

TEST_CASE("the bootstrap node that all links of a member go through dies while the ring is young") {
  // With these seeds a member behind a symmetric NAT has no direct link but that one.
  for (const std::uint64_t seed : {30U, 32U}) {
    CAPTURE(seed);
    const auto made = ring_of(seed, 12);
    SimRing& ring = *made;
    ring.kill(0);
    CHECK(ring.network().run_until_done([&] { return repaired(ring); }, 20s));
    INFO(ring.describe_near_links());
    CHECK(all_pairs_answer_within(ring, 5));
  }
}

TEST_CASE("a restarted member takes its old address again") {
  const auto made = ring_of(23, 10);
  SimRing& ring = *made;
  ring.network().run_for(30s);
  const auto address = ring.at(4).node().address();
  ring.kill(4);
  ring.restart(4);
  CHECK(ring.network().run_until_done([&] { return ring.at(4).node().address().has_value(); }, 30s));
  CHECK(ring.at(4).node().address() == address);
}

TEST_CASE("two halves of a split ring become one ring again and no address stays with two") {
  const auto made = ring_of(24, 20);
  SimRing& ring = *made;
  const auto half = [](HostId host) { return host.value % 2; };
  ring.network().set_blocked([&](HostId a, HostId b) { return half(a) != half(b); });
  ring.network().run_for(180s);
  ring.network().set_blocked(nullptr);
  INFO(ring.describe_near_links());
  CHECK(ring.network().run_until_done([&] { return repaired(ring); }, 120s));
  ring.network().run_for(60s);
  CHECK(ring.duplicate_addresses() == 0);
  CHECK(ring.ping_all_pairs(30s) == ring.pairs());
}

TEST_CASE("two members that took one address in separate rings end with two addresses") {
  SimRing ring({.seed = 25, .network = {.latency = 20ms}});
  const SiteId site = ring.network().add_public_site();
  const auto same_address = [](node::NodeConfig& config) {
    config.preferred_address = net::Ipv4Address(10, 200, 3, 4);
  };
  const auto knows = [&](std::size_t index) {
    return [endpoint = ring.network().local_endpoint(ring.host(index))](node::NodeConfig& config) {
      config.bootstrap = {endpoint};
      config.has_bootstrap = true;
    };
  };
  // A ring of five, whose members saw the lease being granted.
  const std::size_t first = ring.add_member(site, TimePoint{});
  for (int i = 0; i < 3; ++i)
    ring.add_member(site, ring.network().now(), knows(first));
  ring.network().run_for(5s);
  const std::size_t older = ring.add_member(site, ring.network().now(), [&](node::NodeConfig& config) {
    same_address(config);
    knows(first)(config);
  });
  ring.network().run_for(10s);
  REQUIRE(ring.at(older).node().address() == net::Ipv4Address(10, 200, 3, 4));
  // One that knows nobody grants itself the same address.
  const std::size_t lonely = ring.add_member(site, ring.network().now(), same_address);
  ring.network().run_for(5s);
  REQUIRE(ring.at(lonely).node().address() == net::Ipv4Address(10, 200, 3, 4));

  // They meet, as when somebody gives one of them the other's endpoint.
  ring.at(lonely).node().handle_bootstrap(ring.network().now(), {ring.network().local_endpoint(ring.host(first))});
  ring.network().drain(ring.host(lonely));
  CHECK(ring.network().run_until_done(
      [&] { return ring.all_joined() && ring.all_have_addresses() && ring.duplicate_addresses() == 0; }, 60s));
  CHECK(ring.at(older).node().address() == net::Ipv4Address(10, 200, 3, 4));
}

TEST_CASE("a member whose NAT forgets its mappings is reachable again") {
  SimRing ring({.seed = 26, .network = {.latency = 20ms}});
  ring.add_bootstrap();
  std::vector<SiteId> sites;
  for (std::size_t i = 0; i < 6; ++i) {
    sites.push_back(ring.network().add_nat_site(full_cone()));
    ring.add_member(sites.back(), TimePoint{} + std::chrono::milliseconds(20 * i));
  }
  REQUIRE(ring.network().run_until_done(
      [&] { return ring.network().now() > TimePoint{} + 1s && ring.all_joined() && ring.all_have_addresses(); }, 60s));
  ring.network().nat(sites[2]).reset();
  ring.network().run_for(60s);
  CHECK(ring.ping_all_pairs(20s) == ring.pairs());
}

TEST_CASE("the walk of the ring finds every member") {
  const auto made = ring_of(27, 15);
  SimRing& ring = *made;
  const auto number = ring.at(3).ask(ring.network().now(), node::MembersCommand{});
  ring.network().drain(ring.host(3));
  CHECK(ring.network().run_until_done([&] { return ring.at(3).answers.contains(number); }, 30s));
  const auto& members = std::get<node::MembersAnswer>(*ring.at(3).answers.at(number));
  CHECK(members.complete);
  CHECK(members.members.size() == 16);
  CHECK(std::ranges::count_if(members.members, [](const node::MemberRow& row) { return row.answered; }) == 16);
}

TEST_CASE("a value put by one member is read by another, and a create of a taken key fails") {
  const auto made = ring_of(28, 20);
  SimRing& ring = *made;
  const auto run = [&](std::size_t index, const node::Command& command) {
    const auto number = ring.at(index).ask(ring.network().now(), command);
    ring.network().drain(ring.host(index));
    REQUIRE(ring.network().run_until_done([&] { return ring.at(index).answers.contains(number); }, 30s));
    return std::get<node::DhtAnswer>(*ring.at(index).answers.at(number));
  };
  const Bytes value = to_bytes(as_bytes("hello"));
  CHECK(run(3, node::DhtPutCommand{.key = "greeting", .value = value, .exclusive = true}).outcome ==
        dht::Outcome::done);
  const auto read = run(9, node::DhtGetCommand{"greeting"});
  REQUIRE(read.values.size() == 1);
  CHECK(read.values[0].value == value);
  CHECK(read.values[0].owner == ring.at(3).node().id());
  CHECK(run(5, node::DhtPutCommand{.key = "greeting", .value = value, .exclusive = true}).outcome ==
        dht::Outcome::exists);
  CHECK(run(5, node::DhtGetCommand{"nothing"}).outcome == dht::Outcome::not_found);
}
