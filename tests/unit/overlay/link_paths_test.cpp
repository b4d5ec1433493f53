#include "overlay/link_paths.hpp"

#include <doctest/doctest.h>

#include "base/rng.hpp"
#include "overlay_host.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

namespace {

using Action = PathProof::Action;

/// Asks until it is not due for `time`; how often it asked, and what else it said last.
struct Asked {
  unsigned times = 0;
  Action verdict = Action::none;
};
Asked run(PathProof& proof, TimePoint& now, Duration time) {
  Asked out;
  const TimePoint end = now + time;
  while (proof.deadline() && *proof.deadline() <= end) {
    now = std::max(now, *proof.deadline());
    const Action action = proof.handle_timeout(now);
    if (action == Action::ask) {
      static_cast<void>(proof.next_ping(now));
      ++out.times;
    } else if (action != Action::none) {
      out.verdict = action;
    }
  }
  now = end;
  return out;
}

constexpr std::uint16_t ipv4_heads = 20 + 8 + 28;

Path path_of(std::uint32_t channel, bool direct, TimePoint opened = {}) {
  SeededRng rng(channel);
  Path path;
  path.channel = crypto::ChannelId{channel};
  path.carrier = direct ? LinkCarrier(endpoint(192, 0, 2, 1, static_cast<std::uint16_t>(channel)))
                        : LinkCarrier(RelayPath{id_at(9), id_at(1)});
  path.opened = opened;
  path.liveness = Liveness(opened, 15s, rng);
  path.proof = PathProof(opened, true, 1400, ipv4_heads);
  return path;
}

}  // namespace

TEST_CASE("a trial without an echo asks some times and is given up after five seconds") {
  PathProof proof(TimePoint{}, true, 1400, ipv4_heads);
  TimePoint now{};
  CHECK(proof.deadline() == now);
  const Asked asked = run(proof, now, 4999ms);
  CHECK(asked.times == 8);
  CHECK(asked.verdict == Action::none);
  CHECK_FALSE(proof.is_proven());
  CHECK(run(proof, now, 1ms).verdict == Action::given_up);
  CHECK_FALSE(proof.deadline());
}

TEST_CASE("the end that does not begin asks after half a second, unless it was told before") {
  PathProof proof(TimePoint{}, false, 1400, ipv4_heads);
  CHECK(proof.deadline() == TimePoint{} + 500ms);
  proof.handle_carried(TimePoint{} + 100ms, 1400);
  CHECK(proof.is_proven());
  CHECK_FALSE(proof.deadline());
}

TEST_CASE("an echo proves a path, one with an unknown or old number does not") {
  PathProof proof(TimePoint{}, true, 1400, ipv4_heads);
  TimePoint now{};
  CHECK_FALSE(proof.handle_echo(now, 0));
  CHECK_FALSE(proof.handle_echo(now, 1));
  for (unsigned i = 0; i < 5; ++i)
    static_cast<void>(proof.next_ping(now));
  CHECK_FALSE(proof.handle_echo(now, 1));  // five of them, four remembered
  CHECK_FALSE(proof.is_proven());
  now += 30ms;
  CHECK(proof.handle_echo(now, 2)->round_trip == 30ms);
  CHECK(proof.is_proven());
  CHECK(proof.proven_at() == now);
}

TEST_CASE("a proven path is asked while data goes over it, and only then") {
  PathProof proof(TimePoint{}, true, 1400, ipv4_heads);
  TimePoint now{};
  proof.handle_carried(now, 1400);
  CHECK_FALSE(proof.deadline());
  now += 10s;
  proof.handle_data(now);
  CHECK(proof.deadline() == now);
  CHECK(proof.handle_timeout(now) == Action::ask);
  CHECK(proof.handle_echo(now + 20ms, proof.next_ping(now).id));
  CHECK_FALSE(proof.deadline());
  proof.handle_data(now + 21ms);
  CHECK(proof.deadline() == now + 820ms);
}

TEST_CASE("a path whose data is lost fails two seconds after its last proof, and one echo makes it good") {
  PathProof proof(TimePoint{}, true, 1400, ipv4_heads);
  TimePoint now{};
  proof.handle_carried(now, 1400);
  proof.handle_data(now);
  CHECK(run(proof, now, 1999ms).verdict == Action::none);
  CHECK(run(proof, now, 1ms).verdict == Action::failing);
  CHECK(proof.is_failing());
  CHECK(proof.is_proven());
  CHECK(run(proof, now, 10s).times == 20);
  CHECK(proof.handle_echo(now, proof.next_ping(now).id));
  CHECK_FALSE(proof.is_failing());
}

TEST_CASE("a path with a long round trip has the time for its echo") {
  PathProof proof(TimePoint{}, true, 1400, ipv4_heads);
  TimePoint now{};
  REQUIRE(proof.handle_timeout(now) == Action::ask);
  const auto first = proof.next_ping(now).id;
  now += 1s;
  CHECK(proof.handle_echo(now, first));
  proof.handle_data(now);
  for (int i = 0; i < 20; ++i) {
    now = *proof.deadline();
    REQUIRE(proof.handle_timeout(now) == Action::ask);
    const auto id = proof.next_ping(now).id;
    CHECK(*proof.deadline() > now + 1s);
    now += 1s;
    CHECK(proof.handle_echo(now, id));
    proof.handle_data(now);
    CHECK_FALSE(proof.is_failing());
  }
}

TEST_CASE("the smallest probe fits 1280 octets when it is relayed over IPv6") {
  Bytes payload;
  encode(LinkMessage(make_probe(1, PathProof::smallest)), payload);
  CHECK(payload.size() == PathProof::smallest);
  CHECK(payload.size() + 28 + RelayedView::header_size + 28 + 8 + 40 <= 1280);
}

TEST_CASE("a path's size is found to 16 octets, and exactly where paths use to end") {
  for (const std::uint16_t largest : std::initializer_list<std::uint16_t>{1400, 1375, 1148, 8900}) {
    for (unsigned room = PathProof::smallest; room <= 9100; room += room < 1500 ? 1 : 37) {
      INFO("wanted " << largest << ", room " << room);
      PathProof proof(TimePoint{}, true, largest, ipv4_heads);
      TimePoint now{};
      unsigned asked = 0;
      std::uint16_t most_asked = 0;
      while (proof.deadline() && now < TimePoint{} + 60s) {
        now = std::max(now, *proof.deadline());
        if (proof.handle_timeout(now) != Action::ask) continue;
        const PathProof::Ping ping = proof.next_ping(now);
        ++asked;
        most_asked = std::max(most_asked, ping.octets);
        if (ping.octets <= room) REQUIRE(proof.handle_echo(now + 20ms, ping.id)->octets == ping.octets);
      }
      const unsigned possible = std::min<unsigned>(room, largest);
      REQUIRE(proof.carries() <= possible);
      REQUIRE(proof.carries() + PathProof::close_enough > possible);
      const bool is_common =
          std::ranges::any_of(PathProof::common, [&](unsigned packet) { return packet - ipv4_heads == room; });
      if (is_common) REQUIRE(proof.carries() == possible);
      REQUIRE(most_asked <= largest);
      REQUIRE(asked <= 45);
      REQUIRE_FALSE(proof.deadline());
    }
  }
}

TEST_CASE("a path of the usual size is known after one ping, and a wider one two pings later") {
  for (const std::uint16_t largest : std::initializer_list<std::uint16_t>{1400, 8900}) {
    PathProof proof(TimePoint{}, true, largest, ipv4_heads);
    TimePoint now{};
    std::vector<std::uint16_t> asked;
    for (int i = 0; i < 10 && proof.deadline(); ++i) {
      now = std::max(now + 1ms, *proof.deadline());
      REQUIRE(proof.handle_timeout(now) == Action::ask);
      const PathProof::Ping ping = proof.next_ping(now);
      asked.push_back(ping.octets);
      CHECK(proof.handle_echo(now, ping.id));
    }
    CHECK(asked ==
          (largest == 1400 ? std::vector<std::uint16_t>{1400} : std::vector<std::uint16_t>{1400, 1436, 1444, 8900}));
    CHECK(proof.carries() == largest);
  }
}

TEST_CASE("pings of a search that are lost are no failure of the path, and data at the size that is known goes on") {
  PathProof proof(TimePoint{}, true, 8900, ipv4_heads);
  TimePoint now{};
  while (proof.deadline() && now < TimePoint{} + 60s) {
    proof.handle_data(now);
    now = std::max(now, *proof.deadline());
    const Action action = proof.handle_timeout(now);
    REQUIRE(action != Action::failing);
    REQUIRE(action != Action::given_up);
    if (action != Action::ask) continue;
    const PathProof::Ping ping = proof.next_ping(now);
    if (ping.octets <= 1444) REQUIRE(proof.handle_echo(now + 20ms, ping.id));
  }
  CHECK(proof.carries() == 1444);
}

TEST_CASE("a path that was narrow is tried for more after ten minutes of data, and not before") {
  PathProof proof(TimePoint{}, true, 1400, ipv4_heads);
  TimePoint now{};
  std::optional<TimePoint> grown;
  std::optional<TimePoint> known;
  while (!grown && now < TimePoint{} + 1300s) {
    proof.handle_data(now);
    now = std::max(now, *proof.deadline());
    if (proof.handle_timeout(now) != Action::ask) continue;
    const PathProof::Ping ping = proof.next_ping(now);
    const std::uint16_t room = known && now > *known + 100s ? 1400 : 1300;
    if (ping.octets > room) continue;
    REQUIRE(proof.handle_echo(now + 20ms, ping.id));
    if (!known && proof.carries() > 1284) known = now;
    if (proof.carries() == 1400) grown = now;
  }
  REQUIRE(known);
  REQUIRE(grown);
  CHECK(*grown - *known >= PathProof::search_every);
  CHECK(*grown - *known < PathProof::search_every + 10s);
}

TEST_CASE("a path that gets narrower fails, and comes back with its new size") {
  PathProof proof(TimePoint{}, true, 1400, ipv4_heads);
  TimePoint now{};
  proof.handle_carried(now, 1400);
  bool failed = false;
  for (int i = 0; i < 60; ++i) {
    proof.handle_data(now);
    now = *proof.deadline();
    const Action action = proof.handle_timeout(now);
    failed = failed || action == Action::failing;
    if (action != Action::ask) continue;
    const PathProof::Ping ping = proof.next_ping(now);
    if (ping.octets <= 1300) static_cast<void>(proof.handle_echo(now + 20ms, ping.id));
  }
  CHECK(failed);
  CHECK_FALSE(proof.is_failing());
  CHECK(proof.carries() <= 1300);
  CHECK(proof.carries() + PathProof::close_enough > 1300);
}

TEST_CASE("a path that got narrower fails here too, though the peer knows already what passes") {
  PathProof proof(TimePoint{}, false, 8900, ipv4_heads);
  TimePoint now{};
  proof.handle_carried(now, 8900);
  bool failed = false;
  for (int i = 0; i < 30 && !failed; ++i) {
    proof.handle_data(now);
    now += 100ms;
    proof.handle_carried(now, 1344);
    const Action action = proof.handle_timeout(now);
    failed = action == Action::failing;
    if (action == Action::ask) static_cast<void>(proof.next_ping(now));
  }
  CHECK(failed);
  proof.handle_carried(now, 1344);
  CHECK_FALSE(proof.is_failing());
  CHECK(proof.carries() == 1344);
}

TEST_CASE("a set of paths has one in use exactly when one of them is proven") {
  // Every sequence of four steps, each one of these upon one of three paths.
  constexpr unsigned kinds = 5;
  constexpr unsigned steps = 4;
  for (unsigned script = 0; script < kinds * 3 * kinds * 3 * kinds * 3 * kinds * 3; ++script) {
    LinkPaths paths;
    for (const std::uint32_t channel : {1U, 2U, 3U})
      paths.add(path_of(channel, channel != 3));
    unsigned rest = script;
    for (unsigned step = 0; step < steps; ++step) {
      const crypto::ChannelId channel{1 + rest % 3};
      rest /= 3;
      Path* path = paths.find(channel);
      switch (rest % kinds) {
        case 0:
          if (path != nullptr) path->proof.handle_carried(TimePoint{} + step * 1s, 1400);
          paths.handle_proven(channel);
          break;
        case 1: paths.prefer(channel); break;
        case 2: paths.remove(channel); break;
        case 3: paths.fall_back(); break;
        case 4:
          if (const Path* best = paths.best()) paths.prefer(best->channel);
          break;
        default: break;
      }
      rest /= kinds;
      const bool any_proven = std::ranges::any_of(paths, [](const Path& one) { return one.proof.is_proven(); });
      const Path* primary = paths.primary();
      REQUIRE((primary != nullptr) == any_proven);
      if (primary != nullptr) {
        REQUIRE(primary->proof.is_proven());
        REQUIRE(paths.find(primary->channel) == primary);
      }
      const Path* best = paths.best();
      REQUIRE((best != nullptr) == any_proven);
      REQUIRE((best == nullptr || best->proof.is_proven()));
      REQUIRE((paths.direct() == nullptr || (paths.direct()->is_direct() && paths.direct()->proof.is_proven())));
      REQUIRE((paths.speaking() == nullptr) == paths.empty());
    }
  }
}

TEST_CASE("a direct path takes the place of a relayed one when it is proven, and not before") {
  LinkPaths paths;
  paths.add(path_of(1, false));
  paths.find(crypto::ChannelId{1})->proof.handle_carried(TimePoint{}, 1400);
  paths.add(path_of(2, true));
  paths.handle_proven(crypto::ChannelId{2});
  paths.prefer(crypto::ChannelId{2});
  CHECK(paths.primary()->channel == crypto::ChannelId{1});
  CHECK(paths.direct() == nullptr);
  CHECK(paths.has_direct_on_trial());
  paths.find(crypto::ChannelId{2})->proof.handle_carried(TimePoint{}, 1400);
  paths.handle_proven(crypto::ChannelId{2});
  CHECK(paths.primary()->channel == crypto::ChannelId{2});
  // Another direct one does not displace it; a relayed one neither.
  paths.add(path_of(3, true));
  paths.find(crypto::ChannelId{3})->proof.handle_carried(TimePoint{}, 1400);
  paths.handle_proven(crypto::ChannelId{3});
  CHECK(paths.primary()->channel == crypto::ChannelId{2});
  paths.remove(crypto::ChannelId{2});
  CHECK(paths.primary()->proof.is_proven());
}

TEST_CASE("a path that fails is left for a sound one, if there is any") {
  LinkPaths paths;
  paths.add(path_of(1, true));
  TimePoint now{};
  PathProof& failing = paths.find(crypto::ChannelId{1})->proof;
  failing.handle_carried(now, 1400);
  failing.handle_data(now);
  run(failing, now, 3s);
  REQUIRE(failing.is_failing());
  paths.fall_back();
  CHECK(paths.primary()->channel == crypto::ChannelId{1});
  paths.add(path_of(2, false));
  paths.fall_back();
  CHECK(paths.primary()->channel == crypto::ChannelId{1});
  paths.find(crypto::ChannelId{2})->proof.handle_carried(now, 1400);
  paths.handle_proven(crypto::ChannelId{2});
  CHECK(paths.primary()->channel == crypto::ChannelId{2});
  CHECK(paths.best()->channel == crypto::ChannelId{2});
}
