#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/certificate.hpp"
#include "crypto/private_key.hpp"

namespace ipop::crypto {

/// How far before the time of signing an issuer lets a certificate begin: a member whose clock is a
/// day slow can use it at once.
constexpr std::chrono::hours validity_head_start{24};

/// The key and certificate that make the members of a closed group. What it signs is decided by its
/// caller; this class refuses only what no verifier would accept.
///
/// Serial numbers come in as octets and are 8 to 20 of them (use 16 random ones); the first bit is
/// cleared (RFC 5280, 4.1.2.2).
class CertificateAuthority {
 public:
  /// A self-signed authority that may sign members, not other authorities (pathlen 0). Errors:
  /// malformed (name, serial), out_of_range (validity).
  static Result<CertificateAuthority> create(const PrivateKey& key, std::string_view name, ByteSpan serial,
                                             WallTime not_before, WallTime not_after);
  /// An authority that exists. Errors: not_authorized (not a self-signed authority that may sign
  /// certificates and lists), conflict (the key is another one's).
  static Result<CertificateAuthority> from(const PrivateKey& key, const Certificate& certificate);

  [[nodiscard]] const Certificate& certificate() const { return certificate_; }
  [[nodiscard]] const PrivateKey& key() const { return key_; }

  struct Fields {
    std::string user{};   ///< common name; 1 to 64 octets of UTF-8 without control characters
    std::string group{};  ///< organization; empty, or as the user
    std::vector<PinnedAddress> pinned_addresses{};
    std::vector<std::string> dns_names{};  ///< for a certificate that also serves HTTPS
    Bytes serial{};
    WallTime not_before{};
    WallTime not_after{};
  };
  /// A member's certificate. Errors: malformed (user, group, DNS name, serial), too_large (more than
  /// eight addresses and names), out_of_range (validity is empty or leaves the authority's).
  [[nodiscard]] Result<Certificate> sign(const PublicKey& key, const Fields& fields) const;

  struct RevokedSerial {
    Bytes serial{};
    WallTime since{};
  };
  struct CrlFields {
    std::uint64_t number = 0;
    WallTime issued{};
    WallTime next{};
    std::vector<RevokedSerial> revoked{};
  };
  /// An X.509 CRL, version 2, as DER: for verifiers that are not ours. Members use RevocationList.
  /// Errors: malformed (a serial).
  [[nodiscard]] Result<Bytes> sign_crl(const CrlFields& fields) const;

 private:
  CertificateAuthority(PrivateKey key, Certificate certificate)
      : key_(std::move(key)), certificate_(std::move(certificate)) {}

  PrivateKey key_;
  Certificate certificate_;
};

/// The PEM form of a CRL's DER.
std::string crl_to_pem(ByteSpan der);

}  // namespace ipop::crypto
