#pragma once

#include <string>

#include "base/result.hpp"

namespace ipop::ga_appliance {

/// Whether QEMU will get this user's machine onto the bridge, before anything is made for it.
///
/// Errors, each with the command for root that mends it: not_found (no such bridge), not_authorized (QEMU's rules, or
/// its helper without root's rights).
Result<void> check_bridge_access(const std::string& bridge);

}  // namespace ipop::ga_appliance
