#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "firewall/firewall_plan.hpp"

namespace ipop::firewall {

/// The numbers that a user may take in a user namespace of his own, of the text of /etc/subuid
/// (subuid(5)): sockets that he opens there carry them. Lines that are none are skipped.
std::vector<UidRange> subordinate_uids(std::string_view subuid_file, std::string_view user, std::uint32_t uid);

}  // namespace ipop::firewall
