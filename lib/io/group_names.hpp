#pragma once

#include <string>
#include <vector>

#include "base/group_files.hpp"
#include "base/result.hpp"

namespace ipop::io {

/// Names of the groups that have a file in `directory`, sorted. A directory that is not there has none; one that can't
/// be read is an error (errno), since who sees nothing of a machine does not know that it is in no group.
Result<std::vector<std::string>> group_names(const std::string& directory = groups_directory);
/// Whether the group has a file there. Errors: as above.
Result<bool> has_group(const std::string& name, const std::string& directory);

}  // namespace ipop::io
