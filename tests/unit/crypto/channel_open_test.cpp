#include <set>

#include <doctest/doctest.h>

#include "channel_world.hpp"

namespace ipop::crypto::test {
namespace {

struct Pair {
  World world;
  Peer& low;
  Peer& high;

  explicit Pair(std::uint64_t seed, ChannelTable::Limits limits = {})
      : world(seed),
        low(world.add(low_and_high().first, endpoint(1), limits)),
        high(world.add(low_and_high().second, endpoint(2), limits)) {}

  void open(Peer& from, Peer& to, std::uint64_t tag = 7) {
    from.table.open(world.now, to.address, std::nullopt, tag);
    world.drain(from);
  }
  [[nodiscard]] bool both_open() const { return !low.opened.empty() && !high.opened.empty(); }
};

void check_talk(World& world, Peer& a, Peer& b) {
  a.received.clear();
  b.received.clear();
  a.seal(world.now, "from a");
  world.drain(a);
  b.seal(world.now, "from b");
  world.drain(b);
  world.run_for(1s);
  CHECK(a.received == std::vector<std::string>{"from b"});
  CHECK(b.received == std::vector<std::string>{"from a"});
}

TEST_CASE("the lower id opens a channel in two round trips and can send at once") {
  Pair pair(1);
  pair.open(pair.low, pair.high);
  pair.world.run_for(10s, [&] { return !pair.low.opened.empty(); });
  REQUIRE(pair.low.opened.size() == 1);
  CHECK(pair.world.now == TimePoint{} + 4 * pair.world.delay);
  CHECK(pair.low.opened[0].peer == low_and_high().second.id);
  CHECK(pair.low.opened[0].attempt == 7);
  CHECK(pair.low.opened[0].carrier == pair.high.address);
  pair.low.seal(pair.world.now, "early");
  pair.world.drain(pair.low);
  pair.world.run_for(1s);
  REQUIRE(pair.high.opened.size() == 1);
  CHECK(pair.high.opened[0].peer == low_and_high().first.id);
  CHECK_FALSE(pair.high.opened[0].attempt.has_value());
  CHECK(pair.high.received == std::vector<std::string>{"early"});
  CHECK(pair.world.timers_fired == 0);
  check_talk(pair.world, pair.low, pair.high);
}

TEST_CASE("the higher id opens a channel in three round trips, as TLS server") {
  Pair pair(2);
  pair.open(pair.high, pair.low);
  pair.world.run_for(10s, [&] { return pair.both_open(); });
  REQUIRE(pair.both_open());
  CHECK(pair.world.now == TimePoint{} + 6 * pair.world.delay);
  CHECK(pair.high.opened[0].attempt == 7);
  CHECK(pair.world.timers_fired == 0);
  check_talk(pair.world, pair.low, pair.high);
}

TEST_CASE("two nodes that open at once get one channel, without a timer") {
  Pair pair(3);
  pair.open(pair.low, pair.high, 1);
  pair.open(pair.high, pair.low, 2);
  pair.world.run_for(3s);
  REQUIRE(pair.low.opened.size() == 1);
  REQUIRE(pair.high.opened.size() == 1);
  CHECK(pair.low.opened[0].attempt == 1);
  CHECK(pair.high.opened[0].attempt == 2);
  CHECK(pair.low.table.size() == 1);
  CHECK(pair.high.table.size() == 1);
  CHECK(pair.world.timers_fired == 0);
  pair.world.run_for(60s);
  CHECK(pair.low.failed.empty());
  CHECK(pair.high.failed.empty());
  CHECK(pair.low.closed.empty());
  CHECK(pair.high.closed.empty());
  check_talk(pair.world, pair.low, pair.high);
}

TEST_CASE("a packet that overtakes the end of the handshake is kept and delivered") {
  Pair pair(4);
  pair.open(pair.low, pair.high);
  pair.world.run_for(10s, [&] { return !pair.low.opened.empty(); });
  // The last flight is on its way; the data takes a faster path.
  pair.world.delay = 1ms;
  pair.low.seal(pair.world.now, "first");
  pair.world.drain(pair.low);
  pair.world.run_for(2s);
  CHECK(pair.high.received == std::vector<std::string>{"first"});
  CHECK(pair.high.table.counters().get("drop_channel_unknown_spi") == 0);
}

TEST_CASE("every attempt ends in one channel on each side at 0, 5, 15 and 30 % loss") {
  for (const double loss : {0.0, 0.05, 0.15, 0.30}) {
    for (std::uint64_t seed = 0; seed < 9; ++seed) {
      CAPTURE(loss);
      CAPTURE(seed);
      Pair pair(seed);
      pair.world.loss = loss;
      pair.world.duplicates = 0.05;
      pair.world.jitter = 40ms;
      if (seed % 3 != 1) pair.open(pair.low, pair.high);
      if (seed % 3 != 0) pair.open(pair.high, pair.low);
      pair.world.run_for(60s, [&] { return pair.both_open(); });
      REQUIRE(pair.both_open());
      pair.world.run_for(60s);
      CHECK(pair.low.table.size() == 1);
      CHECK(pair.high.table.size() == 1);
      CHECK(pair.low.failed.empty());
      CHECK(pair.high.failed.empty());
      pair.world.loss = 0;
      pair.world.duplicates = 0;
      check_talk(pair.world, pair.low, pair.high);
    }
  }
}

TEST_CASE("an attempt that nobody answers fails after 20 s") {
  World world(5);
  Peer& low = world.add(low_and_high().first, endpoint(1));
  low.table.open(world.now, endpoint(9), std::nullopt, 3);
  world.drain(low);
  world.run_for(60s);
  REQUIRE(low.failed.size() == 1);
  CHECK(low.failed[0].attempt == 3);
  CHECK(low.failed[0].carrier == endpoint(9));
  CHECK(low.failed[0].why == ChannelTable::Ending::timed_out);
  CHECK_FALSE(low.table.poll_timeout().has_value());
  // 0, 0.25, 0.75, 1.75, then every two seconds.
  CHECK(low.packets_out == 13);
}

TEST_CASE("another node than the expected one fails the attempt as wrong peer") {
  Pair pair(6);
  pair.low.table.open(pair.world.now, pair.high.address, third().id, 4);
  pair.world.drain(pair.low);
  pair.world.run_for(30s);
  REQUIRE(pair.low.failed.size() == 1);
  CHECK(pair.low.failed[0].why == ChannelTable::Ending::wrong_peer);
  CHECK(pair.high.opened.empty());
}

TEST_CASE("a node that reaches itself refuses") {
  World world(7);
  Peer& low = world.add(low_and_high().first, endpoint(1));
  low.table.open(world.now, endpoint(1), std::nullopt, 5);
  world.drain(low);
  world.run_for(30s);
  REQUIRE(low.failed.size() == 1);
  CHECK(low.failed[0].why == ChannelTable::Ending::refused);
  low.table.open(world.now, endpoint(1), low_and_high().first.id, 6);
  world.drain(low);
  REQUIRE(low.failed.size() == 2);
  CHECK(low.failed[1].attempt == 6);
}

TEST_CASE("nodes of different contexts never talk, and count it") {
  World world(8);
  Peer& low = world.add(low_and_high().first, endpoint(1), {}, "one");
  Peer& high = world.add(low_and_high().second, endpoint(2), {}, "two");
  low.table.open(world.now, high.address, std::nullopt, 1);
  world.drain(low);
  world.run_for(30s);
  CHECK(low.failed.size() == 1);
  CHECK(high.packets_out == 0);
  CHECK(high.table.counters().get("drop_handshake_other_context") == 13);
}

TEST_CASE("an expired certificate is refused on either side, and the peer learns it") {
  const Identity old_low = [] {
    for (std::uint64_t n = 100;; ++n) {
      Identity candidate(n, wall_at_start - std::chrono::hours(1));
      if (candidate.id < low_and_high().second.id) return candidate;
    }
  }();
  World world(9);
  Peer& expired = world.add(old_low, endpoint(1));
  Peer& good = world.add(low_and_high().second, endpoint(2));
  expired.table.open(world.now, good.address, std::nullopt, 1);
  world.drain(expired);
  world.run_for(30s);
  CHECK(good.opened.empty());
  CHECK(expired.table.size() == 0);
  REQUIRE(expired.closed.size() == 1);
  CHECK(expired.closed[0].why == ChannelTable::Ending::refused);
  CHECK(good.table.counters().get("handshake_failed") == 1);
}

TEST_CASE("an attempt follows a peer whose NAT shows another port than the one that was asked") {
  Pair pair(10);
  // The higher node sits behind a symmetric NAT: towards the lower it has port 6000, and nothing
  // that is sent to its advertised endpoint arrives.
  const Carrier outside = endpoint(2, 6000);
  pair.world.at.erase(pair.high.address);
  pair.world.at[outside] = &pair.high;
  pair.world.seen_as = [&](const Peer& from, auto&&...) { return &from == &pair.high ? outside : from.address; };
  pair.low.table.open(pair.world.now, endpoint(2, 5000), low_and_high().second.id, 11);
  pair.world.drain(pair.low);
  pair.high.table.open(pair.world.now, pair.low.address, low_and_high().first.id, 12);
  pair.world.drain(pair.high);
  pair.world.run_for(60s);
  REQUIRE(pair.low.opened.size() == 1);
  REQUIRE(pair.high.opened.size() == 1);
  CHECK(pair.low.opened[0].attempt == 11);
  CHECK(pair.low.opened[0].carrier == outside);
  CHECK(pair.high.opened[0].attempt == 12);
  CHECK(pair.low.failed.empty());
  CHECK(pair.low.closed.empty());
  CHECK(pair.high.closed.empty());
  check_talk(pair.world, pair.low, pair.high);
}

TEST_CASE("an answer from another address than the asked one is followed") {
  for (const bool low_opens : {true, false}) {
    CAPTURE(low_opens);
    Pair pair(11);
    Peer& opener = low_opens ? pair.low : pair.high;
    Peer& other = low_opens ? pair.high : pair.low;
    const Carrier answers_from = endpoint(7, 7000);
    pair.world.at[answers_from] = &other;
    pair.world.seen_as = [&](const Peer& from, auto&&...) { return &from == &other ? answers_from : from.address; };
    pair.open(opener, other);
    pair.world.run_for(10s);
    REQUIRE(opener.opened.size() == 1);
    // As after any move: it proves that it is there, then traffic goes there.
    CHECK(opener.opened[0].carrier == other.address);
    CHECK(opener.opened[0].attempt == 7);
    check_talk(pair.world, opener, other);
    REQUIRE(opener.moved.size() == 1);
    CHECK(opener.moved[0].carrier == answers_from);
  }
}

TEST_CASE("of two asked endpoints that one peer answers from a third, one opens and the other is told that it failed") {
  for (const bool low_opens : {true, false}) {
    CAPTURE(low_opens);
    Pair pair(11);
    Peer& opener = low_opens ? pair.low : pair.high;
    Peer& other = low_opens ? pair.high : pair.low;
    const Carrier second = endpoint(7, 7001);
    const Carrier answers_from = endpoint(7, 7000);
    pair.world.at[second] = &other;
    pair.world.at[answers_from] = &other;
    pair.world.seen_as = [&](const Peer& from, auto&&...) { return &from == &other ? answers_from : from.address; };
    pair.open(opener, other);
    opener.table.open(pair.world.now, second, std::nullopt, 8);
    pair.world.drain(opener);
    pair.world.run_for(60s);
    REQUIRE(opener.opened.size() == 1);
    REQUIRE(opener.failed.size() == 1);
    CHECK(opener.failed[0].why == ChannelTable::Ending::overtaken);
    CHECK(opener.opened[0].attempt == 7);
    CHECK(opener.failed[0].attempt == 8);
    CHECK(opener.failed[0].carrier == second);
    check_talk(pair.world, opener, other);
  }
}

TEST_CASE("hole punching: first packets of both sides are lost at the NATs") {
  Pair pair(12);
  std::set<const Peer*> has_sent;
  // A packet passes only when its receiver has sent to the sender before.
  pair.world.passes = [&](const Peer& from, const Carrier& to, const Bytes&) {
    has_sent.insert(&from);
    return has_sent.contains(pair.world.at.at(to));
  };
  pair.low.table.open(pair.world.now, pair.high.address, low_and_high().second.id, 1);
  pair.world.drain(pair.low);
  pair.world.run_for(20ms);
  pair.high.table.open(pair.world.now, pair.low.address, low_and_high().first.id, 2);
  pair.world.drain(pair.high);
  pair.world.run_for(1s, [&] { return pair.both_open(); });
  CHECK(pair.both_open());
  // Three round trips after the first INIT that got through.
  CHECK(pair.world.now <= TimePoint{} + 20ms + 6 * pair.world.delay);
  pair.world.run_for(60s);
  CHECK(pair.low.table.size() == 1);
  CHECK(pair.high.table.size() == 1);
}

TEST_CASE("many candidates of one peer end in channels that both sides agree on") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    Pair pair(seed);
    pair.world.loss = 0.1;
    pair.world.jitter = 60ms;
    const Carrier second = endpoint(22);
    pair.world.at[second] = &pair.high;
    Peer& low = pair.low;
    low.table.open(pair.world.now, pair.high.address, low_and_high().second.id, 1);
    low.table.open(pair.world.now, second, low_and_high().second.id, 2);
    pair.world.drain(low);
    pair.open(pair.high, low, 3);
    pair.world.run_for(100s);
    CHECK(pair.low.table.size() == pair.high.table.size());
    CHECK(pair.low.table.size() >= 1);
    pair.world.loss = 0;
    // Whatever the low side's last channel is, it works.
    pair.low.seal(pair.world.now, "x");
    pair.world.drain(pair.low);
    pair.world.run_for(1s);
    CHECK(pair.high.received.size() == 1);
  }
}

TEST_CASE("an attempt that is cancelled says nothing more") {
  Pair pair(13);
  pair.open(pair.low, pair.high);
  pair.low.table.cancel(pair.high.address);
  pair.world.run_for(60s);
  CHECK(pair.low.opened.empty());
  CHECK(pair.low.failed.empty());
  CHECK(pair.low.table.size() == 0);
}

TEST_CASE("opening again over the same carrier keeps the attempt and takes the newer tag") {
  Pair pair(14);
  pair.open(pair.low, pair.high, 1);
  pair.open(pair.low, pair.high, 2);
  pair.world.run_for(5s);
  REQUIRE(pair.low.opened.size() == 1);
  CHECK(pair.low.opened[0].attempt == 2);
  CHECK(pair.high.opened.size() == 1);
}

TEST_CASE("a nudge sends the first packet again without waiting for the timer") {
  World world(15);
  Peer& low = world.add(low_and_high().first, endpoint(1));
  low.table.open(world.now, endpoint(9), std::nullopt, 3);
  world.drain(low);
  CHECK(low.packets_out == 1);
  low.table.nudge(world.now, endpoint(9));
  world.drain(low);
  CHECK(low.packets_out == 2);
  low.table.nudge(world.now, endpoint(8));
  world.drain(low);
  CHECK(low.packets_out == 2);
}

TEST_CASE("no more channels than the limit") {
  ChannelTable::Limits limits;
  limits.channels = 1;
  Pair pair(16, limits);
  pair.open(pair.low, pair.high);
  pair.world.run_for(5s);
  CHECK(pair.low.table.size() == 1);
  pair.low.table.open(pair.world.now, endpoint(9), std::nullopt, 8);
  pair.world.drain(pair.low);
  REQUIRE(pair.low.failed.size() == 1);
  CHECK(pair.low.failed[0].why == ChannelTable::Ending::exhausted);
}

}  // namespace
}  // namespace ipop::crypto::test
