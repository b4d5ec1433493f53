#include "run.hpp"

#include <type_traits>

#include "base/machine.hpp"
#include "dht/record.hpp"
#include "io/group_names.hpp"
#include "verbs.hpp"

namespace ipop::ipop_ctl {
namespace {

using cli::ExitStatus;

/// The value to store: as typed, or all of stdin.
Bytes value_of(const PutRecord& put, const cli::Streams& streams) {
  if (put.value != "-") return to_bytes(as_bytes(put.value));
  // One octet more than a record holds is enough to be refused for its size.
  std::string text;
  char c = 0;
  while (text.size() <= dht::Record::max_value && streams.in.get(c))
    text.push_back(c);
  return to_bytes(as_bytes(text));
}

/// One question to the node: asks, then hands the answer to `show`.
template <class Answer, class Show>
ExitStatus ask(const Output& output, const std::string& socket, Duration limit, const node::Command& command,
               Show show) {
  auto client = daemon::ControlClient::connect(socket);
  if (!client) return tools::report_node_error(output.streams, tool, client.error(), socket);
  const auto answer = client->call(command, limit);
  if (std::is_same_v<Answer, node::StatusAnswer> && client->is_node_replaced().value_or(false))
    cli::complain(output.streams, tool, "the node's program was replaced since it started; restart the node");
  if (!answer) return tools::report_node_error(output.streams, tool, answer.error(), socket);
  if (const auto* wanted = std::get_if<Answer>(&*answer)) return show(output, *wanted);
  cli::complain(output.streams, tool, "unexpected answer from the node (different version?)");
  return ExitStatus::no;
}

/// For names; a walk that fails leaves them out.
node::MembersAnswer members_or_none(const std::string& socket, Duration limit) {
  auto client = daemon::ControlClient::connect(socket);
  if (!client) return {};
  const auto answer = client->call(node::MembersCommand{}, limit);
  const auto* members = answer ? std::get_if<node::MembersAnswer>(&*answer) : nullptr;
  return members == nullptr ? node::MembersAnswer{} : *members;
}

/// Whoever waits was typed behind the node's own command, say, and that has no socket yet.
Result<std::string> choose_node(const Options& options) {
  auto found = tools::choose_socket(options.node);
  const bool waits =
      std::holds_alternative<WaitForLease>(options.verb) || std::holds_alternative<WaitForPeers>(options.verb);
  if (found || !waits || found.error().code != Errc::not_found) return found;
  const auto groups = io::group_names();
  return groups && groups->size() == 1 ? tools::socket_of_group(groups->front()) : found;
}

}  // namespace

ExitStatus run(const Options& options, const cli::Streams& streams) {
  const auto found = choose_node(options);
  if (!found) return tools::report_choice_error(streams, tool, found.error());
  const std::string& socket = *found;
  const Output out{streams, options.output};
  const Duration limit = options.node.timeout;
  return std::visit(
      Overloaded{
          [&](const ShowStatus&) {
            return ask<node::StatusAnswer>(out, socket, limit, node::StatusCommand{}, show_status);
          },
          [&](const ShowPeers&) {
            return ask<node::PeersAnswer>(out, socket, limit, node::PeersCommand{},
                                          [&](const Output& to, const node::PeersAnswer& answer) {
                                            return show_peers(to, answer, members_or_none(socket, limit));
                                          });
          },
          [&](const ShowMembers& verb) {
            return ask<node::MembersAnswer>(out, socket, limit, node::MembersCommand{verb.limit, verb.all},
                                            [&](const Output& to, const node::MembersAnswer& answer) {
                                              return show_members(to, answer, verb.all);
                                            });
          },
          [&](const ShowWhy& verb) {
            return ask<node::WhyAnswer>(out, socket, limit, node::WhyCommand{verb.target},
                                        [&](const Output& to, const node::WhyAnswer& answer) {
                                          return show_why(to, answer, members_or_none(socket, limit));
                                        });
          },
          [&](const GetRecord& verb) {
            return ask<node::DhtAnswer>(out, socket, limit, node::DhtGetCommand{verb.key}, show_values);
          },
          [&](const PutRecord& verb) {
            const node::DhtPutCommand put{verb.key, value_of(verb, streams), verb.time_to_live, verb.exclusive};
            return ask<node::DhtAnswer>(out, socket, limit, put, show_stored);
          },
          [&](const WatchRecord& verb) { return watch_key(out, socket, limit, verb); },
          [&](const WaitForLease&) { return wait_for_lease(out, socket, limit); },
          [&](const WaitForPeers& verb) { return wait_for_peers(out, socket, limit, verb.count); },
          [&](const FollowEvents& verb) { return follow_events(out, socket, limit, verb); },
          [&](const PingNode& verb) { return ping_node(out, socket, limit, verb); },
          [&](const ShowMetrics&) {
            return ask<node::StatusAnswer>(out, socket, limit, node::StatusCommand{}, show_metrics);
          },
          [&](const ShowEndpoints&) {
            return ask<node::EndpointsAnswer>(out, socket, limit, node::EndpointsCommand{}, show_endpoints);
          },
          [&](const ReloadNode&) { return reload_node(out, socket, limit); },
          [&](const StopNode&) { return stop_node(out, socket, limit); },
      },
      options.verb);
}

}  // namespace ipop::ipop_ctl
