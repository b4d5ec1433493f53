#pragma once

// Questions about names, to a node.

#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "cli/exit_status.hpp"
#include "daemon/control_client.hpp"
#include "net/dns_message.hpp"
#include "node/command.hpp"
#include "router/dns_relay.hpp"
#include "verbs.hpp"

namespace ipop::ipop_dns {

/// The names that a node with this status answers for. Error: unsupported (it has no virtual network).
Result<router::DnsZone> zone_of(const node::StatusAnswer& status);

/// A node and what it answers for.
struct NodeNames {
  daemon::ControlClient client;
  router::DnsZone zone{};
};

/// Errors: those of ControlClient, and of zone_of.
Result<NodeNames> connect_to_names(const Context& context);

/// The records of one type that answer a question; or the status for why there are none, which is
/// said on stderr. `shown` is the name for a person.
std::variant<std::vector<net::DnsRecord>, cli::ExitStatus> ask(const Context& context, NodeNames& names,
                                                               const net::DnsQuestion& question,
                                                               std::string_view shown);

}  // namespace ipop::ipop_dns
