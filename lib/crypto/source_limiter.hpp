#pragma once

#include "base/expiring_map.hpp"
#include "crypto/carrier.hpp"

namespace ipop::crypto {

/// A token bucket a source: 20 a second, burst of 5.
class SourceLimiter {
 public:
  static constexpr Duration token_time = 50ms;
  static constexpr unsigned burst = 5;
  // A bucket that was not used for a quarter of a second is full and is forgotten, so only a flood
  // fills the table; then the fullest buckets make room.
  static constexpr std::size_t capacity = 4096;

  /// True when `carrier` may go on; takes a token.
  bool take(TimePoint now, const Carrier& carrier) {
    const Carrier source = carrier.source();
    // The time when the bucket will be full again says how full it is.
    const TimePoint* full_at = full_at_.find(source, now);
    const TimePoint from = full_at != nullptr ? *full_at : now;
    if (from + token_time > now + burst * token_time) return false;
    full_at_.put(now, source, from + token_time, from + token_time);
    return true;
  }
  [[nodiscard]] std::size_t size() const { return full_at_.size(); }
  void clear() { full_at_.clear(); }

 private:
  ExpiringMap<Carrier, TimePoint> full_at_{capacity};
};

}  // namespace ipop::crypto
