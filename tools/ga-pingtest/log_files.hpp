#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace ipop::ga_pingtest {

/// A log together with the older part beside it (`FILE.1`), at most `limit` octets of their end. Errors:
/// those of the file itself; the older part may be missing.
Result<std::string> read_log(const std::string& path, std::uint64_t limit);

/// The files that `path` means: itself, or of a directory those that end in `.log` or `.log.1`, in the
/// order of their names. Errors: errno.
Result<std::vector<std::string>> files_of(const std::string& path);

}  // namespace ipop::ga_pingtest
