#include "io/mount_point.hpp"

#include <fcntl.h>
#include <sys/stat.h>

namespace ipop::io {

bool is_mount_point(const std::string& path) {
  struct statx found {};
  if (::statx(AT_FDCWD, path.c_str(), 0, STATX_TYPE, &found) != 0) return false;
  return (found.stx_attributes & found.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0;
}

}  // namespace ipop::io
