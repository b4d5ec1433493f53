#pragma once

#include "crypto/certificate.hpp"
#include "crypto/private_key.hpp"
#include "verbs.hpp"

namespace ipop::ga_layer {

/// The key that signs, and its certificate.
struct Signer {
  crypto::PrivateKey key;
  crypto::Certificate certificate;
};

/// Reads both; asks for the passphrase of an encrypted key. Errors: those of read_secret_file and the two formats;
/// conflict when the certificate is another key's.
Result<Signer> load_signer(const SigningKey& signing);

}  // namespace ipop::ga_layer
