#include "dataplane/standing_queue.hpp"

#include <doctest/doctest.h>

#include "worker_fixtures.hpp"

using namespace ipop;
using namespace ipop::dataplane;
using namespace ipop::dataplane::test;

namespace {

/// Whether one is lost of as many packets as make sure that none is spared.
bool loses_one(StandingQueue& queue) {
  for (unsigned i = 0; i <= StandingQueue::spared; ++i) {
    if (queue.loses_next()) return true;
  }
  return false;
}

/// What a queue loses that is looked at every millisecond for `time`, and is empty every `every`.
int lost_in(StandingQueue& queue, TimePoint& now, Duration time, Duration every) {
  int lost = 0;
  const TimePoint begin = now;
  for (; now < begin + time; now += 1ms) {
    queue.handle_read(now, (now - begin) % every == Duration{});
    lost += loses_one(queue) ? 1 : 0;
  }
  return lost;
}

}  // namespace

TEST_CASE("a queue that empties again loses nothing, however often it fills") {
  StandingQueue queue;
  TimePoint now = TimePoint{} + 1h;
  CHECK(lost_in(queue, now, 60s, StandingQueue::interval) == 0);
}

TEST_CASE("a queue that stands loses one packet after an interval, then more and more often") {
  StandingQueue queue;
  TimePoint now = TimePoint{} + 1h;
  CHECK(lost_in(queue, now, StandingQueue::interval, 1h) == 0);
  CHECK(lost_in(queue, now, StandingQueue::interval / 2, 1h) == 0);  // it was found empty in between
  StandingQueue standing;
  now += 1h;
  standing.handle_read(now, false);
  std::vector<Duration> lost;
  const TimePoint begin = now;
  for (; now < begin + 10 * StandingQueue::interval; now += 100us) {
    standing.handle_read(now, false);
    if (loses_one(standing)) lost.push_back(now - begin);
  }
  REQUIRE(lost.size() > 20);
  CHECK(lost[0] == 20ms);
  CHECK(lost[1] == 40ms);
  CHECK(lost[2] == 54200us);  // 20 ms / sqrt(2) later, rounded up to the next look
  for (std::size_t i = 2; i < lost.size(); ++i)
    CHECK(lost[i] - lost[i - 1] <= lost[i - 1] - lost[i - 2] + 100us);
  // Empty once, and it begins anew: at a pace near that of before when it stands again soon.
  standing.handle_read(now, true);
  CHECK(lost_in(standing, now, StandingQueue::interval / 2, 1h) == 0);
  CHECK(lost_in(standing, now, 4 * StandingQueue::interval, 1h) > 8);
  standing.handle_read(now, true);
  now += 1h;
  CHECK(lost_in(standing, now, 4 * StandingQueue::interval, 1h) < 7);
}

TEST_CASE("what is owed is owed once, and nothing any more when the queue is empty") {
  StandingQueue queue;
  TimePoint now = TimePoint{} + 1h;
  for (int i = 0; i < 100; ++i, now += 1ms)
    queue.handle_read(now, false);
  CHECK(loses_one(queue));
  CHECK_FALSE(loses_one(queue));
  for (int i = 0; i < 100; ++i, now += 1ms)
    queue.handle_read(now, false);
  queue.handle_read(now, true);
  CHECK_FALSE(loses_one(queue));
}

TEST_CASE("a burst after a pause is no queue that stands, though its end was not seen") {
  StandingQueue queue;
  TimePoint now = TimePoint{} + 1h;
  for (int i = 0; i < 1000; ++i, now += 21ms) {
    queue.handle_read(now, false);
    CHECK_FALSE(loses_one(queue));
  }
}

TEST_CASE("however long a queue stands, most packets pass") {
  StandingQueue queue;
  TimePoint now = TimePoint{} + 1h;
  int lost = 0;
  int at_once = 0;
  bool before = false;
  for (int i = 0; i < 10 * 60 * 1000; ++i, now += 1ms) {
    queue.handle_read(now, false);
    const bool loses = queue.loses_next();
    lost += loses ? 1 : 0;
    at_once += loses && before ? 1 : 0;
    before = loses;
  }
  CHECK(lost > 10'000);
  CHECK(lost <= 600'000 / static_cast<int>(StandingQueue::spared + 1));
  CHECK(at_once == 0);
}

TEST_CASE("while what guests send piles up, one large packet is dropped or marked, and no small one") {
  Pair pair;
  StandingQueue queue;
  const auto stand = [&] {
    for (const TimePoint end = pair.now + StandingQueue::interval; pair.now < end; pair.now += 1ms)
      queue.handle_read(pair.now, false);
    queue.handle_read(pair.now, false);
  };
  const auto piles_up = [&](const Bytes& packet, const net::VnetHeader& header = {}) {
    Bytes frame = frame_of(packet);
    const net::TapFrame input{header, frame};
    std::size_t sent = 0;
    const auto outcome = pair.left.handle_frames(pair.now, {&input, 1}, &queue);
    pair.wire.clear();
    for (const net::Datagrams& run : outcome.sends) {
      for (std::size_t at = 0; at < run.octets.size(); at += run.segment, ++sent)
        pair.wire.push_back(to_bytes(run.octets.subspan(at, std::min(run.segment, run.octets.size() - at))));
    }
    return sent;
  };
  const LargeFrame large = make_large(shape_of(10 * 1000), 1000);
  const Bytes small = make_packet(shape_of(100, ip::udp));
  CHECK(piles_up(large.packet, large.header) == 10);
  stand();
  CHECK(piles_up(small) == 1);
  CHECK(piles_up(large.packet, large.header) == 9);
  CHECK(piles_up(large.packet, large.header) == 10);
  CHECK(pair.left.counters().get("drop_worker_standing") == 1);

  CHECK(piles_up(large.packet, large.header) == 10);
  CHECK(piles_up(large.packet, large.header) == 10);

  // Who knows marks gets one (RFC 3168).
  stand();
  PacketShape marked = shape_of(1000);
  marked.type_of_service = 0x8a;  // ECT(0)
  CHECK(piles_up(make_packet(marked)) == 1);
  marked.type_of_service = 0x8b;
  const auto arrived = pair.receive(pair.wire);
  REQUIRE(arrived.frames.size() == 1);
  CHECK(octets_of(arrived.frames[0]) == make_packet(marked));
  CHECK(pair.left.counters().get("worker_marked") == 1);
  CHECK(pair.left.counters().get("drop_worker_standing") == 1);
}

TEST_CASE("while what peers send piles up, one large packet of theirs is dropped") {
  Pair pair;
  StandingQueue queue;
  const LargeFrame large = make_large(shape_of(10 * 1000), 1000);
  const auto piles_up = [&] {
    static_cast<void>(pair.send(large.header, large.packet));
    Bytes joined;
    for (const Bytes& datagram : pair.wire)
      append(joined, datagram);
    const net::Datagrams all{left_endpoint, joined, pair.wire.front().size()};
    Worker::Place place;
    static_cast<void>(pair.right.handle_datagrams(pair.now, {&all, 1}, place, &queue));
    return pair.right.counters().get("worker_received");
  };
  CHECK(piles_up() == 10);
  for (int i = 0; i <= 20; ++i)
    queue.handle_read(pair.now + i * 1ms, false);
  CHECK(piles_up() == 19);
  CHECK(piles_up() == 29);
  CHECK(pair.right.counters().get("drop_worker_standing") == 1);
}
