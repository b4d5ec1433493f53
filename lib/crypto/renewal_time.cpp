#include "crypto/renewal_time.hpp"

#include "crypto/certificate_authority.hpp"

namespace ipop::crypto {

WallTime renewal_time(WallTime not_before, WallTime not_after) {
  const WallTime with_head_start = not_before + validity_head_start;
  const WallTime signed_at = with_head_start < not_after ? with_head_start : not_before;
  return signed_at + (not_after - signed_at) * 2 / 3;
}

WallTime renewal_time(const Certificate& certificate) {
  return renewal_time(certificate.not_before(), certificate.not_after());
}

}  // namespace ipop::crypto
