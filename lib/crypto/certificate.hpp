#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/hash.hpp"
#include "crypto/private_key.hpp"

namespace ipop::crypto {

/// An IPv4 address that a certificate pins to its key (RFC 5280, 4.2.1.6): network order.
using PinnedAddress = std::array<std::byte, 4>;

/// An X.509 certificate (RFC 5280) with a P-256 key, decoded once; a value, cheap to copy.
///
/// What it says is only what its signer says: TrustStore decides whether that counts.
class Certificate {
 public:
  /// A leaf of ours has about 500 octets; the rest is room for another authority's extensions.
  static constexpr std::size_t size_limit = 4096;
  /// Of the subject's common name and organization, in octets of UTF-8.
  static constexpr std::size_t name_limit = 64;
  static constexpr std::size_t alternative_name_limit = 8;
  static constexpr std::size_t extension_limit = 16;

  /// Errors: malformed (not DER, octets behind it, a field or extension contradicts RFC 5280),
  /// unsupported (not a P-256 key, an unknown critical extension), too_large (any limit above, or a
  /// serial number longer than 20 octets).
  static Result<Certificate> from_der(ByteSpan der);
  /// The first certificate of the text; the errors of from_der.
  static Result<Certificate> from_pem(std::string_view pem);

  [[nodiscard]] const Bytes& der() const { return der_; }
  [[nodiscard]] std::string to_pem() const;
  [[nodiscard]] const PublicKey& public_key() const { return public_key_; }
  /// SHA-256 over the SubjectPublicKeyInfo: survives renewal, and nobody can give it a second form.
  [[nodiscard]] const Digest256& key_fingerprint() const { return key_fingerprint_; }
  /// The subject's common name: the user in a closed group; may be empty. Foreign text: escape it
  /// before it is shown.
  [[nodiscard]] const std::string& common_name() const { return common_name_; }
  [[nodiscard]] const std::string& user() const { return common_name_; }
  /// The subject's organization: the group's name when the authority wrote it; may be empty.
  [[nodiscard]] const std::string& organization() const { return organization_; }
  /// The common name of the issuer.
  [[nodiscard]] const std::string& issuer() const { return issuer_; }
  /// Big-endian without leading zeros; positive.
  [[nodiscard]] const Bytes& serial() const { return serial_; }
  [[nodiscard]] WallTime not_before() const { return not_before_; }
  [[nodiscard]] WallTime not_after() const { return not_after_; }
  [[nodiscard]] const std::vector<PinnedAddress>& pinned_addresses() const { return pinned_addresses_; }
  [[nodiscard]] const std::vector<std::string>& dns_names() const { return dns_names_; }
  /// It names itself as its issuer. The signature was not looked at.
  [[nodiscard]] bool is_self_issued() const { return self_issued_; }
  /// Issuer and subject are one and the signature is right. Costs a verification at every call.
  [[nodiscard]] bool is_self_signed() const;
  /// BasicConstraints say CA:TRUE.
  [[nodiscard]] bool is_authority() const { return authority_; }
  /// KeyUsage allows, in this order: signatures of a handshake, certificates, revocation lists. A
  /// certificate without the extension allows all (RFC 5280, 4.2.1.3).
  [[nodiscard]] bool may_sign_handshakes() const { return may_sign_handshakes_; }
  [[nodiscard]] bool may_sign_certificates() const { return may_sign_certificates_; }
  [[nodiscard]] bool may_sign_revocations() const { return may_sign_revocations_; }
  /// ExtendedKeyUsage names both serverAuth and clientAuth.
  [[nodiscard]] bool is_for_both_roles() const { return for_both_roles_; }
  /// SHA-256 over the DER: what people compare. Never a name to revoke by, since a signature has
  /// several valid forms.
  [[nodiscard]] Digest256 fingerprint() const { return sha256(der_); }

  struct Native;
  /// OpenSSL's object, for the other files of lib/crypto only: what TLS has decoded already, and back.
  /// Null in a default-made value.
  static Result<Certificate> from_native(Native native);
  [[nodiscard]] const std::shared_ptr<const Native>& native() const { return native_; }

 private:
  Bytes der_;
  PublicKey public_key_;
  Digest256 key_fingerprint_{};
  std::string common_name_;
  std::string organization_;
  std::string issuer_;
  Bytes serial_;
  WallTime not_before_;
  WallTime not_after_;
  std::vector<PinnedAddress> pinned_addresses_;
  std::vector<std::string> dns_names_;
  bool self_issued_ = false;
  bool authority_ = false;
  bool may_sign_handshakes_ = true;
  bool may_sign_certificates_ = true;
  bool may_sign_revocations_ = true;
  bool for_both_roles_ = false;
  std::shared_ptr<const Native> native_;
};

/// The certificate of a member of an open group: it vouches for nothing but its key.
/// `serial` is 8 to 20 octets; the first bit is cleared (RFC 5280, 4.1.2.2).
Certificate make_self_signed(const PrivateKey& key, std::string_view common_name, ByteSpan serial, WallTime not_before,
                             WallTime not_after);

}  // namespace ipop::crypto
