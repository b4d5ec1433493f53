#include "crypto/hash.hpp"

#include <cassert>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

namespace ipop::crypto {

Digest256 sha256(ByteSpan data) {
  Digest256 out{};
  SHA256(reinterpret_cast<const unsigned char*>(data.data()), data.size(),
         reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

Digest256 hmac_sha256(ByteSpan key, ByteSpan data) {
  Digest256 out{};
  // HMAC() takes a null key for "the last one": an empty key still needs an address.
  static constexpr unsigned char no_key = 0;
  const void* key_octets = key.empty() ? static_cast<const void*>(&no_key) : key.data();
  unsigned int size = 0;
  const auto* done =
      HMAC(EVP_sha256(), key_octets, static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(data.data()),
           data.size(), reinterpret_cast<unsigned char*>(out.data()), &size);
  assert(done != nullptr && size == out.size());
  static_cast<void>(done);
  return out;
}

bool equal_secret(ByteSpan a, ByteSpan b) {
  if (a.size() != b.size()) return false;
  return a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void wipe(std::span<std::byte> secret) {
  if (!secret.empty()) OPENSSL_cleanse(secret.data(), secret.size());
}

}  // namespace ipop::crypto
