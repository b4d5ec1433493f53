#pragma once

#include <string>

#include "base/result.hpp"

namespace ipop::io {

/// What this machine calls itself, up to the first dot; empty when it has no name.
std::string host_name();

/// Gives this machine a name until it is switched off. Errors: errno.
Result<void> set_host_name(const std::string& name);

}  // namespace ipop::io
