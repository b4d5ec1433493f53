#include "crypto/cookie.hpp"

#include <algorithm>

namespace ipop::crypto {

std::array<std::byte, Cookie::mac_size> cookie_mac(const Digest256& secret, std::uint32_t issued, ByteSpan source,
                                                   ByteSpan claim) {
  Bytes text;
  text.reserve(8 + source.size() + claim.size());
  ByteWriter to(text);
  to.write(issued);
  to.write_sized16(source);
  to.write_sized16(claim);
  const Digest256 full = hmac_sha256(secret, text);
  std::array<std::byte, Cookie::mac_size> out{};
  std::copy_n(full.begin(), out.size(), out.begin());
  return out;
}

Cookie CookieJar::make(TimePoint now, ByteSpan source, ByteSpan claim) {
  rotate(now);
  const std::uint32_t issued = seconds(now);
  return {issued, cookie_mac(current_, issued, source, claim)};
}

bool CookieJar::is_good(TimePoint now, const Cookie& cookie, ByteSpan source, ByteSpan claim) {
  rotate(now);
  const std::uint32_t present = seconds(now);
  if (cookie.issued > present || std::chrono::seconds(present - cookie.issued) > cookie_life) return false;
  if (equal_secret(cookie_mac(current_, cookie.issued, source, claim), cookie.mac)) return true;
  return previous_ && equal_secret(cookie_mac(*previous_, cookie.issued, source, claim), cookie.mac);
}

void CookieJar::reset() {
  wipe(current_);
  if (previous_) wipe(*previous_);
  previous_.reset();
  current_since_.reset();
}

void CookieJar::rotate(TimePoint now) {
  if (!current_since_) {
    // The count starts with the first question: a cookie tells nothing about the maker's uptime.
    origin_ = now;
  } else if (now < *current_since_ + secret_life) {
    return;
  } else if (now < *current_since_ + 2 * secret_life) {
    previous_ = current_;
  } else {
    previous_.reset();
  }
  rng_.fill(current_);
  current_since_ = now;
}

std::uint32_t CookieJar::seconds(TimePoint now) const {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(now - origin_).count());
}

}  // namespace ipop::crypto
