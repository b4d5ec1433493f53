#include "cli/human.hpp"
#include "cli/table.hpp"
#include "control/rpc.hpp"
#include "member_names.hpp"
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

/// A link knows its peer's address only once packets went over it.
std::string address_of(const MemberNames& members, const node::PeerRow& peer) {
  if (peer.address) return to_string(*peer.address);
  const node::MemberRow* member = members.find(peer.id);
  return member == nullptr ? std::string() : text_or_empty(member->address);
}

std::string path_text(const MemberNames& members, const node::PeerRow& peer) {
  if (peer.direct) return "direct";
  return "via " + (peer.relay ? members.name_of(*peer.relay) : std::string("a member"));
}

void write_human(const Output& output, const node::PeersAnswer& answer, const MemberNames& members) {
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
    table.add_row({members.name_of(peer.id), address_of(members, peer), to_short_string(peer.id),
                   path_text(members, peer), text_or_empty(peer.endpoint),
                   peer.round_trip.count() > 0 ? cli::human_duration(peer.round_trip) : "", joined(peer.roles),
                   cli::human_duration(peer.age), cli::human_octets(peer.octets_sent),
                   cli::human_octets(peer.octets_received)});
  }
  table.count_as("links");
  table.write_human(out, cli::screen_of(output.streams, output.options.color));
  cli::Table reasons({{"RELAYED"}, {"WHY"}});
  for (const node::PeerRow& peer : answer.peers)
    if (!peer.direct) reasons.add_row({members.name_of(peer.id), members.in_words(peer.reason)});
  if (reasons.empty()) return;
  out << '\n';
  reasons.write_human(out, cli::screen_of(output.streams, output.options.color));
}

/// Columns and their order are frozen by the man page.
void write_plain(const Output& output, const node::PeersAnswer& answer, const MemberNames& members) {
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
    const node::MemberRow* member = members.find(peer.id);
    table.add_row({to_string(peer.id), address_of(members, peer), peer.direct ? "direct" : "relayed",
                   text_or_empty(peer.endpoint), text_or_empty(peer.relay), joined(peer.roles),
                   std::to_string(peer.round_trip.count()), std::to_string(peer.age.count()),
                   std::to_string(peer.idle.count()), std::to_string(peer.octets_sent),
                   std::to_string(peer.octets_received), peer.reason, member == nullptr ? "" : member->name});
  }
  table.write_plain(output.streams.out);
}

}  // namespace

ExitStatus show_peers(const Output& output, const node::PeersAnswer& answer, const node::MembersAnswer& members) {
  const MemberNames names(members);
  if (output.options.json) {
    output.streams.out << control::to_json(node::Answer(answer)) << '\n';
  } else if (output.options.plain) {
    write_plain(output, answer, names);
  } else {
    write_human(output, answer, names);
  }
  return ExitStatus::done;
}

}  // namespace ipop::ipop_ctl
