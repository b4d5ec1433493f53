#include "io/event_loop.hpp"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <optional>
#include <unistd.h>

#include <doctest/doctest.h>

#include "io/mailbox.hpp"
#include "io/system_clock.hpp"
#include "io/unique_fd.hpp"

using namespace ipop;
using namespace ipop::io;

namespace {

constexpr Duration loop_limit = 60s;  // of what comes at once unless the test fails

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};
Pipe make_pipe() {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) == 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace

TEST_CASE("timers fire in the order of their deadlines, whatever the order of arming") {
  EventLoop loop;
  std::string order;
  LoopTimer late(loop, [&] { order += "late"; });
  LoopTimer early(loop, [&] { order += "early "; });
  const TimePoint now = monotonic_now();
  late.arm(now + 2ms);
  early.arm(now + 1ms);
  CHECK(loop.run_until([&] { return order.size() >= 10; }, loop_limit));
  CHECK(order == "early late");
}

TEST_CASE("a timer that is armed again fires once, at the deadline set last") {
  EventLoop loop;
  int fired = 0;
  TimePoint at{};
  LoopTimer timer(loop, [&] {
    ++fired;
    at = monotonic_now();
  });
  const TimePoint now = monotonic_now();
  timer.arm(now + 1h);
  timer.arm(now + 1ms);
  timer.arm(now + 20ms);
  CHECK(loop.run_until([&] { return fired > 0; }, loop_limit));
  CHECK(at >= now + 20ms);
  bool later = false;
  LoopTimer end(loop, [&] { later = true; });
  end.arm(monotonic_now() + 5ms);
  CHECK(loop.run_until([&] { return later; }, loop_limit));
  CHECK(fired == 1);
}

TEST_CASE("a disarmed timer does not fire, and one that is over fires at once") {
  EventLoop loop;
  bool wrong = false;
  bool right = false;
  LoopTimer disarmed(loop, [&] { wrong = true; });
  disarmed.arm(monotonic_now() + 1ms);
  disarmed.disarm();
  LoopTimer over(loop, [&] { right = true; });
  over.arm(monotonic_now() - 1h);
  LoopTimer end(loop, [&] { loop.stop(); });
  end.arm(monotonic_now() + 5ms);
  loop.run();
  CHECK_FALSE(wrong);
  CHECK(right);
}

TEST_CASE("a timer may destroy itself in its handler, and arm itself again") {
  EventLoop loop;
  std::optional<LoopTimer> own;
  bool gone = false;
  own.emplace(loop, [&] {
    own.reset();
    gone = true;
  });
  own->arm(monotonic_now());
  CHECK(loop.run_until([&] { return gone; }, loop_limit));

  int rounds = 0;
  std::optional<LoopTimer> again;
  again.emplace(loop, [&] {
    if (++rounds < 3) again->arm(monotonic_now());
  });
  again->arm(monotonic_now());
  CHECK(loop.run_until([&] { return rounds == 3; }, loop_limit));
}

TEST_CASE("a watch calls for every time that something can be read") {
  EventLoop loop;
  const Pipe pipe = make_pipe();
  std::string got;
  ReadWatch watch(loop, pipe.read.get(), [&] {
    char c = 0;
    if (::read(pipe.read.get(), &c, 1) == 1) got += c;
  });
  REQUIRE(::write(pipe.write.get(), "abc", 3) == 3);
  CHECK(loop.run_until([&] { return got == "abc"; }, loop_limit));
  REQUIRE(::write(pipe.write.get(), "d", 1) == 1);
  CHECK(loop.run_until([&] { return got == "abcd"; }, loop_limit));
}

TEST_CASE("a watch that is gone calls no more and leaves the descriptor open") {
  EventLoop loop;
  const Pipe pipe = make_pipe();
  bool called = false;
  {
    const ReadWatch watch(loop, pipe.read.get(), [&] { called = true; });
    REQUIRE(::write(pipe.write.get(), "a", 1) == 1);
  }
  bool later = false;
  LoopTimer end(loop, [&] { later = true; });
  end.arm(monotonic_now() + 2ms);
  CHECK(loop.run_until([&] { return later; }, loop_limit));
  CHECK_FALSE(called);
  char c = 0;
  CHECK(::read(pipe.read.get(), &c, 1) == 1);
}

TEST_CASE("a watch may destroy itself in its handler") {
  EventLoop loop;
  const Pipe pipe = make_pipe();
  std::optional<ReadWatch> watch;
  int calls = 0;
  watch.emplace(loop, pipe.read.get(), [&] {
    ++calls;
    watch.reset();
  });
  REQUIRE(::write(pipe.write.get(), "a", 1) == 1);
  CHECK(loop.run_until([&] { return calls == 1; }, loop_limit));
}

TEST_CASE("signals come through the loop, each time") {
  EventLoop loop;
  std::string got;
  REQUIRE(loop.on_signals({SIGUSR1, SIGHUP}, [&](int number) { got += number == SIGHUP ? "hup " : "usr1 "; }));
  ::raise(SIGUSR1);
  CHECK(loop.run_until([&] { return got == "usr1 "; }, loop_limit));
  ::raise(SIGHUP);
  CHECK(loop.run_until([&] { return got == "usr1 hup "; }, loop_limit));
}

TEST_CASE("posted handlers run in their order") {
  EventLoop loop;
  std::string order;
  loop.post([&] { order += "a"; });
  loop.post([&] {
    order += "b";
    loop.post([&] { loop.stop(); });
  });
  loop.run();
  CHECK(order == "ab");
}

TEST_CASE("letters wait up to so many octets, the control's without end, and room is made by taking them") {
  EventLoop loop;
  unsigned told = 0;
  Mailbox<int> box(loop, [&] { ++told; });
  CHECK(box.put(1, 600, 1000));
  CHECK_FALSE(box.put(2, 401, 1000));
  CHECK(box.put(3, 400, 1000));
  CHECK_FALSE(box.put(4, 1, 1000));
  box.put(5);
  CHECK_FALSE(box.put(6, 1001, 1000));
  CHECK(box.take() == std::vector{1, 3, 5});
  CHECK(box.take().empty());
  CHECK(box.put(7, 1000, 1000));
  loop.post([&] { loop.stop(); });
  loop.run();
  CHECK(told == 2);
}

TEST_CASE("a descriptor whose handler rests is looked at once a second, though it can be read all the time") {
  EventLoop loop;
  Pipe pipe = make_pipe();
  REQUIRE(::write(pipe.write.get(), "x", 1) == 1);
  int calls = 0;
  std::optional<ReadWatch> watch;
  watch.emplace(loop, pipe.read.get(), [&] {
    ++calls;
    watch->rest();
  });
  const TimePoint start = monotonic_now();
  CHECK(loop.run_until([&] { return calls >= 3; }, loop_limit));
  CHECK(monotonic_now() >= start + 2s);
}

TEST_CASE("a descriptor that stays in error is looked at once a second, and not without end") {
  EventLoop loop;
  Pipe pipe = make_pipe();
  pipe.read.reset();  // what is left to write to can't be read, and is in error for good
  int calls = 0;
  ReadWatch watch(loop, pipe.write.get(), [&] { ++calls; });
  const TimePoint start = monotonic_now();
  CHECK(loop.run_until([&] { return calls >= 3; }, loop_limit));
  CHECK(monotonic_now() >= start + 2s);
}
