#pragma once

#include <array>
#include <optional>

#include "base/machine.hpp"

namespace ipop {

/// Named deadlines of a machine. `Timer` is an enum class whose last enumerator is `count_`.
template <class Timer>
class TimerTable {
 public:
  void set(Timer timer, TimePoint when) { slot(timer) = when; }
  void clear(Timer timer) { slot(timer).reset(); }
  [[nodiscard]] std::optional<TimePoint> get(Timer timer) const { return deadlines_[static_cast<std::size_t>(timer)]; }
  [[nodiscard]] bool is_set(Timer timer) const { return get(timer).has_value(); }

  /// True once when the deadline is over: it is cleared before the machine acts on it.
  bool expire(Timer timer, TimePoint now) {
    auto& deadline = slot(timer);
    if (!deadline || *deadline > now) return false;
    deadline.reset();
    return true;
  }

  [[nodiscard]] std::optional<TimePoint> next() const {
    std::optional<TimePoint> first;
    for (const auto& deadline : deadlines_)
      first = earliest(first, deadline);
    return first;
  }

 private:
  std::optional<TimePoint>& slot(Timer timer) { return deadlines_[static_cast<std::size_t>(timer)]; }

  std::array<std::optional<TimePoint>, static_cast<std::size_t>(Timer::count_)> deadlines_{};
};

}  // namespace ipop
