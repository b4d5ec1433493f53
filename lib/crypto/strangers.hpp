#pragma once

#include <optional>

#include "base/rng.hpp"
#include "base/time.hpp"
#include "crypto/carrier.hpp"
#include "crypto/cookie.hpp"
#include "crypto/handshake_frame.hpp"
#include "crypto/source_limiter.hpp"

namespace ipop::crypto {

/// What is asked of a stranger before a handshake begins: that it receives packets where it seems to be, and that its
/// source does not come too often. Nothing is kept of it but how often its source came; what a handshake that began may
/// take is HalfOpen's.
class Strangers {
 public:
  /// `self` answers. `rng` outlives it.
  Strangers(const NodeId& self, Rng& rng) : self_(self), cookies_(rng) {}

  /// The answer to INIT, no longer than the question; nothing for a source that asks too often.
  [[nodiscard]] std::optional<CookieMessage> answer(TimePoint now, const Carrier& from, const InitMessage& init);
  /// The cookie was given to this opener at this carrier, lately. It may be used again: OPEN is repeated.
  [[nodiscard]] bool has_good_cookie(TimePoint now, const Carrier& from, const OpenMessage& open);
  /// A handshake may begin; it counts against its source.
  [[nodiscard]] bool may_begin(TimePoint now, const Carrier& from) { return open_limiter_.take(now, from); }

  /// No cookie made before is good: a clone would accept those of its twin.
  void void_cookies() { cookies_.reset(); }

 private:
  NodeId self_;
  CookieJar cookies_;
  SourceLimiter init_limiter_;
  SourceLimiter open_limiter_;
};

}  // namespace ipop::crypto
