#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace ipop::authority {

/// All that makes an authority, as one file holds it: before it is locked, and after.
struct AuthorityBackup {
  struct File {
    /// In the authority's directory; "requests/..." for a request that waits. "groups/NAME.toml" is beside it: the file
    /// of a group of this authority, or of the network where machines ask for certificates.
    std::string name{};
    std::string octets{};
    friend bool operator==(const File&, const File&) = default;
  };
  std::string name{};  ///< the authority's
  WallTime at{};       ///< when it was made
  std::vector<File> files{};

  static constexpr std::string_view groups = "groups/";

  /// The file of this name; null: not in it.
  [[nodiscard]] const std::string* file(std::string_view wanted) const;
  friend bool operator==(const AuthorityBackup&, const AuthorityBackup&) = default;
};

/// A line `ga-cert authority backup 1`, a line `NAME TIME`, then for each file a line `SIZE FILE`, its octets and a
/// line feed.
Bytes encode(const AuthorityBackup& backup);
/// Errors: malformed (not such a backup, or a file that no authority has), unsupported (of a later release).
Result<AuthorityBackup> decode_authority_backup(ByteSpan octets);

}  // namespace ipop::authority
