#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>

#include "base/result.hpp"
#include "crypto/hash.hpp"
#include "io/unique_fd.hpp"

namespace ipop::layerfs {

/// The size and sum of what was read.
struct FileSum {
  std::uint64_t size = 0;
  crypto::Digest256 digest{};
  friend bool operator==(const FileSum&, const FileSum&) = default;
};

/// A new file to write to; an old one of this name goes. Errors: errno.
Result<io::UniqueFd> make_new_file(const std::string& path, mode_t mode);
/// A regular file to read from. Errors: errno; malformed.
Result<io::UniqueFd> open_regular_file(const std::string& path);

/// Reads an open file from its beginning. Errors: errno.
Result<FileSum> sum_of(int fd);
/// The same for a path. Errors: errno; malformed (no regular file).
Result<FileSum> sum_of_file(const std::string& path);

/// Copies all of `from` to `to`, and leaves the holes of `from` holes. Errors: errno; too_large beyond `limit`.
Result<FileSum> copy_octets(int from, int to, std::uint64_t limit);

/// Copies a file to a new one that is on disk when this returns. Errors: those above; the new file is gone then.
Result<FileSum> copy_file(const std::string& from, const std::string& to, std::uint64_t limit);

/// Makes sure that a file, or the names of a directory, outlive a loss of power. Errors: errno.
Result<void> sync_path(const std::string& path);
/// The same for everything on the file system of `path`.
Result<void> sync_file_system(const std::string& path);

/// Swaps two names in one step. Errors: errno.
Result<void> exchange_names(const std::string& a, const std::string& b);

}  // namespace ipop::layerfs
