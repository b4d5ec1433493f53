#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "leasebook/lease_book.hpp"

// What a server that follows is told, as JSON of the schema ipop-dhcp.changes/1.

namespace ipop::ipop_dhcp {

std::string to_json(const leasebook::LeaseBook::Changes& changes);
/// Errors: malformed.
Result<leasebook::LeaseBook::Changes> parse_changes(std::string_view text);

}  // namespace ipop::ipop_dhcp
