#pragma once

#include <array>

#include "base/bytes.hpp"

namespace ipop::crypto {

/// A SHA-256 value (FIPS 180-4).
using Digest256 = std::array<std::byte, 32>;

Digest256 sha256(ByteSpan data);
/// HMAC-SHA-256 (RFC 2104).
Digest256 hmac_sha256(ByteSpan key, ByteSpan data);
/// Comparison in constant time; different sizes are not equal.
bool equal_secret(ByteSpan a, ByteSpan b);
/// Overwrites a secret in a way that the compiler keeps.
void wipe(std::span<std::byte> secret);

}  // namespace ipop::crypto
