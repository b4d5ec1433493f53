#include <map>

#include "cli/human.hpp"
#include "cli/table.hpp"
#include "control/rpc.hpp"
#include "verbs.hpp"
#include "words.hpp"

namespace ipop::ipop_ctl {
namespace {

using cli::ExitStatus;

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words)
    out += (out.empty() ? "" : ",") + word;
  return out;
}

using MembersById = std::map<NodeId, node::MemberRow>;

/// The name, else the beginning of the id.
std::string name_of(const MembersById& members, const NodeId& id) {
  const auto found = members.find(id);
  return found == members.end() || found->second.name.empty() ? to_short_string(id) : found->second.name;
}

/// A link knows its peer's address only once packets went over it.
std::string address_of(const MembersById& members, const node::PeerRow& peer) {
  if (peer.address) return to_string(*peer.address);
  const auto found = members.find(peer.id);
  return found == members.end() ? std::string() : text_or_empty(found->second.address);
}

std::string path_text(const MembersById& members, const node::PeerRow& peer) {
  if (peer.direct) return "direct";
  return "via " + (peer.relay ? name_of(members, *peer.relay) : std::string("a member"));
}

void write_human(const Output& output, const node::PeersAnswer& answer, const MembersById& members) {
  std::ostream& out = output.streams.out;
  if (answer.peers.empty()) {
    out << "alone: no link to another member yet\n";
    return;
  }
  cli::Table table({{"NAME"},
                    {"ADDRESS"},
                    {"ID"},
                    {"PATH"},
                    {"ENDPOINT"},
                    {"RTT", cli::Align::right},
                    {"ROLES"},
                    {"AGE", cli::Align::right},
                    {"SENT", cli::Align::right},
                    {"RECEIVED", cli::Align::right}});
  for (const node::PeerRow& peer : answer.peers) {
    table.add_row({name_of(members, peer.id), address_of(members, peer), to_short_string(peer.id),
                   path_text(members, peer), text_or_empty(peer.endpoint),
                   peer.round_trip.count() > 0 ? cli::human_duration(peer.round_trip) : "", joined(peer.roles),
                   cli::human_duration(peer.age), cli::human_octets(peer.octets_sent),
                   cli::human_octets(peer.octets_received)});
  }
  table.count_as("links");
  table.write_human(out, cli::screen_of(output.streams, output.options.color));
  cli::Table reasons({{"RELAYED"}, {"WHY"}});
  for (const node::PeerRow& peer : answer.peers)
    if (!peer.direct) reasons.add_row({name_of(members, peer.id), peer.reason});
  if (reasons.empty()) return;
  out << '\n';
  reasons.write_human(out, cli::screen_of(output.streams, output.options.color));
}

/// Columns and their order are frozen by the man page.
void write_plain(const Output& output, const node::PeersAnswer& answer, const MembersById& members) {
  cli::Table table({{"id"},
                    {"address"},
                    {"path"},
                    {"endpoint"},
                    {"relay"},
                    {"roles"},
                    {"round_trip_us"},
                    {"age_s"},
                    {"idle_ms"},
                    {"octets_sent"},
                    {"octets_received"},
                    {"reason"},
                    {"name"}});
  for (const node::PeerRow& peer : answer.peers) {
    const auto member = members.find(peer.id);
    table.add_row({to_string(peer.id), address_of(members, peer), peer.direct ? "direct" : "relayed",
                   text_or_empty(peer.endpoint), text_or_empty(peer.relay), joined(peer.roles),
                   std::to_string(peer.round_trip.count()), std::to_string(peer.age.count()),
                   std::to_string(peer.idle.count()), std::to_string(peer.octets_sent),
                   std::to_string(peer.octets_received), peer.reason,
                   member == members.end() ? "" : member->second.name});
  }
  table.write_plain(output.streams.out);
}

}  // namespace

ExitStatus show_peers(const Output& output, const node::PeersAnswer& answer, const node::MembersAnswer& members) {
  MembersById by_id;
  for (const node::MemberRow& member : members.members)
    by_id[member.id] = member;
  if (output.options.json) {
    output.streams.out << control::to_json(node::Answer(answer)) << '\n';
  } else if (output.options.plain) {
    write_plain(output, answer, by_id);
  } else {
    write_human(output, answer, by_id);
  }
  return ExitStatus::done;
}

}  // namespace ipop::ipop_ctl
