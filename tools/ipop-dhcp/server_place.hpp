#pragma once

#include <string_view>

#include "base/result.hpp"
#include "io/https_client.hpp"

namespace ipop::ipop_dhcp {

/// The server of a URL like `http://HOST:PORT/`; what it says proves itself, so its name need not be. Errors:
/// malformed, with what would be right.
Result<io::HttpsPeer> server_at(std::string_view url);

}  // namespace ipop::ipop_dhcp
