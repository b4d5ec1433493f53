#include "signing.hpp"

#include "io/file.hpp"
#include "io/passphrase.hpp"

namespace ipop::ga_layer {
namespace {

constexpr std::size_t largest_pem = 65'536;

Result<crypto::PrivateKey> load_key(const SigningKey& signing) {
  const auto pem = io::read_secret_file(signing.key, largest_pem);
  if (!pem) return pem.error();
  auto key = crypto::PrivateKey::from_pem(*pem);
  if (key || key.error().code != make_error_code(Errc::not_authorized)) {
    if (!key) return std::move(key).error().in(signing.key);
    return key;
  }
  auto passphrase = signing.passphrase_file.empty() ? io::ask_passphrase("Passphrase of " + signing.key + ": ")
                                                    : io::read_passphrase_file(signing.passphrase_file);
  if (!passphrase) return std::move(passphrase).error();
  auto opened = crypto::PrivateKey::from_pem(*pem, *passphrase);
  crypto::wipe(std::as_writable_bytes(std::span(*passphrase)));
  if (!opened) return std::move(opened).error().in(signing.key);
  return opened;
}

}  // namespace

Result<Signer> load_signer(const SigningKey& signing) {
  auto key = load_key(signing);
  if (!key) return std::move(key).error();
  const auto pem = io::read_file(signing.certificate, largest_pem);
  if (!pem) return pem.error();
  auto certificate = crypto::Certificate::from_pem(*pem);
  if (!certificate) return std::move(certificate).error().in(signing.certificate);
  if (certificate->public_key() != key->public_key())
    return {Errc::conflict, signing.certificate + " is the certificate of another key than " + signing.key};
  return Signer{*std::move(key), *std::move(certificate)};
}

}  // namespace ipop::ga_layer
