// Paths that lie: what passes a handshake need not carry data.

#include <algorithm>
#include <optional>
#include <utility>

#include <doctest/doctest.h>

#include "overlay_host.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;
using test_support::port_restricted_cone;
using test_support::SimPath;
using test_support::symmetric;

namespace {

/// A ring of public nodes, and two more of them whose path to each other the test decides.
struct Treacherous {
  explicit Treacherous(std::uint64_t seed, SimNetwork::Config config = {.latency = 20ms}) : ring(seed, config) {
    ring.add_public();
    for (int i = 1; i < 10; ++i)
      ring.add(ring.network.add_public_site(), std::chrono::milliseconds(50 * i));
    first = ring.add(ring.network.add_public_site(), 600ms);
    second = ring.add(ring.network.add_public_site(), 700ms);
  }
  void take(const SimPath& there, const SimPath& back) {
    ring.network.set_path(ring.host_ids[first], ring.host_ids[second], there);
    ring.network.set_path(ring.host_ids[second], ring.host_ids[first], back);
  }
  void take(const SimPath& both) { take(both, both); }

  /// A packet each way every 100 ms for `time`; how many of those sent in it arrived.
  struct Traffic {
    unsigned sent = 0;
    std::size_t arrived = 0;
    Duration longest_gap{};  ///< between two arrivals at either end
  };
  Traffic talk(Duration time) {
    Traffic out;
    std::size_t before[2] = {ring[first].packets.size(), ring[second].packets.size()};
    const TimePoint start = ring.network.now();
    while (ring.network.now() < start + time) {
      out.sent += 2;
      ring.want(first, second);
      static_cast<void>(ring.send_ip(first, second));
      static_cast<void>(ring.send_ip(second, first));
      ring.network.run_for(100ms);
    }
    const std::size_t ends[2] = {first, second};
    for (int i = 0; i < 2; ++i) {
      const auto& packets = ring[ends[i]].packets;
      out.arrived += packets.size() - before[i];
      TimePoint last = start;
      for (std::size_t n = before[i]; n < packets.size(); ++n) {
        out.longest_gap = std::max(out.longest_gap, packets[n].when - last);
        last = packets[n].when;
      }
      out.longest_gap = std::max(out.longest_gap, ring.network.now() - last);
    }
    return out;
  }

  SimRing ring;
  std::size_t first = 0;
  std::size_t second = 0;
};

constexpr SimPath nothing_passes{.drops_all = true};
constexpr SimPath handshakes_pass{.drops_sealed = true};

}  // namespace

TEST_CASE("a relayed pair stays relayed when the way between passes handshakes and drops data") {
  for (const std::uint64_t seed : {61U, 62U, 63U}) {
    INFO("seed " << seed);
    Treacherous pair(seed);
    pair.take(nothing_passes);
    pair.talk(15s);
    REQUIRE(pair.ring.are_linked(pair.first, pair.second, false));
    pair.take(handshakes_pass);
    const auto traffic = pair.talk(160s);
    CHECK(traffic.arrived + 4 >= traffic.sent);
    CHECK(traffic.longest_gap < 1s);
    CHECK(pair.ring.are_linked(pair.first, pair.second, false));
  }
}

TEST_CASE("a new pair whose direct way passes handshakes only is relayed, and its back-off grows") {
  Treacherous pair(64);
  pair.take(handshakes_pass);
  pair.ring.network.run_for(30s);
  pair.talk(10s);
  const auto traffic = pair.talk(150s);
  CHECK(traffic.arrived + 4 >= traffic.sent);
  CHECK(pair.ring.are_linked(pair.first, pair.second, false));
  const auto report = pair.ring[pair.first].overlay().report(pair.ring.network.now(), pair.ring.ids[pair.second]);
  CHECK(report.punch_attempts <= 8);
}

TEST_CASE("a pair becomes direct once the way between carries data") {
  Treacherous pair(65);
  pair.take(handshakes_pass);
  pair.ring.network.run_for(30s);
  pair.talk(20s);
  REQUIRE(pair.ring.are_linked(pair.first, pair.second, false));
  pair.take(SimPath{});
  const auto traffic = pair.talk(400s);
  CHECK(traffic.arrived + 4 >= traffic.sent);
  CHECK(pair.ring.are_linked(pair.first, pair.second, true));
}

TEST_CASE("a path that stops carrying data falls back within three seconds") {
  const SimPath one_way_back{};
  struct Case {
    const char* name;
    SimPath there;
    SimPath back;
  };
  const Case cases[] = {{"sealed packets vanish", handshakes_pass, handshakes_pass},
                        {"nothing passes", nothing_passes, nothing_passes},
                        {"one way only", nothing_passes, one_way_back},
                        {"the other way only", one_way_back, nothing_passes},
                        {"handshakes one way only", handshakes_pass, one_way_back}};
  for (const Case& one : cases) {
    INFO(one.name);
    Treacherous pair(66);
    pair.ring.network.run_for(30s);
    pair.talk(20s);
    REQUIRE(pair.ring.are_linked(pair.first, pair.second, true));
    pair.take(one.there, one.back);
    const auto traffic = pair.talk(120s);
    MESSAGE(std::string(one.name) << ": longest gap " << traffic.longest_gap / 1ms << " ms, "
                                  << traffic.sent - traffic.arrived << " of " << traffic.sent << " lost");
    CHECK(traffic.longest_gap <= 3s);
  }
}

TEST_CASE("a path that dies after n packets, again and again, costs three seconds each time and grows rare") {
  for (const std::uint64_t life : {3U, 8U, 20U, 60U, 300U}) {
    INFO("dies after " << life);
    Treacherous pair(67);
    pair.ring.network.run_for(30s);
    pair.talk(5s);
    pair.take(SimPath{.dies_after = life});
    Treacherous::Traffic all;
    for (int i = 0; i < 10; ++i) {
      const auto traffic = pair.talk(30s);
      CHECK(traffic.longest_gap <= 3s);
      all.sent += traffic.sent;
      all.arrived += traffic.arrived;
      pair.take(SimPath{.dies_after = life});
    }
    MESSAGE("dies after " << life << ": " << all.arrived << " of " << all.sent);
    CHECK(all.arrived * 100 >= all.sent * 85);
  }
}

TEST_CASE("a path for small packets only carries no traffic") {
  Treacherous pair(68);
  pair.take(SimPath{.largest = 600});
  pair.ring.network.run_for(30s);
  pair.talk(10s);
  CHECK(pair.ring.are_linked(pair.first, pair.second, false));
  // A way that gets narrower under a link.
  Treacherous other(69);
  other.ring.network.run_for(30s);
  other.talk(10s);
  REQUIRE(other.ring.are_linked(other.first, other.second, true));
  other.take(SimPath{.largest = 600});
  other.talk(8s);
  CHECK(other.ring.are_linked(other.first, other.second, false));
}

TEST_CASE("a path with a small MTU carries what fits, and both ends know how much") {
  Treacherous pair(72);
  // An uplink of 1280 octets with IPv6's header, and nobody says that packets were too big.
  pair.take(SimPath{.largest = 1280 - 48});
  pair.ring.network.run_for(30s);
  pair.talk(10s);
  REQUIRE(pair.ring.are_linked(pair.first, pair.second, true));
  // Sealed it has 28 octets more.
  const auto fits = [](std::uint16_t carries, unsigned room) {
    return carries + 28U <= room && carries + 28U + PathProof::close_enough > room;
  };
  CHECK(fits(pair.ring[pair.first].carries.at(pair.ring.ids[pair.second]), 1280 - 48));
  CHECK(fits(pair.ring[pair.second].carries.at(pair.ring.ids[pair.first]), 1280 - 48));
  pair.take(SimPath{.largest = 1450});
  Treacherous wide(73);
  wide.ring.network.run_for(30s);
  wide.talk(10s);
  CHECK(wide.ring[wide.first].carries.at(wide.ring.ids[wide.second]) == 1400);
  // It gets narrower in mid-stream: the link goes on, with what fits.
  wide.take(SimPath{.largest = 1350});
  const auto traffic = wide.talk(20s);
  CHECK(traffic.longest_gap <= 3s);
  CHECK(wide.ring.are_linked(wide.first, wide.second, true));
  CHECK(fits(wide.ring[wide.first].carries.at(wide.ring.ids[wide.second]), 1350));
}

TEST_CASE("large frames are used where the path and both interfaces take them, and no probe is larger") {
  struct Row {
    std::uint16_t second;
    std::optional<std::size_t> largest;
    std::uint16_t carries;
  };
  for (const Row& row : {Row{8900, std::nullopt, 8900}, Row{1400, std::nullopt, 1400}, Row{8900, 1472, 1444}}) {
    INFO("an interface of " << row.second);
    SimRing ring(74, {.latency = 20ms});
    ring.mtus = {{1, 8900}, {2, row.second}};
    ring.add_public();
    const auto first = ring.add(ring.network.add_public_site(), 100ms);
    const auto second = ring.add(ring.network.add_public_site(), 200ms);
    for (const auto& [a, b] : {std::pair(first, second), std::pair(second, first)})
      ring.network.set_path(ring.host_ids[a], ring.host_ids[b], SimPath{.largest = row.largest});
    ring.network.run_for(60s);
    REQUIRE(ring.are_linked(first, second, true));
    CHECK(ring[first].carries.at(ring.ids[second]) == row.carries);
    CHECK(ring[second].carries.at(ring.ids[first]) == row.carries);
  }
}

TEST_CASE("links stand loss of 10 to 40 percent") {
  for (const double loss : {0.1, 0.2, 0.3, 0.4}) {
    INFO("loss " << loss);
    Treacherous pair(70);
    pair.ring.network.set_every_path(SimPath{.loss = loss});
    pair.ring.network.run_for(60s);
    pair.talk(10s);
    const auto traffic = pair.talk(120s);
    const double arrived = static_cast<double>(traffic.arrived) / traffic.sent;
    MESSAGE("loss " << loss << ": " << arrived * 100 << " % arrived, longest gap " << traffic.longest_gap / 1ms
                    << " ms");
    // Two links in a row when it is relayed, and a little for the time between.
    CHECK(arrived >= (1 - loss) * (1 - loss) - 0.1);
  }
}

TEST_CASE("a link lives on when its NAT gives it another port in mid-stream") {
  SimRing ring(71, {.latency = 20ms});
  ring.add_public();
  for (int i = 1; i < 8; ++i)
    ring.add(ring.network.add_public_site(), std::chrono::milliseconds(50 * i));
  NatConfig nat = port_restricted_cone();
  nat.preserve_port = false;
  nat.rebinds_after = 500;
  const auto a = ring.add_behind(nat, 1s);
  const auto b = ring.add_behind(port_restricted_cone(), 1s);
  ring.network.run_for(30s);
  unsigned sent = 0;
  const auto before = ring[a].packets.size() + ring[b].packets.size();
  for (int i = 0; i < 1200; ++i) {
    ring.want(a, b);
    sent += ring.send_ip(a, b) ? 1U : 0U;
    sent += ring.send_ip(b, a) ? 1U : 0U;
    ring.network.run_for(100ms);
  }
  const auto arrived = ring[a].packets.size() + ring[b].packets.size() - before;
  MESSAGE(arrived << " of " << sent);
  CHECK(sent >= 2200);
  CHECK(arrived * 100 >= sent * 90);
}
