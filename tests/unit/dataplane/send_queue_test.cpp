#include "dataplane/send_queue.hpp"

#include <doctest/doctest.h>

#include "worker_fixtures.hpp"

using namespace ipop;
using namespace ipop::dataplane;
using namespace ipop::dataplane::test;

namespace {

/// A line that carries `pace` octets a millisecond and is given `given` of them every `every`, as a hand does: it
/// looks, and then sends. The law is asked of enough packets that none is spared.
struct Line {
  SendQueue queue;
  TimePoint now = TimePoint{} + 1h;
  std::uint64_t waits = 0;
  std::uint64_t sent = 0;

  int lost_in(Duration time, std::uint64_t pace, std::uint64_t given, Duration every = 1ms) {
    int lost = 0;
    const TimePoint begin = now;
    for (; now < begin + time; now += 1ms) {
      if ((now - begin) % every == Duration{}) {
        if (queue.wants_look(now)) queue.handle_look(now, waits, sent);
        for (unsigned packet = 0; packet <= StandingQueue::spared; ++packet)
          lost += queue.law().loses_next() ? 1 : 0;
        waits += given;
        sent += given;
      }
      waits -= std::min(waits, pace);
    }
    return lost;
  }
};

constexpr std::uint64_t mbit_10 = 1250;
constexpr std::uint64_t mbit_100 = 10 * mbit_10;
constexpr std::uint64_t gbit = 10 * mbit_100;

}  // namespace

TEST_CASE("a line on which little waits loses nothing, however much it carries") {
  for (const std::uint64_t pace : {mbit_10, mbit_100, gbit}) {
    CAPTURE(pace);
    Line line;
    line.waits = std::max<std::uint64_t>(9 * pace, SendQueue::burst);
    CHECK(line.lost_in(10s, pace, pace) == 0);
  }
}

TEST_CASE("what waits for longer than ten milliseconds all the time loses one packet, then more and more often") {
  for (const std::uint64_t pace : {2 * mbit_10, mbit_100, gbit}) {
    CAPTURE(pace);
    Line line;
    CHECK(line.lost_in(1s, pace, pace) == 0);
    line.waits += 11 * pace;
    CHECK(line.lost_in(90ms, pace, pace) == 0);
    const int first = line.lost_in(400ms, pace, pace);
    CHECK(first >= 3);
    CHECK(line.lost_in(400ms, pace, pace) > first);
    // Its senders were slower for a moment.
    line.waits = 0;
    (void)line.lost_in(5ms, pace, pace);
    CHECK(line.lost_in(1s, pace, pace) == 0);
  }
}

TEST_CASE("bursts with a pause between them are no queue that stands, whatever they are beside the pace") {
  for (const std::uint64_t burst : {std::uint64_t{20'000}, std::uint64_t{60'000}, std::uint64_t{4'000'000}}) {
    CAPTURE(burst);
    Line line;
    CHECK(line.lost_in(10s, gbit, burst, 50ms) == 0);
  }
}

TEST_CASE("one long burst that leaves again is none either") {
  Line line;
  CHECK(line.lost_in(1s, mbit_100, mbit_100) == 0);
  line.waits += 80 * mbit_100;
  CHECK(line.lost_in(1s, mbit_100, 0) == 0);
}

TEST_CASE("a line that is dead stands") {
  Line line;
  line.waits = 1'000'000;
  CHECK(line.lost_in(1s, 0, 1500) > 0);
}

TEST_CASE("of a line that is seldom given anything nothing is known") {
  Line line;
  line.waits = 1'000'000;
  CHECK(line.lost_in(10s, 0, 1500, 100ms) == 0);
}

TEST_CASE("what was owed before a pause is not taken after it") {
  Line line;
  CHECK(line.lost_in(1s, mbit_100, mbit_100) == 0);
  line.waits = 50 * mbit_100;
  CHECK(line.lost_in(300ms, mbit_100, mbit_100) > 0);
  for (int i = 0; i < 60; ++i, line.now += 1ms)
    line.queue.handle_look(line.now, line.waits, line.sent);
  line.now += 1h;
  line.waits = 0;
  CHECK(line.lost_in(1ms, mbit_100, mbit_100) == 0);
}

TEST_CASE("a queue behind the worker that stands loses a large packet, as one before it does") {
  Pair pair;
  StandingQueue to;
  const Bytes packet = make_packet(shape_of(1300, ip::udp));
  std::uint64_t lost = 0;
  for (const TimePoint end = pair.now + 10 * StandingQueue::interval; pair.now < end; pair.now += 100us) {
    to.handle_read(pair.now, false);
    Bytes octets = frame_of(packet);
    const net::TapFrame frame{{}, octets};
    if (pair.left.handle_frames(pair.now, {&frame, 1}, nullptr, &to).sends.empty()) ++lost;
  }
  CHECK(lost > 3);
  CHECK(pair.left.counters().get("drop_worker_standing") == lost);
}
