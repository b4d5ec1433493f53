#pragma once

#include <vector>

#include "leasebook/lease_book.hpp"
#include "verbs.hpp"

namespace ipop::ipop_dhcp {

/// Writes leases as a table, tab-separated or as JSON of the schema `ipop-dhcp.list/1`.
void write_leases(const Context& context, const std::vector<leasebook::Lease>& leases, WallTime now);

}  // namespace ipop::ipop_dhcp
