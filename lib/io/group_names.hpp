#pragma once

#include <string>
#include <vector>

#include "base/group_files.hpp"
#include "base/result.hpp"

namespace ipop::io {

/// Names of the groups that have a file in `directory`, sorted. A directory that is not there has none. Errors: errno.
Result<std::vector<std::string>> read_group_names(const std::string& directory);
/// The same; none where the directory can't be read.
std::vector<std::string> group_names(const std::string& directory = groups_directory);

}  // namespace ipop::io
