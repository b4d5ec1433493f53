#include "io/directory_lock.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>

namespace ipop::io {

Result<DirectoryLock> DirectoryLock::take(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return last_error("locking " + path);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return last_error("locking " + path);
    return make_error(std::make_error_code(std::errc::device_or_resource_busy),
                      path + ": another ipop-node is using it (stop it, or choose --state-dir DIR)");
  }
  return DirectoryLock(std::move(fd));
}

}  // namespace ipop::io
