#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace ipop::io {

/// The number of a user of this machine. Errors: not_found, errno.
Result<std::uint32_t> uid_of_user(const std::string& name);

}  // namespace ipop::io
