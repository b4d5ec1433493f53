#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "leasebook/lease_book.hpp"

namespace ipop::ipop_dhcp {

/// `{"schema": "ipop-dhcp.leases/1", "group": ..., "leases": [...]}`, one lease a line.
std::string to_json(const leasebook::LeaseGroup& group, const std::vector<leasebook::Lease>& leases);
/// Leases as a server of this group may have written them until `now`. Errors (malformed): the line, what is wrong,
/// what would be right.
Result<std::vector<leasebook::Lease>> parse_json_leases(std::string_view text, std::string_view group, WallTime now);

}  // namespace ipop::ipop_dhcp
