// What one more member costs a ring of the shipped nodes that has settled, and what a member sends when nothing
// happens, by kind of message, in virtual time.

#include <string>
#include <vector>

#include "bench/options.hpp"
#include "bench/report.hpp"
#include "support/ring_cost.hpp"

using namespace ipop;
using namespace ipop::test_support;

namespace {

void measure(bench::Report& report, std::uint64_t seed, std::size_t members) {
  report.progress("a ring of " + std::to_string(members));
  const RingCost cost = measure_ring_cost({.seed = seed, .members = members});
  const std::string suffix = "_" + std::to_string(members);
  const std::string note = std::to_string(cost.joined) + " joined, near links " + (cost.is_right ? "right" : "wrong");
  report.add("join" + suffix, cost.join_total(), "datagrams", std::nullopt, note);
  for (std::size_t i = 0; i < traffic_kinds; ++i) {
    const auto kind = static_cast<TrafficKind>(i);
    if (cost.join[i] >= 0.5 || cost.join[i] <= -0.5) {
      report.add("join_" + std::string(to_string(kind)) + suffix, cost.join[i], "datagrams");
    }
  }
  report.add("join_octets" + suffix, cost.join_octets, "octets");
  report.add("idle" + suffix, cost.idle_total(), "/s", std::nullopt, "datagrams of a member");
  for (std::size_t i = 0; i < traffic_kinds; ++i) {
    if (cost.idle[i] < 0.005) continue;
    report.add("idle_" + std::string(to_string(static_cast<TrafficKind>(i))) + suffix, cost.idle[i], "/s");
  }
  report.add("idle_octets" + suffix, cost.idle_octets, "octets/s");
  report.add("links" + suffix, cost.links, "links", std::nullopt, "of a member, in the mean");
}

}  // namespace

int main(int argc, char** argv) {
  const cli::Streams streams = cli::standard_streams();
  const auto parsed = bench::parse_options(argc, argv, "ring_cost_bench",
                                           "What a join and an idle second cost simulated rings of 128, 250 and 500 "
                                           "members (or one of --trials members), by kind of message.",
                                           streams);
  if (const auto* status = std::get_if<cli::ExitStatus>(&parsed)) return cli::to_int(*status);
  const auto& options = std::get<bench::Options>(parsed);
  bench::Report report("ring_cost", options.seed, options.output, streams);
  std::vector<std::size_t> sizes{128, 250, 500};
  if (options.trials > 0) sizes = {options.trials};
  for (const std::size_t members : sizes)
    measure(report, options.seed, members);
  return cli::to_int(report.finish());
}
