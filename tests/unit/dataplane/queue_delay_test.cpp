#include "dataplane/queue_delay.hpp"

#include <vector>

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::dataplane;

namespace {

constexpr TimePoint start{1h};

/// When something is dropped, of packets that come out one a millisecond from `from` to `to` after they waited.
std::vector<Duration> drops(QueueDelay& queue, Duration from, Duration to, Duration waited) {
  std::vector<Duration> out;
  for (Duration at = from; at < to; at += 1ms) {
    if (queue.drops(start + at, waited)) out.push_back(at);
  }
  return out;
}

}  // namespace

TEST_CASE("a short wait costs nothing, however long it goes on") {
  QueueDelay queue;
  CHECK(drops(queue, 0s, 10s, 1900us).empty());
}

TEST_CASE("a burst that is worked off within a tenth of a second costs nothing, however often it comes") {
  QueueDelay queue;
  for (Duration at = 0s; at < 10s; at += 110ms) {
    CHECK(drops(queue, at, at + 99ms, 50ms).empty());
    CHECK(drops(queue, at + 99ms, at + 110ms, 0ms).empty());
  }
}

TEST_CASE("a wait that stands costs a packet after a tenth of a second, and then more and more often") {
  QueueDelay queue;
  const auto at = drops(queue, 0s, 1s, 5ms);
  REQUIRE(at.size() > 4);
  CHECK(at[0] == 101ms);
  CHECK(at[1] == 201ms);
  for (std::size_t i = 2; i < at.size(); ++i)
    CHECK(at[i] - at[i - 1] <= at[i - 1] - at[i - 2]);
  CHECK(at.size() < 40);
}

TEST_CASE("once the queue is short nothing more is dropped, and a wait that is soon back is met as it ended") {
  QueueDelay queue;
  const auto first = drops(queue, 0s, 2s, 5ms);
  CHECK(drops(queue, 2s, 2100ms, 0ms).empty());
  const auto second = drops(queue, 2100ms, 3100ms, 5ms);
  CHECK(second.front() == 2200ms);
  // After a minute without packets all begins anew.
  const auto later = drops(queue, 60s, 61s, 5ms);
  REQUIRE(!later.empty());
  CHECK(later.front() == 60101ms);
  CHECK(second.size() > later.size());
}

TEST_CASE("a connection with a large window that gives way as TCP does waits for a few milliseconds only") {
  QueueDelay queue;
  // Octets under way in a path that has no length: all of them wait. A lost packet takes three tenths of them away.
  double window = 6e6;
  const double octets_a_second = 1e9;
  Duration longest_late = 0ms;
  for (Duration at = 0s; at < 20s; at += 100us) {
    const Duration waited(static_cast<Duration::rep>(window / octets_a_second * 1e9));
    if (queue.drops(start + at, waited)) window *= 0.7;
    window += 100;  // a megabyte more each second
    if (at > 2s) longest_late = std::max(longest_late, waited);
  }
  CHECK(longest_late < 4ms);
  CHECK(window > 1e6);
}
