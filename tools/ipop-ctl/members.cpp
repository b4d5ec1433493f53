#include <algorithm>

#include "cli/human.hpp"
#include "cli/table.hpp"
#include "control/rpc.hpp"
#include "verbs.hpp"
#include "words.hpp"

namespace ipop::ipop_ctl {
namespace {

using cli::ExitStatus;

std::string_view absence_text(node::Absence why) {
  switch (why) {
    case node::Absence::stopped: return "stopped";
    case node::Absence::revoked: return "revoked";
    case node::Absence::lost: break;
  }
  return "lost";
}

void write_members(const Output& output, const node::MembersAnswer& answer) {
  cli::Table table({{"NAME"}, {"ADDRESS"}, {"ID"}, {"NAT"}, {"LINKS", cli::Align::right}, {"VERSION"}});
  for (const node::MemberRow& member : answer.members) {
    const bool silent = !member.answered;
    // Neighbours name it for a while: it stands below, with what is known of its end.
    if (silent && std::ranges::find(answer.gone, member.id, &node::GoneRow::id) != answer.gone.end()) continue;
    table.add_row({member.name, text_or_empty(member.address), to_short_string(member.id),
                   silent ? "silent" : std::string(nat_text(member.nat)), silent ? "" : std::to_string(member.links),
                   member.version});
  }
  table.count_as("members");
  table.write_human(output.streams.out, cli::screen_of(output.streams, output.options.color));
}

void write_gone(const Output& output, const node::MembersAnswer& answer) {
  if (answer.gone.empty()) {
    output.streams.out << "\nNo member has left so far.\n";
    return;
  }
  cli::Table table({{"GONE"}, {"ADDRESS"}, {"ID"}, {"LAST SEEN"}, {"WHY"}});
  for (const node::GoneRow& member : answer.gone) {
    table.add_row({member.name, text_or_empty(member.address), to_short_string(member.id),
                   cli::utc_text(member.last_seen), std::string(absence_text(member.why))});
  }
  output.streams.out << '\n';
  table.count_as("members that are gone");
  table.write_human(output.streams.out, cli::screen_of(output.streams, output.options.color));
}

/// Columns and their order are frozen by the man page.
void write_plain(const Output& output, const node::MembersAnswer& answer, bool all) {
  if (all) {
    cli::Table table({{"id"}, {"address"}, {"name"}, {"state"}, {"last_seen"}});
    for (const node::MemberRow& member : answer.members) {
      table.add_row(
          {to_string(member.id), text_or_empty(member.address), member.name, member.answered ? "here" : "silent", ""});
    }
    for (const node::GoneRow& member : answer.gone) {
      table.add_row({to_string(member.id), text_or_empty(member.address), member.name,
                     std::string(absence_text(member.why)), cli::utc_text(member.last_seen)});
    }
    return table.write_plain(output.streams.out);
  }
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

ExitStatus show_members(const Output& output, const node::MembersAnswer& answer, bool all) {
  if (output.options.json) {
    output.streams.out << control::to_json(node::Answer(answer)) << '\n';
  } else if (output.options.plain) {
    write_plain(output, answer, all);
  } else {
    write_members(output, answer);
    if (all) write_gone(output, answer);
  }
  if (answer.complete) return ExitStatus::done;
  cli::complain(output.streams, tool,
                "the walk is incomplete: more members than --limit, or the "
                "ring is being repaired");
  return ExitStatus::partly;
}

}  // namespace ipop::ipop_ctl
