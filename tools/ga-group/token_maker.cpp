#include "token_maker.hpp"

#include <algorithm>

#include "cli/human.hpp"
#include "cli/json_writer.hpp"
#include "cli/qr_code.hpp"
#include "io/netlink.hpp"
#include "io/system_clock.hpp"
#include "node_start.hpp"
#include "node_waiting.hpp"

namespace ipop::ga_group {
namespace {

using cli::ExitStatus;

/// Where this machine can be reached, and who says so.
struct Reachable {
  std::vector<net::Endpoint> endpoints{};
  bool from_node = false;
  bool from_outside = false;
  bool is_denied = false;  ///< the node may be there, and this user may not ask it
};

// A started node opens its socket at once; its first peer reports our endpoint within a round trip or
// two of the ring. A new group has no peer to wait for.
constexpr auto wait_for_socket = std::chrono::seconds(10);
constexpr auto wait_for_ring = std::chrono::seconds(5);

Result<node::EndpointsAnswer> ask_for_endpoints(const Context& context, const std::string& socket, bool has_bootstrap,
                                                bool wait_for_node) {
  if (wait_for_node) {
    tools::NodeWaiting start(context.streams, socket, wait_for_socket);
    const auto up = start.until("the node", [](auto&, Duration) { return Result<bool>(true); });
    if (!up) return up.error();
    if (has_bootstrap) {
      tools::NodeWaiting join(context.streams, socket, wait_for_ring);
      const auto is_joined = [](daemon::ControlClient& client, Duration left) -> Result<bool> {
        const auto status = tools::ask_node<node::StatusAnswer>(client, node::StatusCommand{}, left);
        if (!status) return status.error();
        return status->joined && !status->observed_endpoints.empty();
      };
      // Without an answer in time the token has the local endpoints; that is no failure.
      static_cast<void>(join.until("the ring", is_joined));
    }
  }
  auto client = daemon::ControlClient::connect(socket);
  if (!client) return std::move(client).error();
  return tools::ask_node<node::EndpointsAnswer>(*client, node::EndpointsCommand{}, wait_for_socket);
}

/// A peer elsewhere can do nothing with these.
bool is_useless(const net::Endpoint& endpoint) {
  if (const auto v4 = endpoint.ipv4()) return v4->is_loopback() || v4->is_link_local() || v4->is_unspecified();
  const auto& v6 = std::get<net::Ipv6Address>(endpoint.address);
  return v6.is_loopback() || v6.is_link_local();
}

/// Private (RFC 1918), shared (RFC 6598) and unique local (RFC 4193) addresses.
bool is_private(const net::Endpoint& endpoint) {
  if (const auto v4 = endpoint.ipv4()) {
    const auto in = [&](net::Ipv4Prefix prefix) { return prefix.contains(*v4); };
    return in({net::Ipv4Address(10, 0, 0, 0), 8}) || in({net::Ipv4Address(172, 16, 0, 0), 12}) ||
           in({net::Ipv4Address(192, 168, 0, 0), 16}) || in({net::Ipv4Address(100, 64, 0, 0), 10});
  }
  const auto& v6 = std::get<net::Ipv6Address>(endpoint.address);
  return (std::to_integer<unsigned>(v6.octets[0]) & 0xfeU) == 0xfcU;
}

Reachable find_endpoints(const Context& context, const GroupFile& file, bool wait_for_node) {
  Reachable out;
  const auto answer =
      ask_for_endpoints(context, node_socket(context, file), !file.config.bootstrap.empty(), wait_for_node);
  if (answer) {
    out.from_node = true;
    out.from_outside = answer->reachable_from_outside;
    out.endpoints = answer->endpoints;
  } else if (out.is_denied = tools::status_of(answer.error()) == ExitStatus::permission; file.config.port) {
    const auto addresses = io::list_addresses();
    if (addresses)
      out.endpoints = io::underlay_endpoints(*addresses, {.virtual_prefix = file.config.prefix}, *file.config.port);
    out.from_outside =
        std::ranges::any_of(out.endpoints, [](const auto& it) { return !is_useless(it) && !is_private(it); });
  }
  std::erase_if(out.endpoints, is_useless);
  return out;
}

/// The group as the token carries it: the file's bootstrap entries, then this machine's endpoints.
groups::GroupConfig with_endpoints(groups::GroupConfig group, const std::vector<net::Endpoint>& endpoints) {
  for (const net::Endpoint& endpoint : endpoints) {
    auto entry = groups::parse_bootstrap_entry(to_string(endpoint));
    if (!entry) continue;
    if (std::ranges::find(group.bootstrap, *entry) == group.bootstrap.end())
      group.bootstrap.push_back(*std::move(entry));
  }
  return group;
}

void explain(const Context& context, const GroupFile& file, const groups::JoinToken& token,
             const Reachable& reachable) {
  std::ostream& err = context.streams.err;
  err << "On every other machine:  ga-group join TOKEN\n";
  if (token.asks)
    err << "Anyone with this token can ask to become a member, and is one after `ga-cert accept` on this machine"
           " (`ga-cert list` shows who waits).\n";
  else if (!token.group.authority.empty())
    err << "The group is closed: a machine also needs a certificate from the group's authority.\n";
  else
    err << "Anyone with this token can join, as often as they like. Create a closed group to decide who joins.\n";
  if (token.expires) err << "The token is valid until " << cli::utc_text(*token.expires) << ".\n";
  if (reachable.is_denied)
    err << "This user may not ask the node, so the token has only this machine's own addresses; run it as root, or as "
           "a "
           "member of the group ga, for one with better ones.\n";
  else if (!reachable.from_node && !reachable.endpoints.empty())
    err << "The node is not running, so the token has only this machine's own addresses; after you start it, `ga-group "
           "token "
        << token.group.name << "` prints a token with better ones.\n";
  if (reachable.from_outside || !file.config.bootstrap.empty()) return;
  if (token.group.bootstrap.empty()) {
    err << "The token contains no address yet: start the node and run `ga-group token " << token.group.name << "`.\n";
    return;
  }
  err << "No packet has come in from outside the local network yet, so it is not known whether the endpoints in this "
         "token are reachable. For members elsewhere, run"
         " `ipop-node --no-tap` with this group on any host with a public address (then `ga-group token` there), or"
         " forward UDP port "
      << (file.config.port ? std::to_string(*file.config.port) : "of the node") << " of the router to this machine.\n";
}

}  // namespace

groups::GroupConfig with_known_endpoints(const Context& context, const GroupFile& file) {
  return with_endpoints(file.config, find_endpoints(context, file, false).endpoints);
}

ExitStatus print_token(const Context& context, const GroupFile& file, const JoinTokenWish& wish, bool wait_for_node,
                       std::string_view schema, const std::optional<ClosedToken>& closed) {
  const Reachable reachable = find_endpoints(context, file, wait_for_node);
  groups::JoinToken token;
  token.group = with_endpoints(file.config, reachable.endpoints);
  if (wish.life) token.expires = io::wall_time_now() + *wish.life;
  if (closed) {
    token.group.name = closed->name;
    token.asks = closed->authority;
  }

  std::ostream& out = context.streams.out;
  if (context.options.output.json) {
    cli::JsonWriter json(schema);
    json.field("group", token.group.name);
    json.field("file", file.path);
    json.field("closed", closed.has_value() || !token.group.authority.empty());
    json.field("namespace", file.config.name_space);
    json.field("token", to_string(token));
    if (token.expires)
      json.field("expires", token.expires->seconds);
    else
      json.null("expires");
    json.begin_array("endpoints");
    for (const auto& entry : token.group.bootstrap)
      json.element(to_string(entry));
    json.end();
    json.field("node_running", reachable.from_node);
    json.field("reachable_from_outside", reachable.from_outside);
    out << json.text() << '\n';
  } else {
    out << to_string(token) << '\n';
    if (wish.qr) cli::write_token_code(context.streams, tool, to_string(token), context.options.output.color);
  }
  explain(context, file, token, reachable);
  return ExitStatus::done;
}

}  // namespace ipop::ga_group
