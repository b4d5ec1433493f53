#pragma once

#include <optional>

#include "crypto/openssl_ptr.hpp"
#include "crypto/private_key.hpp"

namespace ipop::crypto {

struct PrivateKey::Native {
  KeyPtr key{};
  PublicKey public_key{};
};

/// The point in a SubjectPublicKeyInfo of the uncompressed named form; nothing for another encoding.
/// Whether it lies on the curve is not looked at.
std::optional<PublicKey> point_of_spki(ByteSpan spki);
/// The key of what spki_of made; null: not a point of the curve, or no memory.
KeyPtr key_of_spki(ByteSpan spki);
/// The compressed point of a P-256 key. Errors: unsupported (another kind of key or curve).
Result<PublicKey> public_key_of(EVP_PKEY& key);

}  // namespace ipop::crypto
