#pragma once

#include "base/result.hpp"
#include "fleet/host_plan.hpp"

namespace ipop::fleet {

/// How a host gets another version of all packages of ours that it has: all are of one version, so none stays behind.
///
/// Errors: not_found (there is no node, or a package for this host is missing), conflict (an older version, unless
/// `downgrades`), and those of begin_plan.
Result<HostPlan> plan_upgrade(const PackageSource& source, bool downgrades, const Report& report);

/// Why the fleet is not to be touched: hosts that would be taken away while others are gone already. Empty: nothing.
std::string why_not_now(const Report& report);

}  // namespace ipop::fleet
