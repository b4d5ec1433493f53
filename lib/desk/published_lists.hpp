#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "authority/authority_book.hpp"
#include "base/group_files.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/certificate_authority.hpp"
#include "crypto/revocation_list.hpp"

namespace ipop::desk {

/// Who is shut out, signed, as files: the revocation list for members, the CRL for verifiers that are not ours. Both
/// are made of the book, and can be made of it again.
class PublishedLists {
 public:
  explicit PublishedLists(AuthorityFiles files) : files_(std::move(files)) {}

  /// Writes the CRL, and the list when anybody is revoked. Errors: errno, those of signing.
  [[nodiscard]] Result<void> write(const authority::AuthorityBook& book,
                                   const crypto::CertificateAuthority& signer) const;
  /// The list as the book has it; none: it is lost, damaged, or another number's.
  [[nodiscard]] std::optional<crypto::RevocationList> list(const authority::AuthorityBook& book,
                                                           const crypto::Certificate& authority) const;
  /// The CRL as PEM, of whatever number. Errors: errno.
  [[nodiscard]] Result<std::string> crl() const;
  /// Whether this CRL is the one that the book numbers.
  [[nodiscard]] static bool is_current(const authority::AuthorityBook& book, std::string_view pem);
  /// Whether half of the CRL's time is over: it is to be signed again.
  [[nodiscard]] static bool is_aged(const authority::AuthorityBook& book, WallTime now);

 private:
  AuthorityFiles files_;
};

}  // namespace ipop::desk
