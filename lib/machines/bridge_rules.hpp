#pragma once

#include <string_view>

namespace ipop::machines {

/// What QEMU's helper reads before it makes an interface a port of a bridge, for root too.
inline constexpr std::string_view bridge_rules_file = "/etc/qemu/bridge.conf";

/// Whether a text of that form lets machines onto the bridge: a rule allows it or all, and none denies it. Where other
/// files are included the answer is yes, since only the helper may read them.
bool allows_bridge(std::string_view rules, std::string_view bridge);

}  // namespace ipop::machines
