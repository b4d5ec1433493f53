#pragma once

// Octets written as their difference from other octets that the reader has: certificates of one authority differ in
// a third of what they say. docs/wire/dht.md, "Packed certificate".

#include <cstddef>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace ipop::dht {

/// `octets` as steps against `base`, of which only the first 65,535 octets are used. At worst one octet in 128 longer
/// than `octets`.
Bytes delta_of(ByteSpan octets, ByteSpan base);

/// What delta_of() was given. Errors: truncated (a step lacks octets), malformed (a step leaves `base`), too_large
/// (more than `limit` octets come out).
Result<Bytes> apply_delta(ByteSpan delta, ByteSpan base, std::size_t limit);

}  // namespace ipop::dht
