#pragma once

#include "base/time.hpp"

namespace ipop::io {

/// CLOCK_MONOTONIC: stands still while the machine sleeps. What machines are given as `now`.
TimePoint monotonic_now();
/// CLOCK_BOOTTIME: goes on while the machine sleeps.
Duration boot_time_now();
/// CLOCK_REALTIME.
WallTime wall_time_now();
/// Whether something keeps CLOCK_REALTIME right, as it told the kernel (adjtimex(2)).
bool is_wall_time_synchronized();

/// Finds out, from three clocks, that the machine slept, may have been restored from a snapshot, or that its
/// wall clock was set.
class ClockWatch {
 public:
  struct Reading {
    TimePoint monotonic{};
    Duration boot{};
    WallTime wall{};
  };
  struct Change {
    bool slept = false;     ///< more than 2 s passed while the monotonic clock stood still
    bool wall_set = false;  ///< the wall clock moved by 2 s or more against the boot clock
    bool skipped = false;   ///< and it went ahead, by more than 5 s
  };

  /// Nothing may happen twice that happened before: S22. In a restored snapshot all clocks go on where
  /// they stood, until the wall clock is put right; then it skips.
  static bool may_be_copy(const Change& change) { return change.slept || change.skipped; }

  explicit ClockWatch(const Reading& first) : last_(first) {}
  /// What happened since the last reading.
  Change update(const Reading& reading);

 private:
  Reading last_;
};

/// All three clocks, read at one time.
ClockWatch::Reading read_clocks();

}  // namespace ipop::io
