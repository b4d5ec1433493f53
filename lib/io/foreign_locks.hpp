#pragma once

#include <string>

#include "base/result.hpp"
#include "io/unique_fd.hpp"

namespace ipop::io {

/// The record locks (fcntl(2), F_SETLK) that other processes have on a file, by whichever name they opened it.
///
/// Nothing is locked by looking. The kernel ends all record locks that a process has on a file when it closes any
/// descriptor of it, this one too: whoever locks the file in this process has to be gone first.
class ForeignLocks {
 public:
  /// Errors: errno.
  static Result<ForeignLocks> open(const std::string& path);

  /// True: another process has a lock on one of the `length` octets from `start`. Error: errno.
  [[nodiscard]] Result<bool> any(long start, long length) const;

 private:
  explicit ForeignLocks(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace ipop::io
