// What one more member and one less cost a ring of the shipped nodes that has settled, and what a member sends when
// nothing happens, by kind of message, in virtual time.

#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/options.hpp"
#include "bench/report.hpp"
#include "cli/table.hpp"
#include "support/ring_cost.hpp"

using namespace ipop;
using namespace ipop::test_support;

namespace {

struct Measured {
  std::size_t members = 0;
  RingCost cost{};
  bool has_sleeps = false;
};

Measured measure(bench::Report& report, std::uint64_t seed, std::size_t members) {
  report.progress("a ring of " + std::to_string(members));
  // What one sleep costs is less than what a larger ring's idling differs by from one minute to the next.
  const std::size_t sleeps = members <= 128 ? 6 : 0;
  const RingCost cost =
      measure_ring_cost({.seed = seed, .members = members, .sleeps = sleeps, .looks_at_hosts = false});
  const std::string suffix = "_" + std::to_string(members);
  const std::string note = std::to_string(cost.joined) + " joined, near links " + (cost.is_right ? "right" : "wrong") +
                           ", " + std::to_string(cost.double_addresses) + " addresses twice";
  report.add("join" + suffix, total(cost.join), "datagrams", bench::at_most(250), note);
  report.add("join_octets" + suffix, cost.join_octets, "octets", bench::at_most(150e3));
  report.add("leave" + suffix, total(cost.leave), "datagrams");
  report.add("leave_octets" + suffix, cost.leave_octets, "octets");
  if (sleeps != 0) {
    report.add("sleep" + suffix, total(cost.sleep), "datagrams", bench::at_most(total(cost.join)),
               "a member sleeps five minutes and wakes for five; woken " + std::to_string(cost.woken) + " of 6 times");
  }
  report.add("idle" + suffix, total(cost.idle), "/s", bench::at_most(1.0), "datagrams of a member");
  report.add("idle_octets" + suffix, cost.idle_octets, "octets/s", bench::at_most(188));
  report.add("links" + suffix, cost.links, "links", bench::at_most(15), "of a member, in the mean");
  return {members, cost, sleeps != 0};
}

/// A row for each kind of message, a column for each number of members.
void write_kinds(const cli::Streams& streams, const std::string& of_what, const std::vector<Measured>& measured,
                 PerKind RingCost::*part, double scale) {
  std::vector<cli::Column> columns{{of_what, cli::Align::left}};
  for (const Measured& one : measured)
    columns.push_back({std::to_string(one.members), cli::Align::right});
  cli::Table table(columns);
  for (std::size_t i = 0; i < traffic_kinds; ++i) {
    std::vector<std::string> row{std::string(to_string(static_cast<TrafficKind>(i)))};
    bool is_there = false;
    for (const Measured& one : measured) {
      const double value = scale * (one.cost.*part)[i];
      row.push_back(fmt::format("{:.1f}", value));
      is_there = is_there || value >= 0.05 || value <= -0.05;
    }
    if (is_there) table.add_row(row);
  }
  table.write_human(streams.out, cli::screen_of(streams, cli::ColorChoice::automatic));
}

}  // namespace

int main(int argc, char** argv) {
  const cli::Streams streams = cli::standard_streams();
  const auto parsed =
      bench::parse_options(argc, argv, "ring_cost_bench",
                           "What a join, a leave and an idle minute cost simulated rings of 128, 500 and 1,000 "
                           "members (or one of --trials members), by kind of message.",
                           streams);
  if (const auto* status = std::get_if<cli::ExitStatus>(&parsed)) return cli::to_int(*status);
  const auto& options = std::get<bench::Options>(parsed);
  bench::Report report("ring_cost", options.seed, options.output, streams);
  std::vector<std::size_t> sizes{128, 500, 1000};
  if (options.trials > 0) sizes = {options.trials};
  std::vector<Measured> measured;
  for (const std::size_t members : sizes)
    measured.push_back(measure(report, options.seed, members));
  const cli::ExitStatus status = report.finish();
  write_kinds(streams, "datagrams a join", measured, &RingCost::join, 1.0);
  write_kinds(streams, "datagrams a leave", measured, &RingCost::leave, 1.0);
  write_kinds(streams, "datagrams of a member in an idle minute", measured, &RingCost::idle, 60.0);
  std::erase_if(measured, [](const Measured& one) { return !one.has_sleeps; });
  if (!measured.empty()) write_kinds(streams, "datagrams a sleep", measured, &RingCost::sleep, 1.0);
  return cli::to_int(status);
}
