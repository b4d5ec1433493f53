#include "crypto/passphrase_message.hpp"

#include <string>

#include "crypto/cms_native.hpp"
#include "crypto/x509_read.hpp"

namespace ipop::crypto {
namespace {

// A quarter of a second for each guess. OpenSSL derives the wrapping key with HMAC-SHA-1, so words have to be the
// strength.
constexpr int iterations = 600'000;
constexpr std::size_t longest_passphrase = 1024;

Error no_room_to_lock() {
  return make_error(Errc::exhausted, "no memory or entropy for a locked message");
}

}  // namespace

Result<Bytes> lock_message(ByteSpan content, std::string_view passphrase) {
  const ErrorQueueGuard guard;
  if (passphrase.empty() || passphrase.size() > longest_passphrase)
    return {Errc::out_of_range, "a passphrase has 1 to " + std::to_string(longest_passphrase) + " octets"};
  if (content.size() > max_locked_message / 2) return {Errc::too_large, "the content of a locked message"};
  const BioPtr in = bio_of(content);
  const CmsPtr message(CMS_encrypt(nullptr, nullptr, EVP_aes_256_gcm(), CMS_PARTIAL | CMS_BINARY));
  // The message owns its copy of the passphrase, and clears it.
  auto* copy = static_cast<unsigned char*>(OPENSSL_memdup(passphrase.data(), passphrase.size()));
  if (!in || !message || copy == nullptr) return no_room_to_lock();
  const CMS_RecipientInfo* added =
      CMS_add0_recipient_password(message.get(), iterations, NID_id_alg_PWRI_KEK, NID_id_pbkdf2, copy,
                                  static_cast<ossl_ssize_t>(passphrase.size()), EVP_aes_256_cbc());
  if (added == nullptr) {
    OPENSSL_clear_free(copy, passphrase.size());
    return no_room_to_lock();
  }
  if (CMS_final(message.get(), in.get(), nullptr, CMS_BINARY) != 1) return no_room_to_lock();
  return der_of(*message, i2d_CMS_ContentInfo);
}

Result<Bytes> unlock_message(ByteSpan der, std::string_view passphrase) {
  const ErrorQueueGuard guard;
  if (der.size() > max_locked_message) return {Errc::too_large, "the locked message"};
  const CmsPtr message = decode_cms(der, NID_id_smime_ct_authEnvelopedData);
  if (!message) return {Errc::malformed, "not a message that is locked with a passphrase"};
  const BioPtr out(BIO_new(BIO_s_mem()));
  if (!out) return no_room_to_lock();
  std::string copy(passphrase);
  const bool is_open = CMS_decrypt_set1_password(message.get(), reinterpret_cast<unsigned char*>(copy.data()),
                                                 static_cast<ossl_ssize_t>(copy.size())) == 1 &&
                       CMS_decrypt(message.get(), nullptr, nullptr, nullptr, out.get(), CMS_BINARY) == 1;
  OPENSSL_cleanse(copy.data(), copy.size());
  if (!is_open) return {Errc::bad_checksum, "the passphrase is another one, or the message was changed"};
  return octets_of(*out);
}

}  // namespace ipop::crypto
