#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/certificate.hpp"
#include "crypto/openssl_ptr.hpp"

// Parts that certificates and requests have in common, read from OpenSSL's objects. For the .cpp
// files of lib/crypto only.

namespace ipop::crypto {

template <class Object>
Bytes der_of(const Object& object, int (*encode_der)(const Object*, unsigned char**)) {
  unsigned char* octets = nullptr;
  const int size = encode_der(&object, &octets);
  if (size <= 0) return {};
  const auto* begin = reinterpret_cast<const std::byte*>(octets);
  Bytes out(begin, begin + size);
  OPENSSL_free(octets);
  return out;
}

/// The octets as a PEM block.
std::string pem_of(const char* label, ByteSpan der);
/// A reading BIO over text that outlives it.
BioPtr read_text(std::string_view text);

/// Nothing when it is no time of the calendar.
std::optional<WallTime> wall_time_of(const ASN1_TIME* time);

/// A P-256 key and its encoding. Error: unsupported (another kind of key, or not the uncompressed
/// named form: one key has one encoding).
struct NamedKey {
  PublicKey key{};
  Digest256 fingerprint{};
};
Result<NamedKey> named_key_of(X509_PUBKEY& native);

/// What we read of a subject.
struct SubjectName {
  std::string common_name{};
  std::string organization{};
};
/// Errors: too_large (a name, or more than 16 parts), malformed (two of a kind, a zero octet).
Result<SubjectName> subject_name_of(const X509_NAME& name);

inline constexpr std::size_t dns_name_limit = 253;  ///< RFC 1035, 3.1, as text

/// What we read of a SubjectAltName; other kinds of names are left out.
struct AlternativeNames {
  std::vector<PinnedAddress> addresses{};
  std::vector<std::string> dns_names{};
};
/// Errors: too_large (more than 8 names, or a DNS name over 253 octets), malformed (an address that
/// has neither 4 nor 16 octets, a zero octet).
Result<AlternativeNames> alternative_names_of(const GENERAL_NAMES& names);

/// True for text without control characters.
bool is_printable(std::string_view text);

}  // namespace ipop::crypto
