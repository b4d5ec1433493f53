#pragma once

#include <string>
#include <variant>
#include <vector>

#include "firewall/firewall_plan.hpp"
#include "firewall/firewall_settings.hpp"
#include "verbs.hpp"

namespace ipop::ga_firewall {

/// A plan and the groups that it is for.
struct MachinePlan {
  firewall::FirewallSettings settings{};
  std::vector<std::string> groups{};
  firewall::FirewallPlan plan{};
  /// A user whom the settings of the last time name is gone; the rules are those for everything else.
  bool lacks_users = false;
};

/// Where settings are kept over a restart.
std::string settings_file(const Context& context);

/// The settings of the command line, else those of the last time, else the usual ones, made a plan by
/// what the groups of this machine and their nodes say. A failure has been reported: `no` (no such group),
/// `usage`, `unreachable` (a port is not known), `permission`, `bad_config`.
std::variant<MachinePlan, cli::ExitStatus> make_machine_plan(const Context& context);

}  // namespace ipop::ga_firewall
