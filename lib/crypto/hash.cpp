#include "crypto/hash.hpp"

#include <array>
#include <cassert>
#include <string>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/sha.h>

#include "crypto/openssl_ptr.hpp"

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

void hkdf_expand(ByteSpan key, ByteSpan info, std::span<std::byte> out) {
  const DerivationPtr algorithm(EVP_KDF_fetch(nullptr, OSSL_KDF_NAME_HKDF, nullptr));
  const DerivationContextPtr context(EVP_KDF_CTX_new(algorithm.get()));
  int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
  std::string digest = "SHA256";
  // The parameters are only read, but their type is not const.
  const auto octets_of = [](const char* name, ByteSpan octets) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<std::byte*>(octets.data()), octets.size());
  };
  const std::array parameters = {OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
                                 OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
                                 octets_of(OSSL_KDF_PARAM_KEY, key), octets_of(OSSL_KDF_PARAM_INFO, info),
                                 OSSL_PARAM_construct_end()};
  const int done =
      EVP_KDF_derive(context.get(), reinterpret_cast<unsigned char*>(out.data()), out.size(), parameters.data());
  assert(done == 1);
  static_cast<void>(done);
}

bool equal_secret(ByteSpan a, ByteSpan b) {
  if (a.size() != b.size()) return false;
  return a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void wipe(std::span<std::byte> secret) {
  if (!secret.empty()) OPENSSL_cleanse(secret.data(), secret.size());
}

}  // namespace ipop::crypto
