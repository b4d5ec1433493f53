#include "cli/human.hpp"
#include "cli/json_writer.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "io/file.hpp"
#include "io/system_clock.hpp"
#include "update_files.hpp"

namespace ipop::ga_update {
namespace {

using cli::ExitStatus;
using updates::State;

std::string words_of(const updates::Journal& journal) {
  switch (journal.state) {
    case State::prepared: return "prepared: the next restart tries it";
    case State::trying: return "on trial; boots left: " + std::to_string(journal.boots);
    case State::content: return "content: ga-update confirm writes that down";
    case State::back: return "given up: the next restart puts the old state back";
    case State::restored: return "the old state is back: ga-update confirm writes that down";
  }
  return {};
}

void add_change(cli::JsonWriter& json, const updates::Change& change) {
  json.field("kind", to_string(change.kind));
  json.field("name", change.name);
  json.field("from", change.from);
  json.field("to", change.to);
}

ExitStatus report_damage(const Context& context, const Error& error) {
  const ExitStatus status = report_error(context, error);
  return status == ExitStatus::no ? ExitStatus::bad_config : status;
}

void show_update(const Context& context, const updates::Journal& journal, const std::string& hold) {
  cli::JsonWriter json("ga-update.status/1");
  json.begin_object("update");
  json.field("state", to_string(journal.state));
  add_change(json, journal.change);
  json.field("begun", cli::utc_text(journal.begun));
  json.field("boots_left", journal.boots);
  json.field("limit_s", journal.limit.count());
  json.field("wants", to_string(journal.wants));
  json.field("reason", journal.reason);
  json.end();
  json.field("hold", hold);
  context.streams.out << json.text() << '\n';
}

}  // namespace

ExitStatus carry_out(const Context& context, const ShowStatus&) {
  const auto journal = load_journal(context);
  if (!journal) return report_damage(context, journal.error());
  const auto hold = load_hold(context);
  if (!hold) return report_damage(context, hold.error());
  const std::string held = !*hold ? std::string() : (*hold)->empty() ? "no reason was given" : **hold;
  std::ostream& out = context.streams.out;
  if (context.options.output.json) {
    if (*journal) {
      show_update(context, **journal, held);
      return ExitStatus::done;
    }
    cli::JsonWriter json("ga-update.status/1");
    json.null("update");
    json.field("hold", held);
    out << json.text() << '\n';
    return ExitStatus::done;
  }
  if (context.options.output.plain) {
    if (*journal) {
      out << to_string((*journal)->state) << '\t' << subject((*journal)->change) << '\t' << (*journal)->change.from
          << '\t' << (*journal)->change.to << '\t' << (*journal)->boots << '\t' << (*journal)->reason << '\n';
    }
    return ExitStatus::done;
  }
  if (*journal) {
    const updates::Change& change = (*journal)->change;
    out << subject(change) << ' ' << change.from << " -> " << change.to << ", begun "
        << cli::utc_text((*journal)->begun) << "\n  " << words_of(**journal) << '\n';
    if (!(*journal)->reason.empty()) out << "  why: " << (*journal)->reason << '\n';
  } else {
    context.streams.err << "No update is under way\n";
  }
  if (*hold) out << "updates are on hold: " << cli::printable(held) << '\n';
  return ExitStatus::done;
}

ExitStatus carry_out(const Context& context, const ShowHistory&) {
  const auto history = load_history(context);
  if (!history) return report_damage(context, history.error());
  if (context.options.output.json) {
    cli::JsonWriter json("ga-update.history/1");
    json.begin_array("updates");
    for (const updates::Ended& one : *history) {
      json.begin_element();
      add_change(json, one.change);
      json.field("begun", cli::utc_text(one.begun));
      json.field("ended", cli::utc_text(one.ended));
      json.field("content", one.content);
      json.field("reason", one.reason);
      json.end();
    }
    json.end();
    context.streams.out << json.text() << '\n';
    return ExitStatus::done;
  }
  cli::Table table({{"ENDED"}, {"WHAT"}, {"FROM", cli::Align::right}, {"TO", cli::Align::right}, {"OUTCOME"}, {"WHY"}});
  for (const updates::Ended& one : *history)
    table.add_row({cli::utc_text(one.ended), subject(one.change), std::to_string(one.change.from),
                   std::to_string(one.change.to), one.content ? "content" : "went back", one.reason});
  if (context.options.output.plain)
    table.write_plain(context.streams.out);
  else if (!table.empty())
    table.write_human(context.streams.out, cli::screen_of(context.streams, context.options.output.color));
  else
    context.streams.err << "No update has ended yet\n";
  return ExitStatus::done;
}

ExitStatus carry_out(const Context& context, const Hold& verb) {
  const UpdateFiles files(context);
  if (context.options.dry_run) {
    context.streams.out << "write " << files.hold() << '\n';
    return ExitStatus::done;
  }
  // One line, whatever was typed.
  const std::string reason = cli::printable(verb.reason);
  const auto lock = open_for_update(context);
  if (!lock) return report_error(context, lock.error());
  auto done = io::make_directories(files.directory, 0755);
  if (done) done = io::write_file_atomically(files.hold(), reason + '\n', 0644);
  if (!done) return report_error(context, done.error());
  context.streams.err << "No update is taken until ga-update unhold\n";
  return ExitStatus::done;
}

ExitStatus carry_out(const Context& context, const Unhold&) {
  const UpdateFiles files(context);
  if (context.options.dry_run) {
    if (io::exists(files.hold())) context.streams.out << "remove " << files.hold() << '\n';
    return ExitStatus::done;
  }
  const auto lock = open_for_update(context);
  if (!lock) return report_error(context, lock.error());
  if (io::exists(files.hold())) {
    if (auto removed = io::remove_file(files.hold()); !removed) return report_error(context, removed.error());
  }
  context.streams.err << "Updates are taken again\n";
  return ExitStatus::done;
}

}  // namespace ipop::ga_update
