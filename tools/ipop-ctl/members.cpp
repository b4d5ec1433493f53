#include "cli/table.hpp"
#include "control/rpc.hpp"
#include "verbs.hpp"
#include "words.hpp"

namespace ipop::ipop_ctl {
namespace {

using cli::ExitStatus;

void write_human(const Output& output, const node::MembersAnswer& answer) {
  cli::Table table({{"NAME"}, {"ADDRESS"}, {"ID"}, {"NAT"}, {"LINKS", cli::Align::right}, {"VERSION"}});
  for (const node::MemberRow& member : answer.members) {
    const bool silent = !member.answered;
    table.add_row({member.name, text_or_empty(member.address), to_short_string(member.id),
                   silent ? "silent" : std::string(nat_text(member.nat)), silent ? "" : std::to_string(member.links),
                   member.version});
  }
  table.write_human(output.streams.out, cli::use_color(output.streams, output.options.color));
}

/// Columns and their order are frozen by the man page.
void write_plain(const Output& output, const node::MembersAnswer& answer) {
  cli::Table table(
      {{"id"}, {"address"}, {"name"}, {"nat"}, {"links"}, {"version"}, {"address_after_ms"}, {"answered"}});
  for (const node::MemberRow& member : answer.members) {
    table.add_row({to_string(member.id), text_or_empty(member.address), member.name, std::string(nat_word(member.nat)),
                   std::to_string(member.links), member.version, std::to_string(member.address_after.count()),
                   member.answered ? "yes" : "no"});
  }
  table.write_plain(output.streams.out);
}

}  // namespace

ExitStatus show_members(const Output& output, const node::MembersAnswer& answer) {
  if (output.options.json) {
    output.streams.out << control::to_json(node::Answer(answer)) << '\n';
  } else if (output.options.plain) {
    write_plain(output, answer);
  } else {
    write_human(output, answer);
  }
  if (answer.complete) return ExitStatus::done;
  cli::complain(output.streams, tool,
                "the walk is incomplete: more members than --limit, or the "
                "ring is being repaired");
  return ExitStatus::partly;
}

}  // namespace ipop::ipop_ctl
