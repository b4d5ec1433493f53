#pragma once

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/time.hpp"

namespace ipop::dataplane {

/// Decides when a queue that stands is to lose a packet, so that its senders slow down (controlled delay, RFC 8289).
///
/// Of the kernel's queues only one thing is seen: that one was found empty. A queue that takes bursts and empties again
/// is a good one, however long; one that was not seen empty for an `interval` stands, and everybody waits behind it.
/// Then one packet is lost, the next after interval / sqrt(2), then interval / sqrt(3) and so on, until it is empty
/// once; never more than one in `spared` + 1, since a queue that stands by what nobody can slow down, as by a flood of
/// garbage, stands whatever is lost.
class StandingQueue {
 public:
  static constexpr Duration interval = 20ms;  ///< what a hand can keep full so long is no burst
  static constexpr unsigned spared = 31;      ///< packets between two that are lost: 3 % stop any sender that listens

  explicit StandingQueue(Duration interval = StandingQueue::interval) : interval_(interval) {}

  /// The queue was read; `is_empty`: nothing is left in it. To be told of each read, of one that found nothing too.
  void handle_read(TimePoint now, bool is_empty) {
    // Whoever did not look for so long knows of nothing that stands.
    if (is_empty || now - read_ > interval_) handle_empty(now);
    read_ = now;
    if (!is_empty) handle_backlog(now);
  }
  /// A packet comes from the queue that may be lost, or marked: true if it is to be.
  [[nodiscard]] bool loses_next() {
    const bool is_spared = passed_ < spared;
    if (is_spared || !owes_) {
      if (is_spared) ++passed_;
      return false;
    }
    owes_ = false;
    passed_ = 0;
    return true;
  }

 private:
  void handle_empty(TimePoint now) {
    if (loses_at_) ended_ = now;
    loses_at_.reset();
    standing_since_.reset();
    owes_ = false;
  }
  void handle_backlog(TimePoint now) {
    if (owes_) return;
    if (!standing_since_) standing_since_ = now;
    if (now < loses_at_.value_or(*standing_since_ + interval_)) return;
    owes_ = true;
    if (loses_at_) {
      ++lost_;
    } else {
      // Who comes back soon goes on near the pace that was needed before (RFC 8289, 4.2).
      const unsigned needed = lost_ - lost_at_first_;
      lost_ = ended_ && now - *ended_ < 16 * interval_ ? std::max(needed, 1U) : 1;
      lost_at_first_ = lost_;
    }
    loses_at_ = now + std::chrono::duration_cast<Duration>(interval_ / std::sqrt(static_cast<double>(lost_)));
  }

  Duration interval_;
  TimePoint read_{};
  std::optional<TimePoint> standing_since_;
  std::optional<TimePoint> loses_at_;  ///< while it stands: the next
  std::optional<TimePoint> ended_;
  unsigned lost_ = 0;           ///< the law's count, while it stands
  unsigned lost_at_first_ = 0;  ///< with what this or the last time began
  bool owes_ = false;
  unsigned passed_ = spared;  ///< since the last that was lost, no further than that
};

}  // namespace ipop::dataplane
