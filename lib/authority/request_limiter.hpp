#pragma once

#include <chrono>
#include <cstddef>

#include "base/expiring_map.hpp"
#include "base/time.hpp"
#include "net/endpoint.hpp"

namespace ipop::authority {

/// How often one address may ask an authority for a certificate: 10 times a minute, with a burst of
/// 10. An IPv6 address counts with its whole /64, which one host commands at no cost.
class RequestLimiter {
 public:
  static constexpr Duration token_time = 6s;
  static constexpr unsigned burst = 10;
  // A bucket that was not used for a minute is full and is forgotten, so only a flood from very many
  // addresses fills the table; then the fullest buckets make room.
  static constexpr std::size_t capacity = 4096;

  /// True when `source` may ask; takes a token.
  bool take(TimePoint now, const net::Endpoint& source);
  /// When it may ask again; a second at least.
  [[nodiscard]] std::chrono::seconds wait(TimePoint now, const net::Endpoint& source) const;
  [[nodiscard]] std::size_t size() const { return full_at_.size(); }

 private:
  // The time when a bucket will be full again says how full it is.
  ExpiringMap<net::Endpoint, TimePoint> full_at_{capacity};
};

}  // namespace ipop::authority
