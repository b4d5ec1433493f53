#pragma once

#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/certificate.hpp"
#include "crypto/openssl_ptr.hpp"

// Parts that certificates, requests and lists have in common, written into OpenSSL's objects. For
// the .cpp files of lib/crypto only.

namespace ipop::crypto {

// RFC 5280, 4.1.2.2; below, an authority's numbers could be guessed (and node ids ground).
constexpr std::size_t serial_limit = 20;
constexpr std::size_t serial_minimum = 8;

/// Common name and organization that we write: 1 to 64 octets of UTF-8 without control characters.
/// `what` names it in the error (malformed).
Result<void> check_name(std::string_view name, std::string_view what);

/// Appends a part to a subject; false when it is not UTF-8.
bool add_name(X509_NAME& subject, int nid, std::string_view text);

/// 8 to 20 octets with the first bit cleared. Errors: malformed (the length, or all zeros).
Result<IntegerPtr> make_serial(ByteSpan octets);

/// UTCTime or GeneralizedTime as RFC 5280, 4.1.2.5 asks for.
bool set_validity(X509& certificate, WallTime not_before, WallTime not_after);

/// An extension from its text form (openssl, x509v3_config(5)); the context names subject and issuer
/// for the key identifiers. Null when that fails.
ExtensionPtr make_extension(int nid, const char* value, X509V3_CTX* context = nullptr);
bool add_extension(X509& certificate, int nid, const char* value, X509V3_CTX* context = nullptr);

/// SubjectAltName of the addresses and names, which are not none.
ExtensionPtr make_alternative_names(const std::vector<PinnedAddress>& addresses,
                                    const std::vector<std::string>& dns_names);

}  // namespace ipop::crypto
