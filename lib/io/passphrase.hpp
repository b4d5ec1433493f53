#pragma once

#include <string>

#include "base/result.hpp"

namespace ipop::io {

/// The longest passphrase that is read.
constexpr std::size_t max_passphrase = 1024;

/// Asks on the terminal of this process, whatever its streams are, without showing what is typed.
/// Errors: not_found (no terminal), too_large, std::errc::operation_canceled (end of input).
Result<std::string> ask_passphrase(const std::string& prompt);

/// The first line that an open file descriptor gives. Errors: too_large, malformed (empty), errno.
Result<std::string> read_passphrase(int fd);
/// The first line of a secret file (see read_secret_file, whose errors it has); malformed when that is
/// empty.
Result<std::string> read_passphrase_file(const std::string& path);

}  // namespace ipop::io
