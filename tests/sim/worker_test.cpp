// The packets of nodes that leave them to a worker.

#include <algorithm>
#include <array>
#include <optional>

#include <doctest/doctest.h>

#include "support/sim_ring.hpp"

using namespace ipop;
using namespace ipop::test_support;

namespace {

struct Members {
  SimRing ring;
  std::vector<std::size_t> members;

  /// Workers of the bootstrap node and of three members.
  using Hands = std::array<unsigned, 4>;

  /// With `nat` the first two are behind one each; whoever is between them is public.
  explicit Members(SimCrypto crypto, const Hands& hands = {1, 1, 1, 1}, std::optional<NatConfig> nat = {},
                   const SimRing::Config& world = {.seed = 51})
      : ring({.seed = world.seed, .network = world.network, .crypto = crypto}) {
    ring.add_bootstrap(hands[0]);
    for (std::size_t i = 0; i < 3; ++i) {
      const bool is_inside = nat && i < 2;
      members.push_back(
          ring.add_member(is_inside ? ring.network().add_nat_site(*nat) : ring.network().add_public_site(),
                          TimePoint{} + 20ms * i, [&](node::NodeConfig& config) { config.hands = hands[i + 1]; }));
    }
    const auto is_ready = [&] { return ring.all_joined() && ring.all_have_addresses(); };
    REQUIRE(ring.network().run_until_done(is_ready, 60s));
  }
  SimNode& at(std::size_t index) { return ring.at(members[index]); }
  /// A ping every 20 ms; the number that was answered.
  std::size_t ping(std::size_t from, std::size_t to, std::uint16_t first, std::uint16_t count) {
    for (std::uint16_t i = 0; i < count; ++i) {
      at(from).ping(ring.network().now(), *at(to).node().address(), static_cast<std::uint16_t>(first + i));
      ring.network().drain(ring.host(members[from]));
      ring.network().run_for(20ms);
    }
    ring.network().run_for(1s);
    std::size_t answered = 0;
    for (std::uint16_t i = 0; i < count; ++i)
      answered += at(from).ping_answers.count(static_cast<std::uint16_t>(first + i));
    return answered;
  }
};

}  // namespace

TEST_CASE("workers carry most packets of two members, and none is lost") {
  for (const SimCrypto crypto : {SimCrypto::stand_in, SimCrypto::real}) {
    Members members(crypto);
    static_cast<void>(members.ping(0, 1, 1, 10));  // until the link is there
    CHECK(members.ping(0, 1, 100, 200) == 200);
    for (const std::size_t side : {0U, 1U}) {
      const Counters counters = members.at(side).worker_counters();
      CHECK(counters.get("worker_sent") > 120);
      CHECK(counters.get("drop_channel_bad_tag") == 0);
      CHECK(counters.get("drop_channel_replayed") == 0);
    }
    const auto peer = members.at(1).node().id();
    const auto statistics = members.at(0).node().link_statistics(peer);
    REQUIRE(statistics);
    CHECK(statistics->packets_sent > 150);
    CHECK(statistics->packets_received > 150);
  }
}

TEST_CASE("a pair that can't link directly goes through workers as well, past the member between") {
  Members members(SimCrypto::real, {1, 1, 1, 1}, symmetric());
  static_cast<void>(members.ping(0, 1, 1, 50));  // until the link is there
  CHECK(members.ping(0, 1, 100, 200) == 200);
  const auto id = members.at(1).node().id();
  const auto links = members.at(0).node().connections();
  const auto link = std::ranges::find(links, id, &overlay::Connection::peer);
  REQUIRE(link != links.end());
  CHECK_FALSE(link->relay.is_zero());
  for (const std::size_t side : {0U, 1U}) {
    const Counters counters = members.at(side).worker_counters();
    CHECK(counters.get("worker_sent") > 120);
    CHECK(counters.get("drop_channel_bad_tag") == 0);
    CHECK(counters.get("drop_channel_replayed") == 0);
  }
  std::uint64_t passed = 0;
  for (const std::size_t index : {std::size_t{0}, members.members[2]})  // the bootstrap node, and who is public
    passed += members.ring.at(index).worker_counters().get("worker_passed");
  CHECK(passed > 240);
}

TEST_CASE("a member without a worker and one with are a pair as any other") {
  Members members(SimCrypto::stand_in, {1, 1, 1, 0});
  static_cast<void>(members.ping(0, 2, 1, 10));
  CHECK(members.ping(0, 2, 100, 100) == 100);
  CHECK(members.ping(2, 0, 300, 100) == 100);
  CHECK(members.at(0).worker_counters().get("worker_sent") == 0);
}

TEST_CASE("when a member with a worker is killed and comes back, packets find it again") {
  Members members(SimCrypto::stand_in);
  static_cast<void>(members.ping(0, 1, 1, 10));
  CHECK(members.ping(0, 1, 100, 50) == 50);
  members.ring.kill(members.members[1]);
  members.ring.network().run_for(100ms);
  members.ring.restart(members.members[1]);
  REQUIRE(members.ring.network().run_until_done([&] { return members.at(1).node().address().has_value(); }, 60s));
  static_cast<void>(members.ping(0, 1, 300, 500));
  CHECK(members.ping(0, 1, 1000, 50) == 50);
  CHECK(members.ping(1, 0, 2000, 50) == 50);
}

TEST_CASE("members with several workers each, and not the same number, carry what they did with one") {
  for (const auto& nat : {std::optional<NatConfig>(), std::optional(symmetric())}) {
    Members members(SimCrypto::real, {2, 4, 2, 2}, nat);
    static_cast<void>(members.ping(0, 1, 1, 50));  // until the link is there
    CHECK(members.ping(0, 1, 100, 400) == 400);
    CHECK(members.ping(1, 0, 1000, 200) == 200);
    for (const std::size_t side : {0U, 1U}) {
      const unsigned hands = members.at(side).config().hands;
      for (unsigned hand = 0; hand < hands; ++hand) {
        const Counters counters = members.at(side).worker_counters(hand);
        CAPTURE(side);
        CAPTURE(hand);
        CHECK(counters.get("worker_sent") > 20);
        CHECK(counters.get("drop_channel_bad_tag") == 0);
        CHECK(counters.get("drop_channel_replayed") == 0);
        CHECK(counters.get("drop_channel_lane") == 0);
      }
      CHECK(members.at(side).worker_counters().get("worker_opened_to_node") > 400);
    }
    if (!nat) continue;
    std::uint64_t passed = 0;
    for (const std::size_t index : {std::size_t{0}, members.members[2]})
      passed += members.ring.at(index).worker_counters().get("worker_passed");
    CHECK(passed > 700);
  }
}

TEST_CASE("one seed reproduces a run of several workers each exactly: the lane of each packet, and its counter") {
  struct Run {
    std::uint64_t trace = 0;
    std::uint64_t heads = 0xcbf29ce484222325U;  // FNV-1a of the SPIs and counters that were sent
    std::uint64_t carried = 0;
    bool operator==(const Run&) const = default;
  };
  const auto run = [](std::uint64_t seed, const Members::Hands& hands) {
    Run out;
    // The first two go through a member, the third is public.
    Members members(SimCrypto::stand_in, hands, symmetric(),
                    {.seed = seed, .network = {.latency_spread = 0.2, .loss = 0.02}});
    members.ring.network().set_tap([&](ByteSpan octets) {
      // Behind them, signatures differ in each run.
      for (const std::byte octet : octets.first(std::min(octets.size(), crypto::Session::header_size)))
        out.heads = (out.heads ^ std::to_integer<std::uint64_t>(octet)) * 0x100000001b3U;
    });
    static_cast<void>(members.ping(0, 1, 1, 50));
    static_cast<void>(members.ping(2, 0, 100, 100));
    static_cast<void>(members.ping(1, 0, 300, 100));
    out.trace = members.ring.network().trace_hash();
    for (std::size_t side = 0; side < 3; ++side)
      out.carried += members.at(side).worker_counters().get("worker_sent");
    return out;
  };
  const Members::Hands several = {2, 4, 2, 2};
  const Run first = run(52, several);
  CHECK(first.carried > 200);
  CHECK(run(52, several) == first);
  CHECK(run(53, several).trace != first.trace);
  CHECK(run(52, {1, 1, 1, 1}).heads != first.heads);
}
