#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace ipop::io {

/// How a program ended and the beginning of what it wrote to stdout and stderr.
struct ProcessResult {
  int status = 0;  ///< its exit status; 128 and the signal when one ended it
  std::string output{};
};

/// Runs a program found in PATH (`command` holds its name and arguments, no shell in between), with
/// nothing on stdin, and waits for its end. More output than `most_output` is read and dropped. For tools.
///
/// Errors: errno (no_such_file_or_directory: not installed), timed_out (it was killed at `limit`).
Result<ProcessResult> run_process(const std::vector<std::string>& command, Duration limit,
                                  std::size_t most_output = 65'536);

/// Where a program of ours is: beside this one, or in the bin or sbin beside its directory (programs for root are in no
/// ordinary user's PATH); else the name as it is, for PATH.
std::string program_beside(const std::string& name);

/// Goes on as another program found in PATH, with the streams of this one. Comes back with an error only (errno).
Error replace_process(const std::vector<std::string>& command);

}  // namespace ipop::io
