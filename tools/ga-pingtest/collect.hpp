#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pings/ping_report.hpp"
#include "verbs.hpp"

namespace ipop::ga_pingtest {

/// How a collection went.
struct Collection {
  std::size_t asked = 0;
  std::vector<std::string> failed{};  ///< a line for each member whose log could not be had
};

/// Fetches the logs of all other members into `report`. What a member gives out counts only where it is
/// in its own name. Errors: those of the node.
Result<Collection> collect_logs(const Context& context, std::uint16_t port, pings::PingReport& report);

}  // namespace ipop::ga_pingtest
