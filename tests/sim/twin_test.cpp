// Two machines with one key.

#include <algorithm>

#include <doctest/doctest.h>

#include "support/sim_ring.hpp"

using namespace ipop;
using namespace ipop::test_support;

namespace {

constexpr const char* twin_text = "another machine runs with this node's key";
constexpr const char* waits_text = "keeps out of the ring";

bool tells(const SimNode& node, const std::string& part) {
  const auto notices = node.node().notices();
  return std::ranges::any_of(notices,
                             [&](const std::string& notice) { return notice.find(part) != std::string::npos; });
}

bool logged(const SimNode& node, const std::string& part) {
  return std::ranges::any_of(node.log, [&](const LogLine& line) { return line.text.find(part) != std::string::npos; });
}

/// Where the twins are.
enum class Place { two_nats, one_nat, symmetric, public_hosts };

struct Twins {
  Twins(std::uint64_t seed, Place place, bool closed, double loss)
      : ring({.seed = seed, .network = {.latency = 20ms, .loss = loss}, .closed = closed}) {
    ring.add_bootstrap();
    SimNetwork& network = ring.network();
    const SiteId everybody = network.add_public_site();
    for (int i = 0; i < 5; ++i)
      ring.add_member(everybody, TimePoint{});
    const auto site = [&] {
      return place == Place::symmetric      ? network.add_nat_site(symmetric())
             : place == Place::public_hosts ? network.add_public_site()
                                            : network.add_nat_site(full_cone());
    };
    const SiteId home = site();
    elder = ring.add_member(home, TimePoint{});
    REQUIRE(network.run_until_done([&] { return ring.all_joined() && ring.all_have_addresses(); }, 60s));
    network.run_for(20s);
    address = ring.at(elder).node().address();
    clone = ring.add_clone(elder, place == Place::one_nat ? home : site(), network.now() + 1s);
  }

  /// Within `limit`; how long it took.
  std::optional<Duration> find_each_other(Duration limit) {
    SimNetwork& network = ring.network();
    const TimePoint began = network.now();
    const bool done = network.run_until_done(
        [&] { return tells(ring.at(elder), twin_text) && tells(ring.at(clone), waits_text); }, limit);
    return done ? std::optional(network.now() - began) : std::nullopt;
  }
  bool reaches_elder(Duration limit) {
    SimNetwork& network = ring.network();
    ++pings;
    ring.at(1).ping(network.now(), *address, pings);
    network.drain(ring.host(1));
    return network.run_until_done([&] { return ring.at(1).ping_answers.contains(pings); }, limit);
  }

  SimRing ring;
  std::size_t elder = 0;
  std::size_t clone = 0;
  std::optional<net::Ipv4Address> address;
  std::uint16_t pings = 0;
};

}  // namespace

TEST_CASE("S22: of two machines with one key both say so and the younger leaves, wherever they are") {
  unsigned runs = 0;
  Duration longest{};
  for (std::uint64_t seed = 31; seed < 63; ++seed) {
    const auto place = static_cast<Place>(seed % 4);
    const bool closed = (seed / 4) % 2 == 1;
    CAPTURE(seed);
    CAPTURE(static_cast<int>(place));
    CAPTURE(closed);
    Twins twins(seed, place, closed, 0.0);
    const auto took = twins.find_each_other(60s);
    REQUIRE(took);
    longest = std::max(longest, *took);
    SimNode& elder = twins.ring.at(twins.elder);
    SimNode& clone = twins.ring.at(twins.clone);
    CHECK(logged(elder, twin_text));
    CHECK(logged(clone, twin_text));
    CHECK_FALSE(logged(elder, "leaving the ring"));
    CHECK_FALSE(clone.node().is_joined());
    CHECK(clone.node().connections().empty());
    CHECK_FALSE(clone.node().address().has_value());
    twins.ring.network().run_for(15s);
    CHECK(elder.node().is_joined());
    CHECK(elder.node().address() == twins.address);
    CHECK(twins.reaches_elder(5s));
    for (std::size_t i = 0; i < twins.ring.size(); ++i)
      CHECK((i == twins.elder || i == twins.clone || !logged(twins.ring.at(i), twin_text)));
    ++runs;
  }
  CHECK(runs == 32);
  MESSAGE("both knew after " << std::chrono::duration<double>(longest).count() << " s at the most");
}

TEST_CASE("S22: with a tenth of all packets lost the two find each other all the same") {
  for (std::uint64_t seed = 71; seed < 79; ++seed) {
    CAPTURE(seed);
    Twins twins(seed, static_cast<Place>(seed % 4), false, 0.1);
    CHECK(twins.find_each_other(180s));
    CHECK_FALSE(logged(twins.ring.at(twins.elder), "leaving the ring"));
  }
}

TEST_CASE("S22: the younger gives way each time that it looks, and takes over when the elder is gone") {
  for (const std::uint64_t seed : {41U, 42U, 43U, 44U}) {
    CAPTURE(seed);
    Twins twins(seed, static_cast<Place>(seed % 4), false, 0.0);
    SimNetwork& network = twins.ring.network();
    SimNode& elder = twins.ring.at(twins.elder);
    SimNode& clone = twins.ring.at(twins.clone);
    REQUIRE(twins.find_each_other(60s));
    network.run_for(12min);
    CHECK(elder.node().is_joined());
    CHECK(elder.node().address() == twins.address);
    CHECK(tells(elder, twin_text));
    CHECK_FALSE(logged(elder, "leaving the ring"));
    CHECK_FALSE(clone.node().address().has_value());
    const auto left = std::ranges::count_if(
        clone.log, [](const LogLine& line) { return line.text.find("leaving the ring") != std::string::npos; });
    CHECK(left >= 3);
    CHECK(left <= 6);

    twins.ring.kill(twins.elder);
    CHECK(network.run_until_done([&] { return clone.node().address().has_value(); }, 20min));
    CHECK(clone.node().address() == twins.address);
    CHECK(network.run_until_done([&] { return !tells(clone, twin_text); }, 2min));
    network.run_for(5min);
    CHECK(clone.node().address() == twins.address);
    CHECK(twins.reaches_elder(5s));
  }
}

TEST_CASE("S22: a machine that starts again, or slept, is no second machine") {
  for (const std::uint64_t seed : {51U, 52U, 53U, 54U, 55U}) {
    CAPTURE(seed);
    SimRing ring({.seed = seed, .network = {.latency = 20ms}});
    ring.add_bootstrap();
    SimNetwork& network = ring.network();
    const SiteId site = network.add_public_site();
    for (int i = 0; i < 5; ++i)
      ring.add_member(site, TimePoint{});
    REQUIRE(network.run_until_done([&] { return ring.all_joined() && ring.all_have_addresses(); }, 60s));
    network.run_for(20s);
    for (int i = 0; i < 4; ++i) {
      ring.kill(2);
      network.run_for(i * 3s);
      ring.restart(2);
      CHECK(network.run_until_done([&] { return ring.at(2).node().address().has_value(); }, 10s));
      network.run_for(20s);
    }
    ring.at(3).node().handle_suspend(network.now());
    network.drain(ring.host(3));
    network.run_for(3min);
    for (std::size_t i = 0; i < ring.size(); ++i) {
      CHECK_FALSE(logged(ring.at(i), twin_text));
      CHECK(ring.at(i).node().is_joined());
    }
  }
}

TEST_CASE("S22: two with one key who reach no peer in common directly find each other all the same") {
  Duration longest{};
  for (std::uint64_t seed = 81; seed < 97; ++seed) {
    const std::size_t side = 1 + seed % 4;  // members that only one of the two reaches
    CAPTURE(seed);
    SimRing ring({.seed = seed, .network = {.latency = 20ms}, .closed = seed % 3 == 0});
    SimNetwork& network = ring.network();
    // The first half is the elder's, the second the clone's.
    std::vector<std::size_t> halves;
    for (std::size_t i = 0; i < 2; ++i)
      halves.push_back(ring.add_bootstrap());
    const SiteId everybody = network.add_public_site();
    for (std::size_t i = 0; i < 2 * side; ++i)
      halves.push_back(ring.add_member(everybody, TimePoint{}));
    const std::size_t elder = ring.add_member(network.add_nat_site(full_cone()), TimePoint{});
    const std::size_t clone = elder + 1;
    network.set_blocked([&](HostId a, HostId b) {
      const auto is_cut = [&](HostId one, HostId other) {
        const auto member = static_cast<std::size_t>(
            std::ranges::find_if(halves, [&](std::size_t i) { return ring.host(i) == other; }) - halves.begin());
        if (one == ring.host(elder)) return member >= halves.size() || member % 2 == 1;
        return ring.size() > clone && one == ring.host(clone) && (member >= halves.size() || member % 2 == 0);
      };
      return is_cut(a, b) || is_cut(b, a);
    });
    REQUIRE(network.run_until_done([&] { return ring.all_joined() && ring.all_have_addresses(); }, 120s));
    network.run_for(20s);
    const auto address = ring.at(elder).node().address();
    REQUIRE(ring.add_clone(elder, network.add_nat_site(full_cone()), network.now() + 1s) == clone);
    const TimePoint began = network.now();
    CHECK(network.run_until_done([&] { return tells(ring.at(elder), twin_text) && tells(ring.at(clone), waits_text); },
                                 120s));
    longest = std::max(longest, network.now() - began);
    for (const overlay::Connection& link : ring.at(elder).node().connections()) {
      const auto is_it = [&](std::size_t i) { return ring.at(i).node().id() == link.peer; };
      const auto member = std::ranges::find_if(halves, is_it) - halves.begin();
      CHECK((!link.is_direct() || member % 2 == 0));
    }
    CHECK(logged(ring.at(elder), twin_text));
    CHECK(logged(ring.at(clone), twin_text));
    CHECK_FALSE(logged(ring.at(elder), "leaving the ring"));
    network.run_for(15s);
    CHECK(ring.at(elder).node().is_joined());
    CHECK(ring.at(elder).node().address() == address);
    CHECK_FALSE(ring.at(clone).node().is_joined());
  }
  MESSAGE("both knew after " << std::chrono::duration<double>(longest).count() << " s at the most");
}
