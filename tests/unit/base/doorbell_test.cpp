// The example of docs/machine.md, kept compiling.

#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "base/machine.hpp"
#include "base/timer_table.hpp"

namespace ipop {
namespace {

using namespace std::chrono_literals;

class Doorbell {
 public:
  struct Ring {};
  struct GaveUp {};
  using Output = std::variant<Ring, GaveUp>;

  void press(TimePoint now) {
    left_ = 3;
    ring(now);
  }
  void handle_opened(TimePoint /*now*/) { timers_.clear(Timer::again); }
  void handle_timeout(TimePoint now) {
    if (timers_.expire(Timer::again, now)) ring(now);
  }
  std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const { return timers_.next(); }

 private:
  enum class Timer { again, count_ };  // again: the next ring is due

  void ring(TimePoint now) {
    if (left_ == 0) return outputs_.push(GaveUp{});
    --left_;
    outputs_.push(Ring{});
    timers_.set(Timer::again, now + 1s);
  }

  int left_ = 0;
  TimerTable<Timer> timers_;
  OutputQueue<Output> outputs_;
};
static_assert(Machine<Doorbell>);

std::vector<Doorbell::Output> run_until_idle(Doorbell& bell, TimePoint& now) {
  std::vector<Doorbell::Output> outputs;
  while (true) {
    while (auto output = bell.poll_output())
      outputs.push_back(*output);
    const auto next = bell.poll_timeout();
    if (!next) return outputs;
    now = *next;
    bell.handle_timeout(now);
  }
}

TEST_CASE("a doorbell rings three times, a second apart, then gives up") {
  Doorbell bell;
  TimePoint now{};
  bell.press(now);
  const auto outputs = run_until_idle(bell, now);
  REQUIRE(outputs.size() == 4);
  CHECK(std::holds_alternative<Doorbell::GaveUp>(outputs.back()));
  CHECK(now == TimePoint{} + 3s);
}

TEST_CASE("a doorbell is silent once somebody opened") {
  Doorbell bell;
  TimePoint now{};
  bell.press(now);
  CHECK(bell.poll_output().has_value());
  bell.handle_opened(now);
  CHECK(run_until_idle(bell, now).empty());
}

}  // namespace
}  // namespace ipop
