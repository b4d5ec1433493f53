#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace ipop {

using namespace std::chrono_literals;

/// Monotonic time since an arbitrary start; the owner of a machine reads the clock.
struct MonotonicClock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<MonotonicClock>;
  static constexpr bool is_steady = true;
};
using TimePoint = MonotonicClock::time_point;
using Duration = MonotonicClock::duration;

/// UTC in seconds since 1970-01-01; only for what is signed (certificates, records, receipts).
struct WallTime {
  std::int64_t seconds = 0;

  friend constexpr auto operator<=>(WallTime, WallTime) = default;
  friend constexpr WallTime operator+(WallTime time, std::chrono::seconds more) {
    return {time.seconds + more.count()};
  }
  friend constexpr WallTime operator-(WallTime time, std::chrono::seconds less) {
    return {time.seconds - less.count()};
  }
  friend constexpr std::chrono::seconds operator-(WallTime a, WallTime b) {
    return std::chrono::seconds(a.seconds - b.seconds);
  }
};

}  // namespace ipop
