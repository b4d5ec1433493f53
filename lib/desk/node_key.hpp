#pragma once

#include <string>

#include "base/result.hpp"
#include "crypto/private_key.hpp"

namespace ipop::desk {

/// The key of a node, from its state directory; made there when the node has never run. With
/// `may_make` false a missing key is made but not kept. Errors: not_authorized (open modes), malformed
/// (damaged), errno.
///
/// A node that starts at this moment makes its key too: who holds the directory's lock makes it, and the
/// other one reads it.
Result<crypto::PrivateKey> load_node_key(const std::string& state_directory, bool may_make);

}  // namespace ipop::desk
