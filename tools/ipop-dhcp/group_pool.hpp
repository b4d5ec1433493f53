#pragma once

#include <string>
#include <vector>

#include "crypto/private_key.hpp"
#include "leasebook/lease_book.hpp"
#include "verbs.hpp"

// What the group's file says that this server gives out (ga-group.toml(5)): for all other addresses members ask the
// ring.

namespace ipop::ipop_dhcp {

/// What tells the members. `place` is whatever they reach this machine by.
std::string addresses_command(const leasebook::LeaseGroup& group, const std::vector<leasebook::Reservation>& reserved,
                              const crypto::PrivateKey& key, const std::string& place);

/// Says so, with the command that mends it, where the group's file on this machine names this server and gives it fewer
/// addresses than it gives out: the ring gives out the others too.
void compare_with_group_file(const Context& context, leasebook::LeaseBook& book, const leasebook::LeaseGroup& group,
                             const crypto::PrivateKey& key);

}  // namespace ipop::ipop_dhcp
