#pragma once

#include <string>
#include <sys/un.h>

#include "base/result.hpp"

namespace ipop::io {

/// The address of a socket file. Error: std::errc::filename_too_long (more than 107 octets).
Result<sockaddr_un> unix_address(const std::string& path);

}  // namespace ipop::io
