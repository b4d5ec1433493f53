#include "io/system_clock.hpp"

#include <ctime>
#include <sys/timex.h>

namespace ipop::io {

namespace {

Duration read_clock(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// Above the resolution of WallTime (1 s), below every timer that a sleep would upset.
constexpr Duration tolerance = 2s;
// S22: the gap that a snapshot may leave. A clock that is a little late is corrected by less.
constexpr Duration snapshot_gap = 5s;

}  // namespace

TimePoint monotonic_now() {
  return TimePoint(read_clock(CLOCK_MONOTONIC));
}

Duration boot_time_now() {
  return read_clock(CLOCK_BOOTTIME);
}

WallTime wall_time_now() {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  return {time.tv_sec};
}

bool is_wall_time_synchronized() {
  timex state{};
  return ::adjtimex(&state) != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

ClockWatch::Change ClockWatch::update(const Reading& reading) {
  const Duration awake = reading.monotonic - last_.monotonic;
  const Duration passed = reading.boot - last_.boot;
  const Duration wall = reading.wall - last_.wall;
  Change change;
  change.slept = passed - awake > tolerance;
  change.wall_set = wall - passed >= tolerance || passed - wall >= tolerance;
  change.skipped = wall - passed > snapshot_gap;
  last_ = reading;
  return change;
}

ClockWatch::Reading read_clocks() {
  return {monotonic_now(), boot_time_now(), wall_time_now()};
}

}  // namespace ipop::io
