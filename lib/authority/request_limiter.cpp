#include "authority/request_limiter.hpp"

#include <algorithm>

namespace ipop::authority {
namespace {

/// The endpoint without what a single host can vary.
net::Endpoint source_of(net::Endpoint endpoint) {
  endpoint.port = 0;
  if (auto* v6 = std::get_if<net::Ipv6Address>(&endpoint.address))
    std::fill(v6->octets.begin() + 8, v6->octets.end(), std::byte{0});
  return endpoint;
}

}  // namespace

bool RequestLimiter::take(TimePoint now, const net::Endpoint& source) {
  full_at_.drop_expired(now);
  const net::Endpoint key = source_of(source);
  const TimePoint* full_at = full_at_.find(key, now);
  const TimePoint full = (full_at != nullptr ? *full_at : now) + token_time;
  if (full > now + burst * token_time) return false;
  full_at_.put(now, key, full, full);
  return true;
}

std::chrono::seconds RequestLimiter::wait(TimePoint now, const net::Endpoint& source) const {
  const TimePoint* full_at = full_at_.find(source_of(source), now);
  if (full_at == nullptr) return std::chrono::seconds(1);
  const Duration left = *full_at + token_time - burst * token_time - now;
  return std::max(std::chrono::ceil<std::chrono::seconds>(left), std::chrono::seconds(1));
}

}  // namespace ipop::authority
