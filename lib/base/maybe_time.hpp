#pragma once

#include <optional>

#include "base/time.hpp"

namespace ipop {

/// std::optional<TimePoint> in the room of a TimePoint, for what is kept many times.
///
/// No clock gives TimePoint::min(): it is what says that there is none.
class MaybeTime {
 public:
  constexpr MaybeTime() = default;
  constexpr MaybeTime(std::nullopt_t) {}                     // NOLINT(google-explicit-constructor)
  constexpr MaybeTime(TimePoint time) : time_(time) {}       // NOLINT(google-explicit-constructor)
  constexpr MaybeTime(const std::optional<TimePoint>& time)  // NOLINT(google-explicit-constructor)
      : time_(time.value_or(none)) {}

  [[nodiscard]] constexpr bool has_value() const { return time_ != none; }
  constexpr explicit operator bool() const { return has_value(); }
  constexpr const TimePoint& operator*() const { return time_; }
  constexpr operator std::optional<TimePoint>() const {  // NOLINT(google-explicit-constructor)
    return has_value() ? std::optional(time_) : std::nullopt;
  }
  constexpr void reset() { time_ = none; }

  friend constexpr bool operator==(const MaybeTime&, const MaybeTime&) = default;

 private:
  static constexpr TimePoint none = TimePoint::min();
  TimePoint time_ = none;
};

}  // namespace ipop
