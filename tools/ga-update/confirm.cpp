#include "cli/text.hpp"
#include "io/file.hpp"
#include "layerstore/layer_store.hpp"
#include "state_watch.hpp"
#include "update_files.hpp"

namespace ipop::ga_update {
namespace {

using cli::ExitStatus;
using updates::State;

// Another program that works in the store is soon done, unless it copies a large image.
constexpr Duration lock_limit = std::chrono::minutes(5);

/// Takes the update from the step that was judged to `next`, and finishes it where that says so. Error: conflict,
/// another process took it to another step meanwhile.
Result<void> go_on(const Context& context, const updates::Journal& judged, const updates::Journal& next) {
  auto lock = open_for_update(context, lock_limit);
  if (!lock) return std::move(lock).error();
  if (auto stepped = step_on(context, judged, next); !stepped) return stepped;
  if (next.state != State::content && next.state != State::restored) return {};
  return finish_update(context, next);
}

ExitStatus finish_and_say(const Context& context, const updates::Journal& judged, const updates::Journal& next) {
  if (auto done = go_on(context, judged, next); !done) return report_error(context, done.error());
  if (next.state == State::content) {
    context.streams.err << title(next.change) << " is content and in use\n";
    return ExitStatus::done;
  }
  context.streams.err << "The machine went back from " << title(next.change) << ": " << next.reason << '\n';
  return ExitStatus::no;
}

ExitStatus go_back(const Context& context, const updates::Journal& journal, const std::string& reason,
                   bool no_restart) {
  const auto back = updates::when_given_up(journal, reason);
  if (!back) return report_error(context, back.error());
  if (auto saved = go_on(context, journal, *back); !saved) return report_error(context, saved.error());
  context.streams.err << title(journal.change) << " is given up (" << back->reason
                      << (no_restart ? "): the next restart puts the old state back\n"
                                     : "): the machine restarts to put the old state back\n");
  if (no_restart) return ExitStatus::no;
  if (auto restarted = restart_machine(); !restarted) return report_error(context, restarted.error());
  return ExitStatus::no;
}

/// None: while it was tried, another process took the update to another step.
std::optional<ExitStatus> try_it(const Context& context, const updates::Journal& journal) {
  const auto say = [&](const std::string& awaited) {
    context.streams.err << title(journal.change) << " is tried: " << awaited << '\n';
    context.streams.err.flush();
  };
  const auto content = wait_until_content(context, journal.wants, journal.limit, say);
  const auto present = load_journal(context);
  if (!present) return report_error(context, present.error());
  if (*present != journal) return std::nullopt;
  if (!content) return go_back(context, journal, content.error().message(), false);
  const auto next = updates::when_content(journal);
  if (!next) return report_error(context, next.error());
  return finish_and_say(context, journal, *next);
}

/// The journal, unless there is none or it can't be read, which has been said.
std::optional<updates::Journal> journal_or_say(const Context& context, ExitStatus& status) {
  auto journal = load_journal(context);
  if (!journal) {
    status = report_error(context, journal.error());
    if (status == ExitStatus::no) status = ExitStatus::bad_config;
    return std::nullopt;
  }
  if (!*journal) context.streams.err << "No update is under way\n";
  status = ExitStatus::done;
  return *std::move(journal);
}

}  // namespace

ExitStatus carry_out(const Context& context, const Confirm&) {
  ExitStatus status = ExitStatus::done;
  const auto journal = journal_or_say(context, status);
  if (!journal) return status;
  const std::string boot = word_of_boot(context);
  if (context.options.dry_run) {
    context.streams.out << title(journal->change) << ' ' << to_string(journal->state) << '\n';
    return ExitStatus::done;
  }
  switch (journal->state) {
    case State::prepared:
      context.streams.err << title(journal->change) << " is prepared, and was not tried by this boot\n";
      return ExitStatus::done;
    case State::trying:
      if (boot == "trying") {
        if (const auto tried = try_it(context, *journal)) return *tried;
        return carry_out(context, Confirm{});
      }
      context.streams.err << title(journal->change) << " is on trial, and not by this boot\n";
      return ExitStatus::done;
    case State::content:
    case State::restored: return finish_and_say(context, *journal, *journal);
    case State::back:
      context.streams.err << title(journal->change) << " is given up: the next restart puts the old state back\n";
      return ExitStatus::no;
  }
  return ExitStatus::no;
}

ExitStatus carry_out(const Context& context, const Back& verb) {
  ExitStatus status = ExitStatus::done;
  const auto journal = journal_or_say(context, status);
  if (!journal) return status;
  if (context.options.dry_run) {
    context.streams.out << "give up " << title(journal->change)
                        << (journal->state == State::trying ? ", and restart\n" : "\n");
    return ExitStatus::done;
  }
  // What no boot has tried is just forgotten.
  if (journal->state == State::prepared) {
    auto given_up = updates::when_given_up(*journal, "somebody gave it up");
    if (!given_up) return report_error(context, given_up.error());
    given_up->state = State::restored;
    const ExitStatus gone = finish_and_say(context, *journal, *given_up);
    return gone == ExitStatus::no ? ExitStatus::done : gone;
  }
  if (journal->state == State::trying) {
    const ExitStatus gone = go_back(context, *journal, "somebody gave it up", verb.no_restart);
    return gone == ExitStatus::no ? ExitStatus::done : gone;
  }
  cli::complain(
      context.streams, tool,
      title(journal->change) + " is " + std::string(to_string(journal->state)) + ": ga-update confirm finishes it");
  return ExitStatus::no;
}

}  // namespace ipop::ga_update
