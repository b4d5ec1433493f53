#pragma once

#include <string_view>
#include <vector>

#include "net/endpoint.hpp"

namespace ipop::net {

/// The servers that resolv.conf(5) names, port 53, in its order: the first three, as the C library
/// uses them. Other lines, and addresses that mean nothing without an interface (`fe80::1%eth0`),
/// are skipped.
std::vector<Endpoint> parse_resolv_conf(std::string_view text);

}  // namespace ipop::net
