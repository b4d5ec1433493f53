#include "report_output.hpp"

#include <array>
#include <string>
#include <vector>

#include "cli/json_writer.hpp"
#include "cli/table.hpp"
#include "pings/ping_words.hpp"

namespace ipop::ga_pingtest {
namespace {

using pings::PingPair;
using pings::pings_a_run;
using pings::PingSummary;

/// A row of the original's table: key for scripts, title for people.
struct Row {
  std::string_view key{};
  std::string_view title{};
  std::uint64_t count = 0;
  std::uint64_t of = 0;
};

std::array<Row, 6> rows(const PingSummary& summary) {
  return {{{"runs", "Runs", summary.runs, summary.runs},
           {"loss_0", "0 % loss", summary.by_received[3], summary.runs},
           {"loss_33", "33 % loss", summary.by_received[2], summary.runs},
           {"loss_66", "66 % loss", summary.by_received[1], summary.runs},
           {"loss_100", "100 % loss", summary.by_received[0], summary.runs},
           {"pairs_lost", "Pairs lost in every run", summary.pairs_lost_throughout, summary.measured_pairs}}};
}

/// The share of lost pings; a dash for a pair that was never pinged.
std::string loss_text(const PingPair& pair) {
  return pair.runs() == 0 ? std::string()
                          : pings::percent_text(pair.lost_pings(), std::uint64_t{pair.runs()} * pings_a_run);
}

void write_json(const Context& context, const PingSummary& summary, const std::vector<const PingPair*>& worst,
                const LogCounts& counts) {
  cli::JsonWriter json("ga-pingtest.report/1");
  if (summary.last_run.seconds > 0) {
    json.field("first_run", pings::utc_text_of(summary.first_run));
    json.field("last_run", pings::utc_text_of(summary.last_run));
  }
  json.field("members", summary.members.size());
  json.field("pairs", summary.measured_pairs);
  for (const Row& row : rows(summary))
    json.field(row.key, row.count);
  json.field("silent", summary.silent);
  json.field("without_address", summary.without_address);
  json.field("lines", counts.lines);
  json.field("lines_dropped", counts.dropped);
  json.field("logs_failed", counts.failed);
  json.begin_array("worst");
  for (const PingPair* pair : worst) {
    json.begin_element();
    for (const bool is_from : {true, false}) {
      const pings::PingMember& member = summary.members[is_from ? pair->from : pair->to].member;
      json.begin_object(is_from ? "from" : "to");
      json.field("id", to_string(member.id));
      json.field("address", pings::address_of(member));
      json.field("name", member.name);
      json.end();
    }
    json.field("runs", pair->runs());
    json.field("lost_pings", pair->lost_pings());
    json.field("lost_throughout", pair->lost_throughout());
    json.field("mean_us", pair->mean_round_trip.count());
    json.field("silent", pair->silent);
    json.field("without_address", pair->without_address);
    json.field("path", to_string(pair->path));
    json.field("reason", pair->reason);
    json.end();
  }
  json.end();
  context.streams.out << json.text() << '\n';
}

/// Rows and columns are frozen by the man page.
void write_plain(const Context& context, const PingSummary& summary, const std::vector<const PingPair*>& worst) {
  cli::Table table({{"key"}, {"count"}, {"of"}});
  for (const Row& row : rows(summary))
    table.add_row({std::string(row.key), std::to_string(row.count), std::to_string(row.of)});
  table.write_plain(context.streams.out);
  cli::Table pairs({{"key"}, {"from"}, {"to"}, {"runs"}, {"lost"}, {"mean_us"}, {"path"}, {"reason"}});
  for (const PingPair* pair : worst)
    pairs.add_row({"pair", to_string(summary.members[pair->from].member.id),
                   to_string(summary.members[pair->to].member.id), std::to_string(pair->runs()),
                   std::to_string(pair->lost_pings()), std::to_string(pair->mean_round_trip.count()),
                   std::string(to_string(pair->path)), pair->reason});
  pairs.write_plain(context.streams.out);
}

void write_human(const Context& context, const PingSummary& summary, const std::vector<const PingPair*>& worst) {
  std::ostream& out = context.streams.out;
  const cli::Screen screen = cli::screen_of(context.streams, context.options.output.color);
  out << pings::utc_text_of(summary.first_run) << " to " << pings::utc_text_of(summary.last_run) << ", "
      << pings::with_commas(summary.members.size()) << " members, " << pings::with_commas(summary.measured_pairs)
      << " pairs\n\n";
  cli::Table table({{"TYPE"}, {"OCCURRENCE", cli::Align::right}, {"% OF TOTAL", cli::Align::right}});
  for (const Row& row : rows(summary))
    table.add_row({std::string(row.title), pings::with_commas(row.count), pings::percent_text(row.count, row.of)});
  table.write_human(out, screen);
  if (summary.silent + summary.without_address > 0)
    out << "\nNot pinged: " << pings::with_commas(summary.silent) << " times silent, "
        << pings::with_commas(summary.without_address) << " times without an address\n";
  if (worst.empty()) return;
  out << '\n';
  cli::Table pairs({{"FROM"},
                    {"TO"},
                    {"RUNS", cli::Align::right},
                    {"LOST", cli::Align::right},
                    {"MEAN", cli::Align::right},
                    {"PATH"},
                    {"WHY"}});
  for (const PingPair* pair : worst) {
    const bool answered = pair->runs() > pair->by_received[0];
    pairs.add_row({member_text(summary.members[pair->from].member), member_text(summary.members[pair->to].member),
                   pings::with_commas(pair->runs()), loss_text(*pair),
                   answered ? pings::round_trip_text(pair->mean_round_trip) : std::string(),
                   std::string(to_string(pair->path)), pair->reason});
  }
  pairs.write_human(out, screen);
}

}  // namespace

void write_report(const Context& context, const ShowReport& verb, const PingSummary& summary, const LogCounts& counts) {
  const auto worst = summary.worst(verb.worst);
  if (context.options.output.json) {
    write_json(context, summary, worst, counts);
  } else if (context.options.output.plain) {
    write_plain(context, summary, worst);
  } else {
    write_human(context, summary, worst);
  }
}

}  // namespace ipop::ga_pingtest
