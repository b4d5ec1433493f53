#pragma once

#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/hash.hpp"
#include "crypto/private_key.hpp"

namespace ipop::crypto {

/// An X.509 certificate (RFC 5280) with a P-256 key, decoded once; a value.
class Certificate {
 public:
  /// Errors: malformed (not DER, octets behind it), unsupported (not a P-256 key).
  static Result<Certificate> from_der(ByteSpan der);
  static Result<Certificate> from_pem(std::string_view pem);

  [[nodiscard]] const Bytes& der() const { return der_; }
  [[nodiscard]] std::string to_pem() const;
  [[nodiscard]] const PublicKey& public_key() const { return public_key_; }
  /// The subject's common name; may be empty. Foreign text: escape it before it is shown.
  [[nodiscard]] const std::string& common_name() const { return common_name_; }
  [[nodiscard]] const Bytes& serial() const { return serial_; }
  [[nodiscard]] WallTime not_before() const { return not_before_; }
  [[nodiscard]] WallTime not_after() const { return not_after_; }
  [[nodiscard]] bool is_self_signed() const { return self_signed_; }  ///< issuer = subject and the signature verifies
  [[nodiscard]] Digest256 fingerprint() const { return sha256(der_); }

 private:
  Bytes der_;
  PublicKey public_key_;
  std::string common_name_;
  Bytes serial_;
  WallTime not_before_;
  WallTime not_after_;
  bool self_signed_ = false;
};

/// The certificate of a member of an open group: it vouches for nothing but its key.
/// `serial` is 8 to 20 octets; the first bit is cleared (RFC 5280, 4.1.2.2).
Certificate make_self_signed(const PrivateKey& key, std::string_view common_name, ByteSpan serial, WallTime not_before,
                             WallTime not_after);

}  // namespace ipop::crypto
