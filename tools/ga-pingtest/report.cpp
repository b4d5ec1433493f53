#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include "cli/rights.hpp"
#include "collect.hpp"
#include "io/appended_file.hpp"
#include "io/file.hpp"
#include "io/system_clock.hpp"
#include "log_files.hpp"
#include "pings/ping_matrix.hpp"
#include "pings/ping_words.hpp"
#include "report_output.hpp"
#include "verbs.hpp"

namespace ipop::ga_pingtest {
namespace {

using cli::ExitStatus;

// Above what two full logs hold; a longer file is read from its end.
constexpr std::uint64_t max_file_octets = std::uint64_t{256} << 20U;
// More failures are counted only.
constexpr std::size_t most_failures = 5;

/// Reads the logs that the options name, and says what could not be read.
class LogReading {
 public:
  LogReading(const Context& context, const ShowReport& verb)
      : context_(context), verb_(verb), report_(since_of(verb)) {}

  /// None: go on.
  std::optional<ExitStatus> read_all() {
    if (verb_.collect) {
      const auto collection = collect_logs(context_, verb_.port, report_);
      if (!collection) return tools::report_node_error(context_.streams, tool, collection.error(), context_.socket);
      for (const std::string& line : collection->failed)
        complain_of(line);
    }
    for (const std::string& name : verb_.files)
      read(name);
    // This machine's own, which nobody is asked for.
    const bool only_own = verb_.files.empty() && !verb_.collect;
    if (verb_.files.empty() && (only_own || io::exists(context_.log))) add(read_log(context_.log, max_file_octets));
    if (counts_.failed > most_failures)
      cli::complain(context_.streams, tool,
                    "and " + std::to_string(counts_.failed - most_failures) + " more logs could not be fetched");
    return std::nullopt;
  }

  pings::PingReport& report() { return report_; }
  LogCounts counts() {
    counts_.lines = report_.counters().get("ping_lines");
    counts_.dropped = report_.dropped();
    return counts_;
  }

 private:
  static WallTime since_of(const ShowReport& verb) {
    return verb.since.count() == 0 ? WallTime{0} : io::wall_time_now() - verb.since;
  }

  void complain_of(const std::string& line) {
    if (++counts_.failed <= most_failures) cli::complain(context_.streams, tool, line);
  }

  void add(const Result<std::string>& text) {
    if (text) {
      report_.add(*text);
    } else {
      complain_of(text.error().message());
    }
  }

  void read(const std::string& name) {
    if (name == "-") {
      std::string text;
      char c = 0;
      while (text.size() < max_file_octets && context_.streams.in.get(c))
        text.push_back(c);
      report_.add(text);
      return;
    }
    const auto files = files_of(name);
    if (!files) return complain_of(files.error().message());
    for (const std::string& file : *files) {
      // A pipe, as in `<(zcat ...)`, has no end to begin from.
      std::error_code unknown;
      add(std::filesystem::is_fifo(file, unknown) ? io::read_file(file, max_file_octets)
                                                  : io::read_end_of_file(file, max_file_octets));
    }
  }

  const Context& context_;
  const ShowReport& verb_;
  pings::PingReport report_;
  LogCounts counts_;
};

/// Where loss is, the node of the member that pinged knows by which way its packets go.
void suggest_look(const Context& context, const pings::PingSummary& summary) {
  const auto worst = summary.worst(1);
  if (worst.empty()) return;
  const pings::PingMember& from = summary.members[worst.front()->from].member;
  const pings::PingMember& to = summary.members[worst.front()->to].member;
  const std::string whom = pings::address_of(to);
  cli::suggest(context.streams, "on the machine " + (from.name.empty() ? to_string(from.id).substr(0, 8) : from.name) +
                                    ": ipop-ctl why " + (whom.empty() ? to_string(to.id).substr(0, 8) : whom));
}

}  // namespace

ExitStatus carry_out(const Context& context, const ShowReport& verb) {
  LogReading reading(context, verb);
  if (const auto status = reading.read_all()) return *status;
  const pings::PingSummary summary = reading.report().take_summary();
  const LogCounts counts = reading.counts();
  if (counts.dropped > 0)
    cli::complain(context.streams, tool,
                  pings::with_commas(counts.dropped) +
                      " lines of logs were left out: not understood, in another "
                      "member's name, or above the bounds");
  if (summary.pairs.empty()) {
    cli::complain(context.streams, tool, "no run is logged");
    if (counts.failed == 0) cli::suggest(context.streams, "ga-pingtest run");
    return ExitStatus::no;
  }
  if (!verb.svg.empty()) {
    const std::string picture = to_svg(summary);
    if (verb.svg == "-") {
      context.streams.out << picture;
    } else if (auto written = io::write_file_atomically(verb.svg, picture, 0644); !written) {
      cli::complain(context.streams, tool, written.error().message());
      if (!cli::is_refused(written.error().code)) return ExitStatus::no;
      cli::suggest_root(context.streams);
      return ExitStatus::permission;
    }
  }
  // The picture takes the place of the table where both would go to stdout.
  if (verb.svg != "-") write_report(context, verb, summary, counts);
  const cli::OutputOptions& form = context.options.output;
  if (!form.json && !form.plain && verb.svg != "-") suggest_look(context, summary);
  if (summary.pairs_lost_throughout > 0) return ExitStatus::no;
  return counts.failed > 0 ? ExitStatus::partly : ExitStatus::done;
}

}  // namespace ipop::ga_pingtest
