#pragma once

#include "group_files.hpp"
#include "verbs.hpp"

namespace ipop::ga_group {

/// Which closed group a token is for.
struct ClosedToken {
  std::string name{};             ///< of the closed group
  crypto::Digest256 authority{};  ///< the fingerprint of its certificate
};

/// What the join token is to be.
struct JoinTokenWish {
  TokenLife life{};
  bool qr = false;  ///< as a QR code as well
};

/// Prints a join token for the group on stdout and says on stderr what it is good for.
///
/// With a node that runs, the token holds the endpoints at which that is known to be reachable,
/// else the addresses of this machine with the group file's port; those of the file come first.
/// `wait_for_node`: the node was just started, so its socket is waited for. `schema` names the verb.
/// With `closed` the token is that of a closed group, `file` the open one by whose network machines ask.
cli::ExitStatus print_token(const Context& context, const GroupFile& file, const JoinTokenWish& wish,
                            bool wait_for_node, std::string_view schema,
                            const std::optional<ClosedToken>& closed = std::nullopt);

/// The group with the endpoints at which this machine's node is known to be reachable, behind its own
/// bootstrap entries.
groups::GroupConfig with_known_endpoints(const Context& context, const GroupFile& file);

}  // namespace ipop::ga_group
