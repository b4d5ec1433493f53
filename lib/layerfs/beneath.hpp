#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>

#include "base/result.hpp"
#include "io/unique_fd.hpp"

namespace ipop::layerfs {

/// Opens a directory to work below it. Errors: errno.
Result<io::UniqueFd> open_directory(const std::string& path);

/// openat2(2) that stays below `directory` and follows no link, whatever stands there meanwhile; `.` is the directory
/// itself. Errors: errno, with the path in the form of shown_path.
Result<io::UniqueFd> open_beneath(int directory, const std::string& path, int flags, mode_t mode = 0);

/// The directory that holds `path` (opened as a path, for the *at functions), and the name in it.
struct Place {
  io::UniqueFd directory{};
  std::string name{};
};
Result<Place> place_of(int directory, const std::string& path);

/// `/proc/self/fd/N/NAME`, for calls that have no form with a directory.
std::string proc_path(const Place& place);

/// What errno says about a path within a tree.
Error path_error(const std::string& doing, const std::string& path);

}  // namespace ipop::layerfs
