#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "leasebook/lease_book.hpp"

namespace ipop::ipop_dhcp {

inline constexpr std::string_view csv_title = "address,node,user,host_name,source,granted,expires,released,group";

/// The title line, then a lease a line (RFC 4180).
std::string to_csv(const leasebook::LeaseGroup& group, const std::vector<leasebook::Lease>& leases);
/// True: the first line is a title line, with the column `group` or, in a list that somebody made by hand, without.
bool is_csv(std::string_view text);
/// As parse_json_leases; without the column the leases may be of any group.
Result<std::vector<leasebook::Lease>> parse_csv_leases(std::string_view text, std::string_view group, WallTime now);

}  // namespace ipop::ipop_dhcp
