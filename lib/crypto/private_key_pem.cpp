#include <cassert>
#include <cstring>
#include <optional>

#include <openssl/pem.h>

#include "crypto/private_key_native.hpp"
#include "crypto/x509_read.hpp"

namespace ipop::crypto {
namespace {

constexpr std::size_t passphrase_limit = PEM_BUFSIZE;  // what openssl(1) can take
// RFC 7914, 2: 16 MiB and some 50 ms for each guess; OpenSSL reads up to 32 MiB without being told.
constexpr std::uint64_t scrypt_cost = 16384;
constexpr std::uint64_t scrypt_block = 8;
constexpr std::uint64_t scrypt_lanes = 1;
constexpr int pbes2_salt_size = 16;  // RFC 8018, 4.1: at least 8

/// What OpenSSL asks for when it meets an encrypted block.
struct PassphraseQuestion {
  std::optional<std::string_view> answer{};
  bool was_asked = false;
};

/// Never a prompt on the terminal, which is what OpenSSL does when nobody answers.
int give_passphrase(char* buffer, int size, int /*writing*/, void* context) {
  auto& question = *static_cast<PassphraseQuestion*>(context);
  question.was_asked = true;
  if (!question.answer || question.answer->size() > static_cast<std::size_t>(size)) return -1;
  std::memcpy(buffer, question.answer->data(), question.answer->size());
  return static_cast<int>(question.answer->size());
}

Result<KeyPtr> read_key(std::string_view pem, std::optional<std::string_view> passphrase) {
  const BioPtr bio = read_text(pem);
  PassphraseQuestion question{passphrase};
  KeyPtr key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, give_passphrase, &question) : nullptr);
  if (key) return key;
  if (!question.was_asked) return Result<KeyPtr>(Errc::malformed, "not a PEM private key");
  if (!passphrase) return Result<KeyPtr>(Errc::not_authorized, "the key is encrypted: a passphrase is needed");
  return Result<KeyPtr>(Errc::bad_checksum, "the passphrase of the key is wrong");
}

/// Takes what a BIO in memory holds and leaves zeros there.
std::string take_secret(BIO& bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(&bio, &text);
  std::string out(text, static_cast<std::size_t>(size));
  OPENSSL_cleanse(text, static_cast<std::size_t>(size));
  return out;
}

struct AlgorithmFree {
  void operator()(X509_ALGOR* algorithm) const { X509_ALGOR_free(algorithm); }
};
struct EncryptedFree {
  void operator()(X509_SIG* encrypted) const { X509_SIG_free(encrypted); }
};

}  // namespace

Result<PrivateKey> PrivateKey::from_pem(std::string_view pem) {
  return from_pem_with(pem, std::nullopt);
}

Result<PrivateKey> PrivateKey::from_pem(std::string_view pem, std::string_view passphrase) {
  return from_pem_with(pem, passphrase);
}

Result<PrivateKey> PrivateKey::from_pem_with(std::string_view pem, std::optional<std::string_view> passphrase) {
  const ErrorQueueGuard guard;
  auto key = read_key(pem, passphrase);
  if (!key) return std::move(key).error();
  const auto point = public_key_of(**key);
  if (!point) return point.error();
  return PrivateKey(std::make_shared<const Native>(Native{std::move(*key), *point}));
}

std::string PrivateKey::to_pem() const {
  const ErrorQueueGuard guard;
  const BioPtr bio(BIO_new(BIO_s_mem()));
  const int written =
      PEM_write_bio_PKCS8PrivateKey(bio.get(), native_->key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  assert(written == 1);
  static_cast<void>(written);
  return take_secret(*bio);
}

Result<std::string> PrivateKey::to_encrypted_pem(std::string_view passphrase) const {
  const ErrorQueueGuard guard;
  if (passphrase.empty() || passphrase.size() > passphrase_limit) {
    return Result<std::string>(Errc::out_of_range, "a passphrase has 1 to 1024 octets");
  }
  const Pkcs8Ptr plain(EVP_PKEY2PKCS8(native_->key.get()));
  std::unique_ptr<X509_ALGOR, AlgorithmFree> how(PKCS5_pbe2_set_scrypt(
      EVP_aes_256_cbc(), nullptr, pbes2_salt_size, nullptr, scrypt_cost, scrypt_block, scrypt_lanes));
  if (!plain || !how) return Result<std::string>(Errc::exhausted, "no entropy or memory to encrypt the key");
  const std::unique_ptr<X509_SIG, EncryptedFree> encrypted(
      PKCS8_set0_pbe(passphrase.data(), static_cast<int>(passphrase.size()), plain.get(), how.get()));
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!encrypted) return Result<std::string>(Errc::exhausted, "no memory to encrypt the key");
  static_cast<void>(how.release());  // belongs to the encrypted form
  if (!bio || PEM_write_bio_PKCS8(bio.get(), encrypted.get()) != 1) {
    return Result<std::string>(Errc::exhausted, "no memory to encrypt the key");
  }
  return take_secret(*bio);
}

}  // namespace ipop::crypto
