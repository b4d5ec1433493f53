#pragma once

#include <cstdint>
#include <optional>

#include "base/result.hpp"
#include "fleet/host.hpp"
#include "fleet/host_plan.hpp"
#include "groups/group_config.hpp"

namespace ipop::fleet {

/// What is to be on each host.
struct Wanted {
  groups::GroupConfig group{};
  std::optional<std::uint16_t> port{};
  PackageSource source{};
  bool replaces = false;  ///< a group file of another group of this name too
};

/// What a host lacks of it. Errors say why nothing can be done there: those of begin_plan, no package fits, another
/// group has the name, settings contradict, a closed group's certificate is missing.
Result<HostPlan> plan_install(const Wanted& wanted, const Host& host, const Report& report);

/// Whether a node of this group can be expected to find another one, when those of `hosts` hosts are installed.
bool has_others(const groups::GroupConfig& group, std::size_t hosts);

}  // namespace ipop::fleet
