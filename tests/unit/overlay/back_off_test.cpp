// Peers that shake hands and refuse afterwards: they are asked ever more rarely, by whatever way they were found.

#include "overlay/back_off.hpp"

#include <functional>

#include <doctest/doctest.h>

#include "hand_peer.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

namespace {

constexpr BackOff::Pace pace{.first = 1s, .longest = 60s, .stands = 10s};

/// How many handshakes `peer` saw in the first minute and in the last of ten.
struct Handshakes {
  std::size_t first_minute = 0;
  std::size_t last_minute = 0;
  std::size_t all = 0;
};
Handshakes ten_minutes(HandRing& ring, HandPeer& peer, const std::function<void()>& each) {
  Handshakes out;
  const std::size_t before = peer.opened.size();
  const TimePoint begin = ring.now;
  while (ring.now < begin + 600s) {
    const std::size_t known = peer.opened.size();
    ring.run_for(250ms);
    each();
    if (ring.now < begin + 60s) out.first_minute += peer.opened.size() - known;
    if (ring.now > begin + 540s) out.last_minute += peer.opened.size() - known;
  }
  out.all = peer.opened.size() - before;
  return out;
}

}  // namespace

TEST_CASE("a pause doubles with each failure, whatever was opened between, until something has stood") {
  SeededRng rng(1);
  BackOff back_off;
  TimePoint now{};
  CHECK(back_off.may_try(now));
  Duration last{};
  for (int i = 0; i < 10; ++i) {
    back_off.handle_accepted(now);
    back_off.handle_ended(now + 9s, pace, rng);
    CHECK_FALSE(back_off.may_try(now + 9s));
    last = back_off.not_before() - (now + 9s);
    now = back_off.not_before();
    CHECK(back_off.may_try(now));
  }
  CHECK(last >= 48s);
  CHECK(last <= 72s);
  // One that ends without having been accepted is no better, also after a long time.
  back_off.handle_ended(now + 100s, pace, rng);
  CHECK(back_off.not_before() >= now + 148s);
  now += 200s;
  back_off.handle_accepted(now);
  back_off.handle_accepted(now + 5s);
  CHECK_FALSE(back_off.stands(now + 9s, pace));
  CHECK(back_off.stands(now + 10s, pace));
  back_off.handle_ended(now + 10s, pace, rng);
  CHECK(back_off.may_try(now + 10s));
  back_off.handle_failed(now + 10s, pace, rng);
  CHECK(back_off.may_try(now + 12s));
}

TEST_CASE("a bootstrap node that refuses after the handshake is asked again, and ever more rarely") {
  Overlay::Config config;
  config.bootstrap = {endpoint(192, 0, 2, 120, 4000)};
  HandRing ring(config);
  HandPeer& peer = ring.add(120);
  peer.refuses = true;
  const Handshakes seen = ten_minutes(ring, peer, [] {});
  MESSAGE(seen.all << " handshakes in ten minutes, " << seen.first_minute << " in the first");
  CHECK(seen.first_minute >= 3);
  CHECK(seen.first_minute <= 10);
  CHECK(seen.last_minute <= 2);
  // It takes this node after all.
  peer.refuses = false;
  ring.run_for(400s);
  CHECK(ring.connection(peer));
}

TEST_CASE("a bootstrap node that takes a link and ends it a second later is asked ever more rarely") {
  Overlay::Config config;
  config.bootstrap = {endpoint(192, 0, 2, 120, 4000)};
  HandRing ring(config);
  HandPeer& peer = ring.add(120);
  std::size_t ended = 0;
  const Handshakes seen = ten_minutes(ring, peer, [&] {
    if (!ring.connection(peer) || ended == peer.opened.size()) return;
    ended = peer.opened.size();
    peer.say(ring.now, peer.opened.back(), Close{CloseReason::leaving});
    ring.exchange();
  });
  MESSAGE(seen.all << " handshakes in ten minutes, " << seen.first_minute << " in the first");
  CHECK(seen.first_minute >= 3);
  CHECK(seen.first_minute <= 10);
  CHECK(seen.last_minute <= 2);
}

TEST_CASE("of many bootstrap nodes that all refuse, few are asked at a time") {
  Overlay::Config config;
  for (std::uint8_t i = 1; i <= 40; ++i)
    config.bootstrap.push_back(endpoint(192, 0, 2, 120, static_cast<std::uint16_t>(4000 + i)));
  HandRing ring(config);
  HandPeer& peer = ring.add(120);
  peer.refuses = true;
  const Handshakes seen = ten_minutes(ring, peer, [] {});
  MESSAGE(seen.all << " handshakes in ten minutes, " << seen.first_minute << " in the first");
  CHECK(seen.first_minute <= 40);
  CHECK(seen.last_minute <= 8);
}
