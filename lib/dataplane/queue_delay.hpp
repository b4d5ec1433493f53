#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"

namespace ipop::dataplane {

/// Keeps the queue before a worker short by controlled delay (RFC 8289): when every packet of a tenth of a second has
/// waited for longer than 2 ms, one is dropped now and then, so that the connections that fill the queue slow down.
///
/// A queue that a burst fills and the worker empties loses nothing.
class QueueDelay {
 public:
  /// Whether the packet that is taken out now, after it waited for so long, is to be dropped.
  [[nodiscard]] bool drops(TimePoint now, Duration waited);

 private:
  void drop(TimePoint from);

  std::optional<TimePoint> too_long_from_;  // the delay is standing if it lasts until then
  TimePoint last_{};
  bool is_dropping_ = false;
  TimePoint next_{};
  std::uint32_t count_ = 0;       // of drops since the delay began to stand
  std::uint32_t last_count_ = 0;  // at the time when that began
};

}  // namespace ipop::dataplane
