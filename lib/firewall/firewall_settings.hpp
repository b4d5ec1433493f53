#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "firewall/firewall_plan.hpp"

namespace ipop::firewall {

/// What an administrator chose for the firewall of a machine; what follows from the machine's groups is
/// looked up each time a plan is made.
struct FirewallSettings {
  std::vector<std::string> groups{};        ///< names; empty: all of this machine
  std::vector<InterfaceName> interfaces{};  ///< virtual ones; empty: those of the groups' nodes
  std::optional<std::uint16_t> port{};      ///< the overlay's; none: that of each group's node
  PoolRole role = PoolRole::none;
  std::optional<std::uint16_t> ssh_port{22};
  std::vector<Service> allow{};
  std::vector<Service> allow_physical{};
  std::vector<Service> reach{};
  PhysicalNeeds needs{};
  std::vector<std::string> job_users{};
  std::vector<UidRange> job_uids{};
  friend bool operator==(const FirewallSettings&, const FirewallSettings&) = default;
};

/// A user's name as useradd(8) takes it: a-z or _ first, then a-z 0-9 _ -, at most 32. Errors: malformed.
Result<void> check_user_name(std::string_view name);
/// A port from 1, or `none`. Errors: malformed.
Result<std::optional<std::uint16_t>> parse_port_or_none(std::string_view text);

/// The file that keeps settings over a restart (TOML). `file` is for messages only; every error is one
/// line: file, line, what is wrong, what would be right.
Result<FirewallSettings> parse_firewall_settings(std::string_view text, std::string_view file);
/// What parse_firewall_settings reads back as the same value.
std::string to_toml(const FirewallSettings& settings);

}  // namespace ipop::firewall
