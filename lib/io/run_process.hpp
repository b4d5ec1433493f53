#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace ipop::io {

/// How a program ended and the first 64 KiB of what it wrote to stdout and stderr.
struct ProcessResult {
  int status = 0;  ///< its exit status; 128 and the signal when one ended it
  std::string output{};
};

/// Runs a program found in PATH (`command` holds its name and arguments, no shell in between), with
/// nothing on stdin, and waits for its end. For tools.
///
/// Errors: errno (no_such_file_or_directory: not installed), timed_out (it was killed at `limit`).
Result<ProcessResult> run_process(const std::vector<std::string>& command, Duration limit);

}  // namespace ipop::io
