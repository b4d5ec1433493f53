#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

#include "base/result.hpp"
#include "io/unique_fd.hpp"

namespace ipop::io {

/// A program that was started, and the end of the pipe to which it writes stdout and stderr. For the other
/// files of lib/io.
struct PipedChild {
  pid_t id = 0;
  UniqueFd output{};
};

/// Starts a program found in PATH, with the file `input` on stdin. Errors: errno.
Result<PipedChild> spawn_piped(const std::vector<std::string>& command, const std::string& input = "/dev/null");

/// Waits for its end: its exit status, or 128 and the signal.
int wait_for_end(pid_t child);

}  // namespace ipop::io
