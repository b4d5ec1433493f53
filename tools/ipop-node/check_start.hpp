#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "settings.hpp"

namespace ipop::ipop_node {

/// Looks at what a start looks at, in its order and with its words, and leaves nothing behind: key, state directory,
/// port, interface, socket. Of a node that runs already, what it holds is left out. `warnings`: what does not keep
/// the node from starting. Errors: those of Daemon::open.
Result<void> check_start(const NodeSettings& settings, std::vector<std::string>& warnings);

}  // namespace ipop::ipop_node
