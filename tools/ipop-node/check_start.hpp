#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "settings.hpp"

namespace ipop::ipop_node {

/// Looks at what a start looks at, in its order and with its words, and leaves nothing behind: state directory, key,
/// membership, cipher, network, port, interface, socket. Of a node that runs already, what it holds is left out.
/// `authority`: PEM text of the group file; empty in an open group. `warnings`: what does not keep the node from
/// starting. Errors: those of Daemon::open.
Result<void> check_start(const NodeSettings& settings, const std::string& authority,
                         std::vector<std::string>& warnings);

}  // namespace ipop::ipop_node
