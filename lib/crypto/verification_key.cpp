#include "crypto/verification_key.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "crypto/certificate_native.hpp"
#include "crypto/private_key_native.hpp"

namespace ipop::crypto {
namespace {

constexpr std::size_t integer_size = 32;

/// r and s as DER (RFC 3279, 2.2.3); nothing where there is no memory.
std::optional<Bytes> der_of_signature(const Signature& signature) {
  const EcdsaSignaturePtr pair(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(octets_of(signature), integer_size, nullptr);
  BIGNUM* s = BN_bin2bn(octets_of(signature) + integer_size, integer_size, nullptr);
  if (!pair || ECDSA_SIG_set0(pair.get(), r, s) != 1) {
    BN_free(r);
    BN_free(s);
    return std::nullopt;
  }
  Bytes der(static_cast<std::size_t>(std::max(i2d_ECDSA_SIG(pair.get(), nullptr), 0)));
  auto* end = reinterpret_cast<unsigned char*>(der.data());
  if (der.empty() || i2d_ECDSA_SIG(pair.get(), &end) <= 0) return std::nullopt;
  return der;
}

}  // namespace

struct VerificationKey::Native {
  KeyPtr key{};
  PublicKey public_key{};
  Digest256 fingerprint{};
};

Result<VerificationKey> VerificationKey::of(const PublicKey& key) {
  const ErrorQueueGuard guard;
  const auto spki = spki_of(key);
  if (!spki) return spki.error();
  KeyPtr native = key_of_spki(*spki);
  if (!native) return Result<VerificationKey>(Errc::malformed, "not a point of P-256");
  return VerificationKey(std::make_shared<const Native>(Native{std::move(native), key, sha256(*spki)}));
}

VerificationKey VerificationKey::of(const Certificate& certificate) {
  const ErrorQueueGuard guard;
  return VerificationKey(
      std::make_shared<const Native>(Native{KeyPtr(X509_get_pubkey(certificate.native()->certificate.get())),
                                            certificate.public_key(), certificate.key_fingerprint()}));
}

const PublicKey& VerificationKey::public_key() const {
  return native_->public_key;
}

const Digest256& VerificationKey::fingerprint() const {
  return native_->fingerprint;
}

bool VerificationKey::verify(ByteSpan data, const Signature& signature) const {
  const ErrorQueueGuard guard;
  const DigestContextPtr context(EVP_MD_CTX_new());
  const auto der = der_of_signature(signature);
  return context && der &&
         EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, native_->key.get()) == 1 &&
         EVP_DigestVerify(context.get(), octets_of(*der), der->size(), octets_of(data), data.size()) == 1;
}

}  // namespace ipop::crypto
