#include "io/directory_lock.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <thread>

#include "io/system_clock.hpp"

namespace ipop::io {

namespace {

// flock has no time limit of its own.
constexpr auto directory_pause = std::chrono::milliseconds(20);

}  // namespace

Result<DirectoryLock> DirectoryLock::take(const std::string& path, Duration limit) {
  const TimePoint end = monotonic_now() + limit;
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return last_error("locking " + path);
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return last_error("locking " + path);
    if (monotonic_now() < end) {
      std::this_thread::sleep_for(directory_pause);
      continue;
    }
    return make_error(std::make_error_code(std::errc::device_or_resource_busy),
                      path + ": another ipop-node is using it (stop it, or choose --state-dir DIR)");
  }
  return DirectoryLock(std::move(fd));
}

}  // namespace ipop::io
