#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "io/unique_fd.hpp"

namespace ipop::io {

/// A text file to whose end one process at a time adds whole texts; readers need no lock.
class AppendedFile {
 public:
  /// Makes the file (mode 0644) where there is none. One of more than `limit` octets becomes `path`.1,
  /// in the place of an earlier one, so that both together stay bounded. A device is written to and stays
  /// what it is. Errors: std::errc::device_or_resource_busy when another process has it;
  /// Errc::not_authorized when it is a link or neither file nor device; other errno.
  static Result<AppendedFile> open(const std::string& path, std::uint64_t limit);

  /// Adds `text` in one write. After an error (full disk) the file is as it was before.
  Result<void> append(std::string_view text);

 private:
  AppendedFile(UniqueFd fd, std::string path, bool regular)
      : fd_(std::move(fd)), path_(std::move(path)), regular_(regular) {}
  static Result<AppendedFile> open_once(const std::string& path);

  UniqueFd fd_;
  std::string path_;
  bool regular_;
};

/// The last `limit` octets of a text file that grows, from the beginning of a line on. Errors: errno.
Result<std::string> read_end_of_file(const std::string& path, std::uint64_t limit);

}  // namespace ipop::io
