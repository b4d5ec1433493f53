#pragma once

#include <algorithm>
#include <optional>

#include "base/rng.hpp"
#include "base/time.hpp"

namespace ipop::overlay {

/// When something that failed may be tried again: after `first`, then `growth` times as long each time, up to
/// `longest`.
///
/// That a handshake ended well proves nothing: the peer may refuse a moment later, again and again. So there is no way
/// to set the pause back but that something which the peer accepted stood for `stands`; what ends before that is one
/// more failure.
class BackOff {
 public:
  struct Pace {
    Duration first{};
    Duration longest{};
    Duration stands{};
    unsigned growth = 2;

    friend bool operator==(const Pace&, const Pace&) = default;
  };

  /// An attempt failed, or was refused.
  void handle_failed(TimePoint now, const Pace& pace, Rng& rng) {
    accepted_.reset();
    delay_ =
        delay_ == Duration::zero() ? pace.first : std::max(pace.first, std::min(delay_ * pace.growth, pace.longest));
    not_before_ = now + rng.jitter(delay_, 0.2);
  }
  /// The peer took part: something came from it that only a peer who wants this says.
  void handle_accepted(TimePoint now) {
    if (!accepted_) accepted_ = now;
  }
  /// What was attempted had begun, and ended.
  void handle_ended(TimePoint now, const Pace& pace, Rng& rng) {
    if (!stands(now, pace)) return handle_failed(now, pace, rng);
    *this = BackOff();
  }

  /// It was accepted, and that is long enough ago.
  [[nodiscard]] bool stands(TimePoint now, const Pace& pace) const {
    return accepted_ && *accepted_ + pace.stands <= now;
  }
  /// An attempt failed, and none stood since.
  [[nodiscard]] bool has_failed() const { return delay_ != Duration::zero(); }
  [[nodiscard]] bool may_try(TimePoint now) const { return not_before_ <= now; }
  [[nodiscard]] TimePoint not_before() const { return not_before_; }

 private:
  Duration delay_{};
  TimePoint not_before_{};
  std::optional<TimePoint> accepted_;
};

}  // namespace ipop::overlay
