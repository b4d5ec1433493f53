#pragma once

// One function a verb. The `show_` ones write an answer that has come; the others talk to the node
// themselves. Each gives the exit status.

#include <string>

#include "cli/exit_status.hpp"
#include "cli/streams.hpp"
#include "node/command.hpp"
#include "options.hpp"

namespace ipop::ipop_ctl {

/// What every verb writes with.
struct Output {
  const cli::Streams& streams;
  const cli::OutputOptions& options;
};

cli::ExitStatus show_status(const Output& output, const node::StatusAnswer& answer);
/// `members` gives the peers their names; it may be empty.
cli::ExitStatus show_peers(const Output& output, const node::PeersAnswer& answer, const node::MembersAnswer& members);
/// `partly` when the walk did not come back to its start.
cli::ExitStatus show_members(const Output& output, const node::MembersAnswer& answer, bool all);
/// `no` when there is no way to the node.
cli::ExitStatus show_why(const Output& output, const node::WhyAnswer& answer, const node::MembersAnswer& members);
cli::ExitStatus show_metrics(const Output& output, const node::StatusAnswer& answer);
cli::ExitStatus show_endpoints(const Output& output, const node::EndpointsAnswer& answer);

/// The values of a key; `no` when there is none, `timed_out` when too few replicas answered.
cli::ExitStatus show_values(const Output& output, const node::DhtAnswer& answer);
/// How a put or create ended, likewise.
cli::ExitStatus show_stored(const Output& output, const node::DhtAnswer& answer);

/// Waits by subscription; a node that is just starting is waited for as well.
cli::ExitStatus wait_for_lease(const Output& output, const std::string& socket, Duration limit);
cli::ExitStatus wait_for_peers(const Output& output, const std::string& socket, Duration limit, std::size_t count);

/// Prints events, one JSON object a line, until the verb's end, or until the node or the reader goes away.
cli::ExitStatus follow_events(const Output& output, const std::string& socket, Duration limit,
                              const FollowEvents& verb);
/// The same for the changes of one key of the DHT.
cli::ExitStatus watch_key(const Output& output, const std::string& socket, Duration limit, const WatchRecord& verb);

/// Lets the node read its files again, and says what changed and what waits for a restart.
cli::ExitStatus reload_node(const Output& output, const std::string& socket, Duration limit);
/// Ends the node, and waits until it has ended.
cli::ExitStatus stop_node(const Output& output, const std::string& socket, Duration limit);

/// Pings a member once a second; `no` when no reply came.
cli::ExitStatus ping_node(const Output& output, const std::string& socket, Duration limit, const PingNode& verb);

}  // namespace ipop::ipop_ctl
