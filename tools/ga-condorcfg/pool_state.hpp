#pragma once

#include <optional>
#include <string>
#include <vector>

#include "node/command.hpp"
#include "pool/condor_manager.hpp"
#include "pool_files.hpp"

namespace ipop::ga_condorcfg {

/// What the node says of the pool.
struct PoolState {
  node::StatusAnswer status{};
  std::vector<pool::KnownManager> managers{};
  std::optional<Error> trouble{};  ///< why the managers are not known
};

/// Asks the group's node. Errors: those of tools::ask_node.
Result<PoolState> ask_pool(const std::string& socket, const PoolFiles& files);

/// Says what keeps the node from its work, a line each.
void report_notices(const Context& context, const node::StatusAnswer& status);

}  // namespace ipop::ga_condorcfg
