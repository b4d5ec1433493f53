#pragma once

#include "base/expiring_map.hpp"

namespace ipop {

/// A token bucket for each key: one token every `token_time`, at most `burst` of them.
///
/// Bounded: a bucket that is full again is forgotten; of more than `capacity` others the one that is full
/// soonest makes room.
template <class Key>
class TokenBuckets {
 public:
  TokenBuckets(Duration token_time, unsigned burst, std::size_t capacity)
      : token_time_(token_time), burst_(burst), full_at_(capacity) {}

  /// True when `key` may go on; takes `tokens`, or nothing.
  bool take(TimePoint now, const Key& key, unsigned tokens = 1) {
    // The time when the bucket will be full again says how full it is.
    const TimePoint* full_at = full_at_.find(key, now);
    const TimePoint filled = (full_at != nullptr ? *full_at : now) + token_time_ * tokens;
    if (filled > now + token_time_ * burst_) return false;
    full_at_.put(now, key, filled, filled);
    return true;
  }
  [[nodiscard]] std::size_t size() const { return full_at_.size(); }

 private:
  Duration token_time_;
  unsigned burst_;
  ExpiringMap<Key, TimePoint> full_at_;
};

}  // namespace ipop
