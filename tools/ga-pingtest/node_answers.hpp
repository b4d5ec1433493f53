#pragma once

// What the node of this machine says about members, as the log names them.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "daemon/control_client.hpp"
#include "net/ipv4_prefix.hpp"
#include "pings/ping_log.hpp"

namespace ipop::ga_pingtest {

/// This member and the others, in the order of the ring.
struct Members {
  pings::PingMember self{};  ///< with an address
  struct Other {
    pings::PingMember member{};
    bool silent = false;
  };
  std::vector<Other> others{};
  bool complete = true;               ///< the walk came back to its start
  std::vector<node::GoneRow> gone{};  ///< who was here since the node started, and is not
};

/// Errors: those of a ControlClient; not_found with what is missing when this member has no address.
Result<Members> ask_members(daemon::ControlClient& client, std::size_t limit, Duration timeout);

/// How a pair is linked, and why so.
struct Route {
  pings::PingPath path = pings::PingPath::unknown;
  std::string reason{};
};
/// Of the members to which there is a link; of the others, `routed`.
Result<std::map<NodeId, Route>> ask_links(daemon::ControlClient& client, Duration timeout);
Result<Route> ask_why(daemon::ControlClient& client, const NodeId& id, Duration timeout);

}  // namespace ipop::ga_pingtest
