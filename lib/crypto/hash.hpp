#pragma once

#include <array>
#include <span>

#include "base/bytes.hpp"

namespace ipop::crypto {

/// A SHA-256 value (FIPS 180-4).
using Digest256 = std::array<std::byte, 32>;

Digest256 sha256(ByteSpan data);
/// HMAC-SHA-256 (RFC 2104).
Digest256 hmac_sha256(ByteSpan key, ByteSpan data);
/// Fills `out` with octets that follow from a random `key` for one purpose, `info` (HKDF-Expand with SHA-256, RFC 5869,
/// 2.3); 8,160 octets at most.
void hkdf_expand(ByteSpan key, ByteSpan info, std::span<std::byte> out);
/// Comparison in constant time; different sizes are not equal.
bool equal_secret(ByteSpan a, ByteSpan b);
/// Overwrites a secret in a way that the compiler keeps.
void wipe(std::span<std::byte> secret);

}  // namespace ipop::crypto
