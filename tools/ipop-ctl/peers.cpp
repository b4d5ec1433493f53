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

std::string path_text(const node::PeerRow& peer) {
  if (peer.direct) return "direct";
  return "via " + (peer.relay ? to_short_string(*peer.relay) : std::string("a member"));
}

void write_human(const Output& output, const node::PeersAnswer& answer) {
  std::ostream& out = output.streams.out;
  if (answer.peers.empty()) {
    out << "no links yet\n";
    return;
  }
  cli::Table table({{"ID"},
                    {"ADDRESS"},
                    {"PATH"},
                    {"ENDPOINT"},
                    {"RTT", cli::Align::right},
                    {"ROLES"},
                    {"AGE", cli::Align::right},
                    {"SENT", cli::Align::right},
                    {"RECEIVED", cli::Align::right}});
  for (const node::PeerRow& peer : answer.peers) {
    table.add_row({to_short_string(peer.id), text_or_empty(peer.address), path_text(peer), text_or_empty(peer.endpoint),
                   peer.round_trip.count() > 0 ? cli::human_duration(peer.round_trip) : "", joined(peer.roles),
                   cli::human_duration(peer.age), cli::human_octets(peer.octets_sent),
                   cli::human_octets(peer.octets_received)});
  }
  table.write_human(out, cli::use_color(output.streams, output.options.color));
  cli::Table reasons({{"RELAYED"}, {"WHY"}});
  for (const node::PeerRow& peer : answer.peers)
    if (!peer.direct) reasons.add_row({to_short_string(peer.id), peer.reason});
  if (reasons.empty()) return;
  out << '\n';
  reasons.write_human(out, cli::use_color(output.streams, output.options.color));
}

/// Columns and their order are frozen by the man page.
void write_plain(const Output& output, const node::PeersAnswer& answer) {
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
                    {"reason"}});
  for (const node::PeerRow& peer : answer.peers) {
    table.add_row({to_string(peer.id), text_or_empty(peer.address), peer.direct ? "direct" : "relayed",
                   text_or_empty(peer.endpoint), text_or_empty(peer.relay), joined(peer.roles),
                   std::to_string(peer.round_trip.count()), std::to_string(peer.age.count()),
                   std::to_string(peer.idle.count()), std::to_string(peer.octets_sent),
                   std::to_string(peer.octets_received), peer.reason});
  }
  table.write_plain(output.streams.out);
}

}  // namespace

ExitStatus show_peers(const Output& output, const node::PeersAnswer& answer) {
  if (output.options.json) {
    output.streams.out << control::to_json(node::Answer(answer)) << '\n';
  } else if (output.options.plain) {
    write_plain(output, answer);
  } else {
    write_human(output, answer);
  }
  return ExitStatus::done;
}

}  // namespace ipop::ipop_ctl
