#pragma once

#include <chrono>
#include <optional>
#include <utility>

#include "base/time.hpp"

namespace ipop {

/// UTC by the monotonic clock, from when somebody read both. One owner sets it, others ask.
class WallClock {
 public:
  void set(TimePoint now, WallTime wall) { read_ = {now, wall}; }
  [[nodiscard]] bool is_set() const { return read_.has_value(); }
  /// 1970 before it is set.
  [[nodiscard]] WallTime at(TimePoint now) const {
    if (!read_) return {};
    return read_->second + std::chrono::duration_cast<std::chrono::seconds>(now - read_->first);
  }

 private:
  std::optional<std::pair<TimePoint, WallTime>> read_{};
};

}  // namespace ipop
