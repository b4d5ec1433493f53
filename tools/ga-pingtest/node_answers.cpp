#include "node_answers.hpp"

#include <algorithm>
#include <utility>

#include "node_waiting.hpp"

namespace ipop::ga_pingtest {

using pings::PingMember;
using pings::PingPath;

Result<Members> ask_members(daemon::ControlClient& client, std::size_t limit, Duration timeout) {
  const auto status = tools::ask_node<node::StatusAnswer>(client, node::StatusCommand{}, timeout);
  if (!status) return status.error();
  if (!status->address) {
    return {Errc::not_found, status->prefix ? "this member has no address yet (ipop-ctl wait lease)"
                                            : "this node has no virtual network (--no-tap), so nothing to ping from"};
  }
  const auto answer = tools::ask_node<node::MembersAnswer>(client, node::MembersCommand{limit, true}, timeout);
  if (!answer) return answer.error();
  Members out;
  out.self = {status->id, status->address, status->names.empty() ? std::string() : status->names.back()};
  out.complete = answer->complete;
  out.gone = answer->gone;
  for (const node::MemberRow& row : answer->members) {
    if (row.id == status->id) continue;
    // Neighbours name it for a while; its end is known better.
    if (!row.answered && std::ranges::find(out.gone, row.id, &node::GoneRow::id) != out.gone.end()) continue;
    out.others.push_back({PingMember{row.id, row.address, row.name}, !row.answered});
  }
  return out;
}

Result<std::map<NodeId, Route>> ask_links(daemon::ControlClient& client, Duration timeout) {
  const auto answer = tools::ask_node<node::PeersAnswer>(client, node::PeersCommand{}, timeout);
  if (!answer) return answer.error();
  std::map<NodeId, Route> out;
  for (const node::PeerRow& row : answer->peers)
    out[row.id] = {row.direct ? PingPath::direct : PingPath::relayed, row.reason};
  return out;
}

Result<Route> ask_why(daemon::ControlClient& client, const NodeId& id, Duration timeout) {
  const auto answer = tools::ask_node<node::WhyAnswer>(client, node::WhyCommand{to_string(id)}, timeout);
  if (!answer) return answer.error();
  for (const PingPath path : {PingPath::direct, PingPath::relayed, PingPath::routed})
    if (answer->state == to_string(path)) return Route{path, answer->reason};
  return Route{PingPath::unknown, answer->reason};
}

}  // namespace ipop::ga_pingtest
