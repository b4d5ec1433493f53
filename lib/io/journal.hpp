#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "base/result.hpp"
#include "base/time.hpp"
#include "io/unique_fd.hpp"

namespace ipop::io {

/// A file of lines to which lines are only added, by several processes in turn.
///
/// A line is on the disk when append() returns. A process that dies in the middle of one leaves a
/// torn line behind: whoever locks the journal next cuts it off.
class Journal {
 public:
  /// A new file, which must not be there yet. Errors: errno.
  static Result<Journal> make(const std::string& path, mode_t mode);
  /// A regular file of our user that others can't write; on a read-only file system it can be read.
  /// Errors: errno; Errc::not_authorized, with the command that mends it.
  static Result<Journal> open(const std::string& path);

  /// What was found when the journal was locked.
  struct Found {
    std::string lines{};  ///< whole lines since the last lock(), from any process
    std::string torn{};   ///< the cut-off beginning of a line that was never finished
  };
  /// Keeps others out, waiting for them at most `limit`. Errors: timed_out, Errc::too_large (more than
  /// 1 GiB), Errc::conflict (is_replaced(), or it became shorter), errno. Locked twice is an error of the caller.
  Result<Found> lock(Duration limit);
  void unlock();
  /// Whether the path leads to another file by now, or to none: what is added here, nobody reads there.
  [[nodiscard]] bool is_replaced() const;
  /// Adds a line (without its end) and waits for the disk; only while locked. When that fails (full
  /// disk), nothing of it stays. Errors: errno.
  Result<void> append(std::string_view line);

 private:
  Journal(UniqueFd fd, std::string path, bool writable)
      : fd_(std::move(fd)), path_(std::move(path)), writable_(writable) {}
  Result<Found> read_found();

  UniqueFd fd_;
  std::string path_;
  bool writable_ = false;
  bool locked_ = false;
  off_t end_ = 0;  ///< up to where lines were read or added
};

}  // namespace ipop::io
