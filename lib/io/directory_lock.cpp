#include "io/directory_lock.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>

#include "io/file_lock.hpp"

namespace ipop::io {

Result<DirectoryLock> DirectoryLock::take(const std::string& path, Duration limit) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return last_error("locking " + path);
  const auto alone = lock_alone(fd.get(), limit);
  if (!alone) return Error(alone.error()).in("locking " + path);
  if (!*alone) {
    return make_error(std::make_error_code(std::errc::device_or_resource_busy),
                      path + ": another ipop-node is using it (stop it, or choose --state-dir DIR)");
  }
  return DirectoryLock(std::move(fd));
}

bool DirectoryLock::is_taken(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd && ::flock(fd.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

}  // namespace ipop::io
