#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/rng.hpp"
#include "crypto/hash.hpp"

namespace ipop::authority {

/// What `ga-cert token new` prints: who has it is signed for without asking, as often as the authority
/// wrote down, by that authority only.
struct EnrolmentToken {
  crypto::Digest256 authority{};       ///< SHA-256 over its certificate: who to believe, and whom to show the secret
  std::array<std::byte, 16> secret{};  ///< random
  friend bool operator==(const EnrolmentToken&, const EnrolmentToken&) = default;

  /// By which the authority knows it: SHA-256 over the secret, which it does not keep.
  [[nodiscard]] crypto::Digest256 name() const { return crypto::sha256(secret); }
};

EnrolmentToken make_enrolment_token(const crypto::Digest256& authority, Rng& rng);
/// `gae1-` and base32 of authority, secret and the first 4 octets of the SHA-256 over both.
std::string to_string(const EnrolmentToken& token);
/// White space around it is left out. Errors: malformed (no enrolment token), unsupported (of a later
/// release), bad_checksum (damaged or cut short).
Result<EnrolmentToken> parse_enrolment_token(std::string_view text);

}  // namespace ipop::authority
