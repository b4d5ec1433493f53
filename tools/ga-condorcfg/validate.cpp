#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "cli/human.hpp"
#include "cli/json_writer.hpp"
#include "cli/progress.hpp"
#include "cli/table.hpp"
#include "condor/condor_program.hpp"
#include "condor/pool_tests.hpp"
#include "condor_place.hpp"
#include "io/file.hpp"
#include "io/process.hpp"
#include "io/system_clock.hpp"
#include "validation/verdicts.hpp"
#include "verbs.hpp"

namespace ipop::ga_condorcfg {
namespace {

using cli::ExitStatus;
using condor::TestRow;
using Kind = validation::TestOutcome::Kind;

/// HTCondor may still write into the folder of jobs that have ended. The reason why it is left; none when it is gone.
std::error_code remove_folder(const std::string& directory) {
  constexpr Duration limit = 10s;
  constexpr Duration pause = 100ms;
  std::error_code error;
  for (const TimePoint end = io::monotonic_now() + limit;; std::this_thread::sleep_for(pause)) {
    std::filesystem::remove_all(directory, error);
    if (!error || io::monotonic_now() >= end) return error;
  }
}

std::string_view word_of(Kind kind) {
  switch (kind) {
    case Kind::passed: return "passed";
    case Kind::failed: return "FAILED";
    case Kind::not_run: return "not run";
  }
  return {};
}

std::string seconds_of(Duration time) {
  const auto tenths = std::chrono::duration_cast<std::chrono::milliseconds>(time).count() / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

void write_rows(const Context& context, const std::vector<TestRow>& rows) {
  std::ostream& out = context.streams.out;
  if (context.options.output.json) {
    cli::JsonWriter json("ga-condorcfg.validate/1");
    json.begin_array("tests");
    for (const TestRow& row : rows) {
      json.begin_element();
      json.field("test", row.name);
      json.field("result", row.outcome.kind == Kind::failed ? "failed" : word_of(row.outcome.kind));
      json.field("seconds", std::chrono::duration<double>(row.time).count());
      json.field("detail", row.outcome.detail);
      json.end();
    }
    json.end();
    out << json.text() << '\n';
    return;
  }
  cli::Table table({{"TEST"}, {"RESULT"}, {"SECONDS", cli::Align::right}, {"DETAIL"}});
  for (const TestRow& row : rows)
    table.add_row({row.name, std::string(word_of(row.outcome.kind)), seconds_of(row.time), row.outcome.detail});
  if (context.options.output.plain)
    table.write_plain(out);
  else
    table.write_human(out, cli::screen_of(context.streams, context.options.output.color));
}

}  // namespace

ExitStatus carry_out(const Context& context, const ValidatePool& verb) {
  if (!validation::is_host_name(verb.wishes.worker)) {
    cli::complain(context.streams, tool, "--worker: a machine's name has only letters, digits, . and -");
    return ExitStatus::usage;
  }
  if (const auto version = condor::run_condor({"condor_version"}); !version)
    return report_condor_error(context, version.error());
  if (io::is_root()) {
    cli::complain(context.streams, tool, "HTCondor takes no jobs of root");
    cli::suggest(context.streams, "runuser -u USER -- ga-condorcfg validate");
    return ExitStatus::permission;
  }
  std::error_code error;
  const bool is_own = verb.directory.empty();
  const std::string name = is_own ? "ga-validate-" + std::to_string(io::wall_time_now().seconds) : verb.directory;
  const std::string directory = std::filesystem::absolute(name, error).string();
  if (auto made = io::make_directories(directory, 0755); !made) return report_file_error(context, made.error());

  cli::Progress progress(context.streams);
  const auto [rows, fault] =
      condor::run_tests({verb.wishes, directory, [&](const std::string& text) { progress.show(text); }});
  progress.clear();
  write_rows(context, rows);
  const bool has_failed =
      std::ranges::any_of(rows, [](const TestRow& row) { return row.outcome.kind == Kind::failed; });
  if (fault) {
    cli::complain(context.streams, tool, fault->what);
    cli::suggest(context.streams, fault->next);
  } else if (has_failed) {
    cli::suggest(context.streams, "look at the jobs' logs in " + directory);
  }
  if (is_own && !has_failed) {
    if (const std::error_code left = remove_folder(directory))
      cli::complain(context.streams, tool, directory + " is left: " + left.message());
  }
  return has_failed || fault ? ExitStatus::no : ExitStatus::done;
}

}  // namespace ipop::ga_condorcfg
