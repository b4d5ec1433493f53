#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

namespace ipop::io {

/// Locks an open file or directory for this process alone (flock(2)), and waits at most `limit` for another one that
/// has it. False: that one keeps it. Errors: errno.
Result<bool> lock_alone(int fd, Duration limit);

}  // namespace ipop::io
