#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "authority/authority_book.hpp"
#include "base/group_files.hpp"
#include "base/result.hpp"
#include "crypto/certificate_request.hpp"
#include "crypto/hash.hpp"

namespace ipop::desk {

/// The requests that an authority keeps as files, each under its key's fingerprint. That one is kept says nothing of
/// how it stands: the ledger does.
class RequestFiles {
 public:
  /// Of one request: the longest queue stays below 6 MiB on the disk.
  static constexpr std::size_t max_request = 4096;
  /// Denied requests that are kept, so that a person can think again.
  static constexpr std::size_t max_denied = 200;

  explicit RequestFiles(AuthorityFiles files) : files_(std::move(files)) {}

  /// Error: errno.
  [[nodiscard]] Result<void> put(const crypto::CertificateRequest& request) const;
  /// Errors: not_found, malformed (a damaged file, or another key's request: it is named), errno.
  [[nodiscard]] Result<crypto::CertificateRequest> find(const crypto::Digest256& key) const;
  void remove(const crypto::Digest256& key) const;
  /// Removes those that were denied longest ago, but max_denied of them.
  void forget_denied(const authority::AuthorityBook& book) const;

 private:
  [[nodiscard]] std::string path_of(const crypto::Digest256& key) const;

  AuthorityFiles files_;
};

}  // namespace ipop::desk
