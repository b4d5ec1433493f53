#include "crypto/source_limiter.hpp"

#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "base/rng.hpp"
#include "crypto/deadline_queue.hpp"

namespace ipop::crypto {
namespace {

/// Kind, address, port, as an owner cuts them: by IPv4 address and /24.
Carrier carrier(std::string_view hex) {
  return Carrier(Carrier::Transport::endpoint, *parse_hex(hex), {.source = 5, .network = 4});
}

TEST_CASE("a source has a burst of five and twenty a second") {
  SourceLimiter limiter;
  TimePoint now{};
  for (int i = 0; i < 5; ++i)
    CHECK(limiter.take(now, carrier("040a0000011388")));
  CHECK_FALSE(limiter.take(now, carrier("040a0000011388")));
  CHECK(limiter.take(now, carrier("040a0000021388")));
  unsigned taken = 0;
  for (int i = 0; i < 1000; ++i) {
    now += 10ms;
    if (limiter.take(now, carrier("040a0000011388"))) ++taken;
  }
  CHECK(taken == 200);
}

TEST_CASE("a carrier counts by the prefixes that its maker gave it") {
  const Carrier one = carrier("040a0000011388");
  CHECK(one.source() == carrier("040a000001ffff").source());
  CHECK(one.source() != carrier("040a0000021388").source());
  CHECK(one.network() == carrier("040a0000ff0001").network());
  CHECK(one.network() != carrier("040a0001011388").network());
  CHECK(one.source().network() == one.network());
  const Carrier whole(Carrier::Transport::relay, *parse_hex("01aabb"), {});
  CHECK(whole.source() == whole);
  CHECK(whole.network() == whole);
  CHECK(whole != Carrier(Carrier::Transport::endpoint, *parse_hex("01aabb"), {}));
}

TEST_CASE("S6: a flood of sources does not grow the table") {
  SourceLimiter limiter;
  SeededRng rng(1);
  for (int i = 0; i < 20'000; ++i) {
    std::array<std::byte, 7> octets{};
    rng.fill(octets);
    limiter.take(TimePoint{}, Carrier(Carrier::Transport::endpoint, octets, {}));
  }
  CHECK(limiter.size() == SourceLimiter::capacity);
}

TEST_CASE("a deadline queue gives the earliest key first, once") {
  DeadlineQueue<int> queue;
  const TimePoint start{};
  queue.set(1, start + 3s);
  queue.set(2, start + 2s);
  queue.set(3, start + 2s);
  queue.set(1, start + 1s);
  CHECK(queue.next() == start + 1s);
  CHECK_FALSE(queue.take_due(start).has_value());
  CHECK(queue.take_due(start + 2s) == 1);
  queue.clear(2);
  CHECK(queue.take_due(start + 2s) == 3);
  CHECK_FALSE(queue.take_due(start + 9s).has_value());
  CHECK_FALSE(queue.next().has_value());
}

}  // namespace
}  // namespace ipop::crypto
