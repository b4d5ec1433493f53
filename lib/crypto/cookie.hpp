#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"
#include "crypto/hash.hpp"

namespace ipop::crypto {

/// Proof that its bearer receives packets at the place they seem to come from. Only its maker can
/// check it, and keeps nothing for it.
struct Cookie {
  static constexpr std::size_t mac_size = 16;

  std::uint32_t issued = 0;  ///< seconds of the maker's own count
  std::array<std::byte, mac_size> mac{};

  friend bool operator==(const Cookie&, const Cookie&) = default;
};

/// The keyed sum of a cookie: HMAC-SHA-256 over time, length-prefixed source and claim, cut to 128
/// bits.
std::array<std::byte, Cookie::mac_size> cookie_mac(const Digest256& secret, std::uint32_t issued, ByteSpan source,
                                                   ByteSpan claim);

/// Makes and checks cookies under a secret that changes every two minutes; the one before still
/// counts, so that no honest exchange falls between two secrets.
class CookieJar {
 public:
  static constexpr Duration secret_life = 120s;
  /// Longer than any attempt lasts, shorter than a secret is kept.
  static constexpr Duration cookie_life = 60s;

  explicit CookieJar(Rng& rng) : rng_(rng) {}

  /// `source` is where the question came from, `claim` what the asker said about itself.
  Cookie make(TimePoint now, ByteSpan source, ByteSpan claim);
  [[nodiscard]] bool is_good(TimePoint now, const Cookie& cookie, ByteSpan source, ByteSpan claim);
  /// Forgets both secrets: no cookie made before is good.
  void reset();

 private:
  void rotate(TimePoint now);
  [[nodiscard]] std::uint32_t seconds(TimePoint now) const;

  Rng& rng_;
  Digest256 current_{};
  std::optional<Digest256> previous_{};
  std::optional<TimePoint> current_since_{};
  TimePoint origin_{};
};

}  // namespace ipop::crypto
