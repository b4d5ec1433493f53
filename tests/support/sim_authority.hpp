#pragma once

#include <memory>
#include <string>
#include <vector>

#include "crypto/certificate_authority.hpp"
#include "crypto/revocation_list.hpp"
#include "crypto/trust_store.hpp"

namespace ipop::test_support {

/// The authority of a closed group in tests: one seed, one authority. Its certificates are good for
/// years around `start`.
class SimAuthority {
 public:
  SimAuthority(std::uint64_t seed, WallTime start);

  /// Another serial at each call.
  [[nodiscard]] crypto::Certificate sign(const crypto::PublicKey& key, const std::string& user,
                                         std::vector<crypto::PinnedAddress> pinned = {});
  /// Revokes more; the list has the next number.
  crypto::RevocationList revoke(const std::vector<crypto::PublicKey>& keys, const std::vector<std::string>& users);
  [[nodiscard]] std::shared_ptr<const crypto::TrustStore> trust() const;
  [[nodiscard]] const crypto::CertificateAuthority& authority() const { return authority_; }

 private:
  WallTime start_;
  crypto::CertificateAuthority authority_;
  std::uint64_t serial_ = 0;
  crypto::RevocationList::Content revoked_;
};

}  // namespace ipop::test_support
