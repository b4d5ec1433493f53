#pragma once

#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "io/unique_fd.hpp"

namespace ipop::io {

/// Keeps a second process from using a directory; ends with the process, however that ends.
///
/// The directory itself is locked (flock(2)), so nothing is written and a read-only one will do.
class DirectoryLock {
 public:
  /// Waits at most `limit` for a process that has it, as one that is about to end does. Errors:
  /// std::errc::device_or_resource_busy when another process keeps it; errno.
  static Result<DirectoryLock> take(const std::string& path, Duration limit = {});
  /// Whether a process has it. Looks by a shared lock of a moment, so who takes one with a limit is not turned away.
  /// False also where it can't be looked at.
  static bool is_taken(const std::string& path);

 private:
  explicit DirectoryLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace ipop::io
