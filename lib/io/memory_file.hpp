#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"
#include "io/unique_fd.hpp"

namespace ipop::io {

/// A file that has a name only while this process lives, for programs that work on a file: nothing of it is ever on a
/// disk, and nothing is left when the process is killed.
class MemoryFile {
 public:
  /// With `octets` in it. Error: errno.
  static Result<MemoryFile> make(std::string_view octets);

  /// Where programs that this process starts find it; only they and root's.
  [[nodiscard]] std::string path() const;
  /// What is in it now. Errors: errno; too_large when it is longer than `limit` octets.
  [[nodiscard]] Result<std::string> read(std::size_t limit) const;

 private:
  explicit MemoryFile(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace ipop::io
