#include "io/file_lock.hpp"

#include <cerrno>
#include <sys/file.h>
#include <thread>

#include "io/system_clock.hpp"
#include "io/unique_fd.hpp"

namespace ipop::io {

namespace {

// flock has no time limit of its own; who holds a lock writes one line, or is about to end.
constexpr auto file_lock_pause = std::chrono::milliseconds(5);

}  // namespace

Result<bool> lock_alone(int fd, Duration limit) {
  const TimePoint end = monotonic_now() + limit;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return last_error("");
    if (monotonic_now() >= end) return false;
    std::this_thread::sleep_for(file_lock_pause);
  }
  return true;
}

}  // namespace ipop::io
