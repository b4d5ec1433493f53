// How many of the shipped nodes one simulator holds: rings that grow for five minutes, and a herd that starts within
// one second. Times of the machine are of this program's processor; all else is the simulated network's.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "bench/heap_rooms.hpp"
#include "bench/options.hpp"
#include "bench/report.hpp"
#include "support/heap_octets.hpp"
#include "support/ring_cost.hpp"
#include "support/route_lengths.hpp"
#include "support/sim_ring.hpp"
#include "support/traffic_kinds.hpp"

using namespace ipop;
using namespace ipop::test_support;

namespace {

constexpr std::size_t bootstrap_nodes = 4;
constexpr std::size_t routes = 300;
constexpr std::size_t largest_herd = 1000;

const SimNetwork::Config network_of_sites{.latency = std::chrono::milliseconds(50), .looks_at_hosts = false};

double seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

void add_nodes(SimRing& ring, std::size_t members, Duration within) {
  for (std::size_t i = 0; i < bootstrap_nodes; ++i)
    ring.add_bootstrap();
  for (std::size_t i = 0; i < members; ++i)
    ring.add_member(add_site(ring.network(), i),
                    TimePoint{} + within * static_cast<int>(i) / static_cast<int>(members));
}

/// When all have joined and hold an address and the near links are right, looked at every `step`; none by `limit`.
std::optional<Duration> run_until_right(SimRing& ring, Duration step, Duration limit) {
  SimNetwork& network = ring.network();
  while (network.now() < TimePoint{} + limit) {
    if (ring.all_joined() && ring.all_have_addresses() && ring.near_links_are_right())
      return network.now() - TimePoint{};
    network.run_for(step);
  }
  return std::nullopt;
}

std::size_t without_address(SimRing& ring) {
  std::size_t out = 0;
  for (std::size_t i = 0; i < ring.size(); ++i)
    out += ring.at(i).config().prefix && !ring.at(i).node().address() ? 1U : 0U;
  return out;
}

void grow(bench::Report& report, std::uint64_t seed, std::size_t members) {
  constexpr Duration starts_within = std::chrono::minutes(5);
  constexpr Duration patience = std::chrono::minutes(5);
  report.progress("a ring that grows to " + std::to_string(members));
  const std::string of = std::to_string(members) + " members within 300 s";
  const std::size_t before = heap_octets();
  const double begun = bench::processor_seconds();
  SimRing ring({.seed = seed, .network = network_of_sites});
  add_nodes(ring, members, starts_within);
  ring.network().run_for(starts_within);
  const std::string suffix = "_" + std::to_string(members);
  report.add("grown_processor" + suffix, bench::processor_seconds() - begun, "s", std::nullopt,
             of + ", until the last starts");
  const auto right = run_until_right(ring, 1s, starts_within + patience);
  report.add("right_processor" + suffix, bench::processor_seconds() - begun, "s", bench::at_most(900),
             "until the ring is right");
  report.add(
      "right_after" + suffix, right ? seconds(*right - starts_within) : seconds(patience), "s", std::nullopt,
      right ? "after the last start" : "not right; " + std::to_string(without_address(ring)) + " without an address");
  report.add("double_addresses" + suffix, static_cast<double>(ring.duplicate_addresses()), "addresses",
             bench::at_most(0));
  report.add("memory" + suffix, static_cast<double>(heap_octets() - before) / static_cast<double>(ring.size()) / 1024,
             "KiB", bench::at_most(64), "of the heap, a member, its part of the simulated network with it");
  for (const auto& [room, octets] : bench::octets_by_room())
    report.add("keeps_" + room + suffix, octets / static_cast<double>(ring.size()) / 1024, "KiB", std::nullopt,
               "of it, by a sample");
  SeededRng rng(seed);
  const RouteLengths lengths = measure_routes(ring, rng, routes);
  report.add("hops_mean" + suffix, lengths.mean, "hops",
             bench::at_most(0.5 * std::log2(static_cast<double>(ring.size()))),
             std::to_string(lengths.arrived) + " of " + std::to_string(lengths.drawn) + " routes arrived");
  report.add("hops_most" + suffix, lengths.most, "hops");
}

void start_herd(bench::Report& report, std::uint64_t seed, std::size_t members) {
  report.progress("a herd of " + std::to_string(members));
  SimRing ring({.seed = seed, .network = network_of_sites});
  TrafficCount count;
  ring.network().set_tap([&](ByteSpan datagram) { count.add(datagram); });
  add_nodes(ring, members, 1s);
  ring.network().run_for(1s);
  const auto right = run_until_right(ring, 100ms, 120s);
  report.add("herd_right", right ? seconds(*right) : 120, "s", bench::at_most(20),
             std::to_string(members) + " members within 1 s" + (right ? "" : ", not right"));
  report.add("herd_datagrams", static_cast<double>(count.total().datagrams) / static_cast<double>(ring.size()),
             "datagrams", bench::at_most(1000), "of each until then");
}

}  // namespace

int main(int argc, char** argv) {
  const cli::Streams streams = cli::standard_streams();
  const auto parsed =
      bench::parse_options(argc, argv, "scale_bench",
                           "Simulated rings of 1,000 and of 10,000 members (or one of --trials members) that start "
                           "within five minutes, and one of as many, 1,000 at the most, that start within a "
                           "second.",
                           streams);
  if (const auto* status = std::get_if<cli::ExitStatus>(&parsed)) return cli::to_int(*status);
  const auto& options = std::get<bench::Options>(parsed);
  std::vector<std::size_t> sizes{1000, 10000};
  if (options.trials > 0) sizes = {options.trials};
  bench::Report report("scale", options.seed, options.output, streams);
  for (const std::size_t members : sizes)
    grow(report, options.seed, members);
  start_herd(report, options.seed, std::min(sizes.front(), largest_herd));
  return cli::to_int(report.finish());
}
