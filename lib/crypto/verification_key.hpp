#pragma once

#include <memory>

#include "base/bytes.hpp"
#include "base/node_id.hpp"
#include "base/result.hpp"
#include "crypto/certificate.hpp"
#include "crypto/hash.hpp"
#include "crypto/private_key.hpp"

namespace ipop::crypto {

/// A public key that was found to be a point of the curve, ready to verify. A value, cheap to copy.
///
/// Finding the point costs half of a verification: whoever wants to know both whose key it is and what it signed
/// makes one of these and passes it on.
class VerificationKey {
 public:
  /// Error: malformed (not a point of the curve).
  static Result<VerificationKey> of(const PublicKey& key);
  /// The certificate's key, which was found when the certificate was decoded.
  static VerificationKey of(const Certificate& certificate);

  [[nodiscard]] const PublicKey& public_key() const;
  /// As key_fingerprint_of(PublicKey) says it.
  [[nodiscard]] const Digest256& fingerprint() const;
  /// As node_id_of(PublicKey) says it: the position of a node in an open group.
  [[nodiscard]] NodeId node_id() const { return NodeId::from_prefix(fingerprint()); }
  /// True when `signature` over `data` was made with the private half.
  [[nodiscard]] bool verify(ByteSpan data, const Signature& signature) const;

 private:
  struct Native;
  explicit VerificationKey(std::shared_ptr<const Native> native) : native_(std::move(native)) {}
  std::shared_ptr<const Native> native_;
};

}  // namespace ipop::crypto
