#include "dataplane/send_queue.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::dataplane;

namespace {

/// A line that carries `pace` octets a millisecond, given `given` of them: what is lost of its packets in `time`. The
/// law is asked of 64 packets a millisecond, so that none is spared.
struct Line {
  SendQueue queue;
  TimePoint now = TimePoint{} + 1h;
  std::uint64_t waits = 0;

  int lost_in(Duration time, std::uint64_t pace, std::uint64_t given) {
    int lost = 0;
    for (const TimePoint end = now + time; now < end; now += 1ms) {
      waits += given;
      waits -= std::min(waits, pace);
      if (queue.handle_handed_on(now, given)) queue.handle_waiting(now, waits);
      for (int packet = 0; packet < 64; ++packet) {
        StandingQueue* standing = queue.standing();
        lost += standing != nullptr && standing->loses_next() ? 1 : 0;
      }
    }
    return lost;
  }
};

constexpr std::uint64_t mbit_100 = 12'500;

}  // namespace

TEST_CASE("a line that carries what it is given loses nothing, however much that is") {
  for (const std::uint64_t pace : {std::uint64_t{125}, mbit_100, 10 * mbit_100}) {
    CAPTURE(pace);
    Line line;
    CHECK(line.lost_in(10s, pace, pace) == 0);
  }
}

TEST_CASE("a burst that leaves again is no queue that stands") {
  Line line;
  CHECK(line.lost_in(1s, mbit_100, mbit_100) == 0);
  line.waits += 90 * mbit_100;
  CHECK(line.lost_in(1s, mbit_100, 0) == 0);
}

TEST_CASE("what waits for longer than ten milliseconds all the time loses one packet, then more and more often") {
  for (const std::uint64_t pace : {std::uint64_t{1250}, mbit_100, 10 * mbit_100}) {
    CAPTURE(pace);
    Line line;
    CHECK(line.lost_in(1s, pace, pace) == 0);
    line.waits += std::max<std::uint64_t>(50 * pace, 2 * SendQueue::burst);
    CHECK(line.lost_in(90ms, pace, pace) == 0);
    const int first = line.lost_in(400ms, pace, pace);
    CHECK(first >= 3);
    CHECK(line.lost_in(400ms, pace, pace) > first);
    // Its senders were slower for a moment.
    line.waits = 5 * pace;
    (void)line.lost_in(5ms, pace, pace);
    CHECK(line.lost_in(1s, pace, pace) == 0);
  }
}

TEST_CASE("a line that is dead stands, and one of which nothing is known yet does not") {
  Line line;
  line.waits = 1'000'000;
  CHECK(line.lost_in(49ms, 0, 0) == 0);
  CHECK(line.lost_in(1s, 0, 1500) > 0);
}

TEST_CASE("after a pause nothing is known of the line") {
  Line line;
  CHECK(line.lost_in(1s, mbit_100, mbit_100) == 0);
  line.now += 10s;
  line.waits = 20 * mbit_100;
  CHECK(line.lost_in(49ms, 10 * mbit_100, mbit_100) == 0);
}
