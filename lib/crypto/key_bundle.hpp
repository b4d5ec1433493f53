#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/certificate.hpp"
#include "crypto/private_key.hpp"

namespace ipop::crypto {

/// A PKCS #12 file (RFC 7292): key, its certificate and the authority's, under one passphrase, for
/// browsers and other programs. `name` is what they show. OpenSSL draws salts. Errors: malformed (an
/// empty passphrase), conflict (the certificate is another key's).
Result<Bytes> make_pkcs12(const PrivateKey& key, const Certificate& certificate, const Certificate& authority,
                          std::string_view name, std::string_view passphrase);

/// Certificates without a signature, a PKCS #7 "certs-only" message (RFC 8951, 3.2; RFC 5652), as
/// DER: the answers of an EST server.
Bytes make_certificate_bundle(std::span<const Certificate> certificates);
/// The certificates of such a message, at most 8. Errors: malformed, too_large, and those of
/// Certificate::from_der.
Result<std::vector<Certificate>> decode_certificate_bundle(ByteSpan der);

}  // namespace ipop::crypto
