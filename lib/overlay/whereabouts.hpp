#pragma once

#include <vector>

#include "overlay/connect_to_me.hpp"
#include "overlay/link_table.hpp"
#include "overlay/reachability.hpp"
#include "overlay/relay.hpp"

namespace ipop::overlay {

/// Peers with sound direct links, which can carry packets between this node and others.
std::vector<RelayCandidate> able_to_relay(const LinkTable& links);

/// What a node says in connect-to-me of where it is: its candidates and NAT, the peers to which it has direct links,
/// and where some of these are. What the message is for is left to the caller.
ConnectToMe whereabouts(const LinkTable& links, const Reachability& reachability);

}  // namespace ipop::overlay
