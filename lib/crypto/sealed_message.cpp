#include "crypto/sealed_message.hpp"

#include <string>

#include "crypto/certificate_native.hpp"
#include "crypto/cms_native.hpp"
#include "crypto/private_key_native.hpp"
#include "crypto/x509_read.hpp"

namespace ipop::crypto {
namespace {

Error no_room_to_seal() {
  return make_error(Errc::exhausted, "no memory or entropy for a sealed message");
}

bool add_reader(CMS_ContentInfo& envelope, const Certificate& reader) {
  // By key: a reader whose certificate was renewed in the meantime finds its part.
  CMS_RecipientInfo* added =
      CMS_add1_recipient_cert(&envelope, reader.native()->certificate.get(), CMS_KEY_PARAM | CMS_USE_KEYID);
  EVP_PKEY_CTX* context = added != nullptr ? CMS_RecipientInfo_get0_pkey_ctx(added) : nullptr;
  // Without this word the key is derived with SHA-1.
  return context != nullptr && EVP_PKEY_CTX_set_ecdh_kdf_md(context, EVP_sha256()) > 0;
}

Result<Bytes> envelope_of(ByteSpan content, std::span<const Certificate> readers) {
  const BioPtr in = bio_of(content);
  const CmsPtr envelope(CMS_encrypt(nullptr, nullptr, EVP_aes_256_cbc(), CMS_PARTIAL | CMS_BINARY));
  if (!in || !envelope) return no_room_to_seal();
  for (const Certificate& reader : readers)
    if (!add_reader(*envelope, reader)) return no_room_to_seal();
  if (CMS_final(envelope.get(), in.get(), nullptr, CMS_BINARY) != 1) return no_room_to_seal();
  return der_of(*envelope, i2d_CMS_ContentInfo);
}

}  // namespace

Result<Bytes> seal_message(ByteSpan content, std::span<const Certificate> readers, const PrivateKey& key,
                           const Certificate& sender, WallTime now) {
  const ErrorQueueGuard guard;
  if (sender.public_key() != key.public_key()) return {Errc::conflict, "the key is not the sender's"};
  if (readers.empty() || readers.size() > max_readers)
    return {Errc::out_of_range, "a sealed message has 1 to " + std::to_string(max_readers) + " readers"};
  if (content.size() > max_sealed_message / 2) return {Errc::too_large, "the content of a sealed message"};
  const auto envelope = envelope_of(content, readers);
  if (!envelope) return envelope.error();

  constexpr unsigned flags = CMS_PARTIAL | CMS_BINARY | CMS_NOSMIMECAP;
  const BioPtr in = bio_of(*envelope);
  const CmsPtr message(CMS_sign(nullptr, nullptr, nullptr, nullptr, flags));
  const TimePtr time(ASN1_TIME_set(nullptr, now.seconds));
  if (!in || !message || !time) return no_room_to_seal();
  CMS_SignerInfo* signer =
      CMS_add1_signer(message.get(), sender.native()->certificate.get(), key.native().key.get(), EVP_sha256(), flags);
  // The attribute is given, so that OpenSSL looks at no clock.
  const bool made = signer != nullptr &&
                    CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_signingTime, time->type, time.get(), -1) == 1 &&
                    CMS_final(message.get(), in.get(), nullptr, CMS_BINARY) == 1;
  if (!made) return no_room_to_seal();
  return der_of(*message, i2d_CMS_ContentInfo);
}

Result<Bytes> open_message(ByteSpan der, const Certificate& sender, const PrivateKey& reader) {
  const ErrorQueueGuard guard;
  if (der.size() > max_sealed_message) return {Errc::too_large, "the sealed message"};
  const CmsPtr message = decode_cms(der, NID_pkcs7_signed);
  if (!message) return {Errc::malformed, "not a sealed message"};
  STACK_OF(CMS_SignerInfo)* signers = CMS_get0_SignerInfos(message.get());
  // What is signed without attributes could be another thing that the sender signed elsewhere.
  const bool one_signer = signers != nullptr && sk_CMS_SignerInfo_num(signers) == 1 &&
                          CMS_signed_get_attr_count(sk_CMS_SignerInfo_value(signers, 0)) > 0;
  // OpenSSL 3.0 does not compare the attribute with what it names (RFC 5652, 11.1).
  const ASN1_OBJECT* kind = CMS_get0_eContentType(message.get());
  if (kind == nullptr || OBJ_obj2nid(kind) != NID_pkcs7_data)
    return {Errc::malformed, "not a sealed message: it has another kind of content"};
  if (!one_signer) return {Errc::malformed, "not a sealed message: it has not one signature"};
  const StackPtr senders(sk_X509_new_null());
  const BioPtr out(BIO_new(BIO_s_mem()));
  if (!senders || !out || sk_X509_push(senders.get(), sender.native()->certificate.get()) <= 0)
    return no_room_to_seal();
  constexpr unsigned flags = CMS_NO_SIGNER_CERT_VERIFY | CMS_NOINTERN | CMS_BINARY;
  if (CMS_verify(message.get(), senders.get(), nullptr, nullptr, out.get(), flags) != 1)
    return {Errc::bad_checksum, "the message is not from the sender whose certificate is known, or was changed"};

  const CmsPtr envelope = decode_cms(octets_of(*out), NID_pkcs7_enveloped);
  if (!envelope) return {Errc::malformed, "the signed content is no sealed message"};
  const BioPtr content(BIO_new(BIO_s_mem()));
  if (!content) return no_room_to_seal();
  if (CMS_decrypt_set1_pkey(envelope.get(), reader.native().key.get(), nullptr) != 1 ||
      CMS_decrypt(envelope.get(), nullptr, nullptr, nullptr, content.get(), CMS_BINARY) != 1)
    return {Errc::not_authorized, "the message is not for this key"};
  return octets_of(*content);
}

}  // namespace ipop::crypto
