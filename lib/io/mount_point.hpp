#pragma once

#include <string>

namespace ipop::io {

/// True when something is mounted on the path itself, as one file of a folder may be (statx(2), since Linux 5.8).
bool is_mount_point(const std::string& path);

}  // namespace ipop::io
