#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crypto/hash.hpp"

namespace ipop::authority {

/// A fingerprint as two people compare it by voice or eye: 16 groups of 4 hexadecimal digits,
/// `3f2a 91b0 ...`.
std::string to_groups(const crypto::Digest256& fingerprint);
/// Reads 64 hexadecimal digits of either case; spaces, colons and hyphens between them are left out.
std::optional<crypto::Digest256> parse_fingerprint(std::string_view text);

}  // namespace ipop::authority
