#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "leasebook/lease_book.hpp"

// Leases as text: what `export` writes and `import` reads, and what a server that follows is told.

namespace ipop::ipop_dhcp {

/// `{"schema": "ipop-dhcp.leases/1", "group": ..., "leases": [...]}`, one lease a line.
std::string to_json(const leasebook::LeaseGroup& group, const std::vector<leasebook::Lease>& leases);
/// A title line, then `address,node,user,host_name,source,granted,expires,released,group` (RFC 4180).
std::string to_csv(const leasebook::LeaseGroup& group, const std::vector<leasebook::Lease>& leases);
/// Either of the two, with leases as a server of this group may have written them until `now`. Errors (malformed): the
/// line, what is wrong, what would be right; CSV without the column `group` may be of any.
Result<std::vector<leasebook::Lease>> parse_leases(std::string_view text, std::string_view group, WallTime now);

std::string to_json(const leasebook::LeaseBook::Changes& changes);
/// Errors: malformed.
Result<leasebook::LeaseBook::Changes> parse_changes(std::string_view text);

}  // namespace ipop::ipop_dhcp
