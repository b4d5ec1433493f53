#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/certificate.hpp"
#include "crypto/private_key.hpp"

namespace ipop::crypto {

/// A PKCS #10 certification request (RFC 2986) for a P-256 key: a wish, nothing more. It decodes only
/// when the requester has proved to hold the key.
class CertificateRequest {
 public:
  static constexpr std::size_t size_limit = 16 * 1024;

  /// What the requester would like to see in the certificate.
  struct Fields {
    std::string user{};  ///< subject's common name; 1 to 64 octets of UTF-8 without control characters
    std::vector<PinnedAddress> pinned_addresses{};  ///< at most 8
  };
  /// Errors: malformed (the user), too_large (addresses).
  static Result<CertificateRequest> build(const PrivateKey& key, const Fields& fields);

  /// Unknown extensions are ignored. Errors: malformed, too_large, unsupported (not a P-256 key, a
  /// weak digest), bad_checksum (not signed by its own key), not_authorized (asks for powers that no
  /// member has, such as CA:TRUE: the message names them).
  static Result<CertificateRequest> from_der(ByteSpan der);
  static Result<CertificateRequest> from_pem(std::string_view pem);

  [[nodiscard]] const Bytes& der() const { return der_; }
  [[nodiscard]] std::string to_pem() const;
  [[nodiscard]] const PublicKey& public_key() const { return public_key_; }
  /// SHA-256 over the SubjectPublicKeyInfo: what requester and authority compare by voice.
  [[nodiscard]] const Digest256& key_fingerprint() const { return key_fingerprint_; }
  /// At most 64 octets of UTF-8 without control characters; may be empty.
  [[nodiscard]] const std::string& user() const { return user_; }
  [[nodiscard]] const std::string& organization() const { return organization_; }
  [[nodiscard]] const std::vector<PinnedAddress>& pinned_addresses() const { return pinned_addresses_; }
  [[nodiscard]] const std::vector<std::string>& dns_names() const { return dns_names_; }

 private:
  Bytes der_;
  PublicKey public_key_;
  Digest256 key_fingerprint_{};
  std::string user_;
  std::string organization_;
  std::vector<PinnedAddress> pinned_addresses_;
  std::vector<std::string> dns_names_;
};

}  // namespace ipop::crypto
