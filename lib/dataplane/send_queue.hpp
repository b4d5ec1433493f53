#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "dataplane/standing_queue.hpp"

namespace ipop::dataplane {

/// Sees by what waits to be sent whether the line in front of it carries less than it is given.
///
/// A line that is busy always has something waiting, so that "found empty" says nothing here. What counts is how long
/// that waits: octets by the pace at which others left (RFC 8289's sojourn time, as seen from before the queue). The
/// kernel counts the memory of what waits, which is up to twice the octets of full packets, and more of small ones.
/// It is to be looked at before more is sent: behind that, whatever was sent last is still there.
class SendQueue {
 public:
  static constexpr Duration target = 10ms;         ///< what waits no longer is no queue that stands
  static constexpr std::uint64_t burst = 16'384;   ///< octets that wait at any pace: a few packets of a slow line
  static constexpr Duration look_every = 1ms;      ///< a look is a system call or two
  static constexpr Duration measured_over = 50ms;  ///< the pace
  static constexpr Duration interval = 100ms;      ///< round trips of the senders, most of them

  /// The last look is long enough ago.
  [[nodiscard]] bool wants_look(TimePoint now) const { return !looked_ || now - *looked_ >= look_every; }
  /// `waiting` octets are on this machine, of `sent` that the kernel took since the start.
  void handle_look(TimePoint now, std::uint64_t waiting, std::uint64_t sent) {
    looked_ = now;
    if (!begun_ || now - *begun_ >= measured_over) measure(now, waiting, sent);
    law_.handle_read(now, !pace_ || waiting <= std::max(burst, *pace_ * of(target) / of(measured_over)));
  }
  /// To be asked of each packet that is to be sent.
  [[nodiscard]] StandingQueue& law() { return law_; }

 private:
  static constexpr std::uint64_t of(Duration time) { return static_cast<std::uint64_t>(time.count()); }

  void measure(TimePoint now, std::uint64_t waiting, std::uint64_t sent) {
    // After a pause nothing is known of the line.
    if (begun_ && now - *begun_ < 2 * measured_over) {
      const std::uint64_t given = waited_ + (sent - sent_);
      pace_ = (given - std::min(given, waiting)) * of(measured_over) / of(now - *begun_);
    } else {
      pace_.reset();
    }
    begun_ = now;
    waited_ = waiting;
    sent_ = sent;
  }

  StandingQueue law_{interval};
  std::optional<TimePoint> looked_;
  std::optional<TimePoint> begun_;
  std::uint64_t waited_ = 0;  ///< when it began
  std::uint64_t sent_ = 0;
  std::optional<std::uint64_t> pace_;  ///< octets that left in `measured_over`
};

}  // namespace ipop::dataplane
