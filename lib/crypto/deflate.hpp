#pragma once

// Octets written as what they add to other octets that the reader has: raw DEFLATE (RFC 1951) with a preset
// dictionary, by zlib.

#include <cstddef>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace ipop::crypto {

/// How much of a dictionary is used, and the largest distance of a reference: 4 KiB.
constexpr std::size_t deflate_window = 4096;

/// `octets` against `dictionary`, of which the last deflate_window octets count. Another release of zlib may write
/// the same octets otherwise.
Bytes deflate(ByteSpan octets, ByteSpan dictionary);

/// What deflate() was given. Errors: malformed (not one whole DEFLATE stream, or a reference before the dictionary),
/// too_large (more than `limit` octets come out).
Result<Bytes> inflate(ByteSpan packed, ByteSpan dictionary, std::size_t limit);

}  // namespace ipop::crypto
