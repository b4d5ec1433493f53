#include "io/file_growth.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "io/system_clock.hpp"

namespace ipop::io {

Result<FileGrowth> FileGrowth::watch(const std::string& path) {
  UniqueFd fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!fd) return last_error("watching " + path);
  if (::inotify_add_watch(fd.get(), path.c_str(), IN_MODIFY) < 0) return last_error("watching " + path);
  return FileGrowth(std::move(fd));
}

Result<bool> FileGrowth::wait(Duration limit) const {
  const TimePoint end = monotonic_now() + limit;
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(std::max<Duration>(end - monotonic_now(), 0s));
    // A longer wait is done in parts: poll(2) takes an int.
    constexpr std::chrono::milliseconds most = std::chrono::hours(24);
    pollfd entry{fd_.get(), POLLIN, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::min(left, most).count()));
    if (ready < 0 && errno != EINTR) return last_error("waiting for a file");
    if (ready > 0) break;
    if (monotonic_now() >= end) return false;
  }
  std::array<char, 4096> events{};
  while (::read(fd_.get(), events.data(), events.size()) > 0) {
  }
  return true;
}

}  // namespace ipop::io
