#include "crypto/key_bundle.hpp"

#include <cassert>
#include <string>

#include "crypto/certificate_native.hpp"
#include "crypto/private_key_native.hpp"
#include "crypto/x509_read.hpp"

namespace ipop::crypto {
namespace {

// A passphrase is short and the file may get lost; readers take any number.
constexpr int pkcs12_iterations = 100'000;
constexpr int bundle_limit = 8;
constexpr std::size_t bundle_octets = (bundle_limit + 1) * Certificate::size_limit;

}  // namespace

Result<Bytes> make_pkcs12(const PrivateKey& key, const Certificate& certificate, const Certificate& authority,
                          std::string_view name, std::string_view passphrase) {
  const ErrorQueueGuard guard;
  if (passphrase.empty()) return Result<Bytes>(Errc::malformed, "a PKCS #12 file needs a passphrase");
  if (certificate.public_key() != key.public_key()) {
    return Result<Bytes>(Errc::conflict, "the certificate is another key's");
  }
  const StackPtr above(sk_X509_new_null());
  if (!above || sk_X509_push(above.get(), authority.native()->certificate.get()) <= 0) {
    return Result<Bytes>(Errc::exhausted, "no memory for a PKCS #12 file");
  }
  std::string secret(passphrase);
  const Pkcs12Ptr file(PKCS12_create(secret.c_str(), std::string(name).c_str(), key.native().key.get(),
                                     certificate.native()->certificate.get(), above.get(), 0, 0, pkcs12_iterations,
                                     pkcs12_iterations, 0));
  wipe(std::as_writable_bytes(std::span(secret)));
  if (!file) return Result<Bytes>(Errc::exhausted, "no memory or entropy for a PKCS #12 file");
  return der_of(*file, i2d_PKCS12);
}

Bytes make_certificate_bundle(std::span<const Certificate> certificates) {
  const ErrorQueueGuard guard;
  const Pkcs7Ptr message(PKCS7_new());
  bool made = message && PKCS7_set_type(message.get(), NID_pkcs7_signed) == 1 &&
              PKCS7_content_new(message.get(), NID_pkcs7_data) == 1 && PKCS7_set_detached(message.get(), 1) == 1;
  for (const Certificate& certificate : certificates) {
    made = made && PKCS7_add_certificate(message.get(), certificate.native()->certificate.get()) == 1;
  }
  assert(made);
  static_cast<void>(made);
  return der_of(*message, i2d_PKCS7);
}

Result<std::vector<Certificate>> decode_certificate_bundle(ByteSpan der) {
  using Out = Result<std::vector<Certificate>>;
  const ErrorQueueGuard guard;
  if (der.size() > bundle_octets) return Out(Errc::too_large, "certificate bundle");
  const auto* in = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = in + der.size();
  const Pkcs7Ptr message(d2i_PKCS7(nullptr, &in, static_cast<long>(der.size())));
  if (!message || in != end || !PKCS7_type_is_signed(message.get()) || message->d.sign == nullptr) {
    return Out(Errc::malformed, "not a certs-only message");
  }
  const STACK_OF(X509)* stack = message->d.sign->cert;
  const int count = stack != nullptr ? sk_X509_num(stack) : 0;
  if (count > bundle_limit) return Out(Errc::too_large, "more than 8 certificates");
  std::vector<Certificate> out;
  for (int i = 0; i < count; ++i) {
    auto certificate = Certificate::from_der(der_of(*sk_X509_value(stack, i), i2d_X509));
    if (!certificate) return std::move(certificate).error();
    out.push_back(std::move(*certificate));
  }
  return out;
}

}  // namespace ipop::crypto
