#include "io/foreign_locks.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace ipop::io {

Result<ForeignLocks> ForeignLocks::open(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return last_error(path);
  return ForeignLocks(std::move(fd));
}

Result<bool> ForeignLocks::any(long start, long length) const {
  // What would be in the way of a lock to write is any lock at all; the own ones of this process never are.
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = start;
  lock.l_len = length;
  if (::fcntl(fd_.get(), F_GETLK, &lock) != 0) return last_error("fcntl");
  return lock.l_type != F_UNLCK;
}

}  // namespace ipop::io
