#include "look.hpp"
#include "node_waiting.hpp"

namespace ipop::ga {
namespace {

using health::NodeFact;

constexpr Duration answer_limit = 5s;
// Enough to show names and to choose whom to ping.
constexpr std::size_t most_members = 200;

NodeFact fact_of(const Error& error) {
  switch (tools::status_of(error)) {
    case cli::ExitStatus::unreachable: return NodeFact::not_running;
    case cli::ExitStatus::permission: return NodeFact::not_permitted;
    default: return NodeFact::silent;
  }
}

}  // namespace

void look_at_node(Look& look) {
  health::Facts& facts = look.facts;
  facts.now = io::wall_time_now();
  facts.status.reset();
  facts.peers.clear();
  look.members = {};
  const auto note = [&facts](const Error& error) {
    facts.node = fact_of(error);
    facts.node_problem = error.message();
  };
  auto client = daemon::ControlClient::connect(look.socket);
  if (!client) return note(client.error());
  auto status = tools::ask_node<node::StatusAnswer>(*client, node::StatusCommand{}, answer_limit);
  if (!status) return note(status.error());
  facts.node = NodeFact::answers;
  facts.is_node_replaced = client->is_node_replaced().value_or(false);
  facts.node_problem.clear();
  facts.status = *std::move(status);
  if (auto peers = tools::ask_node<node::PeersAnswer>(*client, node::PeersCommand{}, answer_limit); peers)
    facts.peers = std::move(peers->peers);
  if (auto members = tools::ask_node<node::MembersAnswer>(*client, node::MembersCommand{most_members}, answer_limit);
      members)
    look.members = *std::move(members);
}

}  // namespace ipop::ga
