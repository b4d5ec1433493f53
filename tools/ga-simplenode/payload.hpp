#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "fleet/host_plan.hpp"
#include "io/memory_file.hpp"

namespace ipop::ga_simplenode {

/// The packages of ours in folders, or in those below them. Errors: not_found (none), errno.
Result<std::vector<fleet::PackageFile>> find_packages(const std::vector<std::string>& folders);

/// The key that signs a repository. Errors: errno, malformed.
Result<std::string> read_key(const std::string& file);

/// What is sent to a host: the script, and all that the plan brings. Errors: errno; malformed where a package is none.
Result<io::MemoryFile> make_payload(const fleet::HostPlan& plan);

}  // namespace ipop::ga_simplenode
