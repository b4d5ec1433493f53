#include "cli/human.hpp"
#include "cli/text.hpp"
#include "control/rpc.hpp"
#include "member_names.hpp"
#include "verbs.hpp"
#include "words.hpp"

namespace ipop::ipop_ctl {
namespace {

using cli::ExitStatus;

std::string candidates_text(const std::vector<net::Endpoint>& candidates) {
  std::string out;
  for (const net::Endpoint& endpoint : candidates)
    out += (out.empty() ? "" : ", ") + to_string(endpoint);
  return out;
}

void write_human(std::ostream& out, const node::WhyAnswer& answer, const MemberNames& names) {
  const auto line = [&](std::string_view title, const std::string& text) {
    if (!text.empty()) out << title << std::string(12 - title.size(), ' ') << cli::printable(text) << '\n';
  };
  line("node", to_string(answer.id) + (answer.address ? " at " + to_string(*answer.address) : ""));
  line("state", answer.state);
  if (answer.gone)
    line("gone", "since " + cli::utc_text(answer.gone->last_seen) +
                     (answer.gone->why == node::Absence::revoked ? ": the authority revoked it" : ": it stopped"));
  line("reason", names.in_words(answer.reason));
  for (const std::string& notice : answer.notices)
    line("notice", notice);
  if (answer.state == "self") return;
  if (answer.report.connection && answer.report.connection->round_trip.count() > 0)
    line("round trip", cli::human_duration(std::chrono::duration_cast<std::chrono::microseconds>(
                           answer.report.connection->round_trip)));
  if (const auto& connection = answer.report.connection)
    line("packets", (connection->is_failing ? std::string("none of the size of data at present")
                                            : "up to " + std::to_string(connection->carries) + " octets") +
                        ", sealed with " + sealing_text(connection->suite, answer.library));
  line("our NAT", std::string(nat_text(answer.report.own_nat)));
  line("its NAT", std::string(nat_text(answer.report.peer_nat)));
  line("candidates", candidates_text(answer.report.peer_candidates));
  line("attempts", std::to_string(answer.report.punch_attempts));
  line("next hop", answer.report.next_hop ? names.name_of(*answer.report.next_hop) : "");
  for (const auto& [age, text] : answer.journal)
    out << "  " << cli::human_duration(age) << " ago: " << cli::printable(names.in_words(text)) << '\n';
}

/// Keys and their order are frozen by the man page.
void write_plain(std::ostream& out, const node::WhyAnswer& answer) {
  out << "id\t" << to_string(answer.id) << "\naddress\t" << text_or_empty(answer.address) << "\nstate\t"
      << cli::printable(answer.state) << "\nreason\t" << cli::printable(answer.reason) << "\nown_nat\t"
      << nat_word(answer.report.own_nat) << "\npeer_nat\t" << nat_word(answer.report.peer_nat) << "\npunch_attempts\t"
      << answer.report.punch_attempts << "\nnext_hop\t" << text_or_empty(answer.report.next_hop) << '\n';
  const auto& connection = answer.report.connection;
  out << "carries\t" << (connection && !connection->is_failing ? std::to_string(connection->carries) : "")
      << "\nsuite\t" << (connection ? to_string(connection->suite) : "") << "\ngone\t"
      << (answer.gone ? std::to_string(answer.gone->last_seen.seconds) : "") << "\nlibrary\t" << answer.library << '\n';
  for (const std::string& notice : answer.notices)
    out << "notice\t" << cli::printable(notice) << '\n';
  for (const auto& [age, text] : answer.journal)
    out << "journal\t" << age.count() << '\t' << cli::printable(text) << '\n';
}

}  // namespace

ExitStatus show_why(const Output& output, const node::WhyAnswer& answer, const node::MembersAnswer& members) {
  if (output.options.json) {
    output.streams.out << control::to_json(node::Answer(answer)) << '\n';
  } else if (output.options.plain) {
    write_plain(output.streams.out, answer);
  } else {
    write_human(output.streams.out, answer, MemberNames(members));
  }
  return answer.state == "unknown" ? ExitStatus::no : ExitStatus::done;
}

}  // namespace ipop::ipop_ctl
