#pragma once

#include <string>

namespace ipop::io {

/// What this machine calls itself, up to the first dot; empty when it has no name.
std::string host_name();

}  // namespace ipop::io
