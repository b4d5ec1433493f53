#pragma once

#include <cstddef>

namespace ipop::cli {

/// How every program of the toolkit ends; the same table stands in each man page.
enum class ExitStatus : int {
  done = 0,         ///< yes, or done
  no = 1,           ///< no reply, not valid, not found, failed
  usage = 2,        ///< used wrongly
  unreachable = 3,  ///< the node is not running or does not answer on its control socket
  permission = 4,   ///< not allowed to
  bad_config = 5,   ///< bad configuration, token or key, or damaged state
  timed_out = 6,    ///< the time that was given is over
  partly = 7,       ///< some of what was asked is done
};

constexpr int to_int(ExitStatus status) {
  return static_cast<int>(status);
}

/// Of so many machines or files of which some could not be done.
constexpr ExitStatus status_of_many(std::size_t all, std::size_t failed) {
  if (failed == 0) return ExitStatus::done;
  return failed == all ? ExitStatus::no : ExitStatus::partly;
}

}  // namespace ipop::cli
