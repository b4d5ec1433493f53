#pragma once

#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "io/unique_fd.hpp"

namespace ipop::io {

/// Waits for something to be written to a file (inotify(7)), so that whoever follows a log does not look
/// at it over and over.
class FileGrowth {
 public:
  /// What is written from here on counts. Errors: errno (no_such_file_or_directory).
  static Result<FileGrowth> watch(const std::string& path);

  /// True when something was written since the last call (or since watch()), false when `limit` passed
  /// without. Errors: errno.
  [[nodiscard]] Result<bool> wait(Duration limit) const;

 private:
  explicit FileGrowth(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace ipop::io
