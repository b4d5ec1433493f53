#pragma once

// Tokens are copied by hand and by mail: their last octets show whether one came whole.

#include "base/bytes.hpp"
#include "crypto/hash.hpp"

namespace ipop::groups {

inline constexpr std::size_t token_checksum_size = 4;

/// The first octets of SHA-256 over the token's content.
inline Bytes token_checksum(ByteSpan content) {
  const crypto::Digest256 digest = crypto::sha256(content);
  return to_bytes(ByteSpan(digest).first(token_checksum_size));
}

}  // namespace ipop::groups
