// A closed ring of 1,000 of the shipped nodes in virtual time: how long until all of them know that
// somebody was revoked. The times are the simulated network's and don't depend on the machine.

#include <chrono>
#include <optional>

#include "bench/options.hpp"
#include "bench/report.hpp"
#include "support/sim_ring.hpp"

using namespace ipop;
using namespace ipop::test_support;

namespace {

constexpr std::size_t ring_size = 1000;
constexpr std::size_t bootstraps = 2;
constexpr Duration latency = 50ms;        // one way
constexpr Duration join_interval = 30ms;  // a member after the other
constexpr Duration settle = 30s;
constexpr Duration limit = 60s;         // for the list to arrive
constexpr std::size_t down_every = 20;  // 5 % of the members

double seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

/// Three sites in four behind a NAT of varying kind, two members at a site.
SiteId make_site(SimNetwork& network, std::size_t number) {
  switch (number % 4) {
    case 0: return network.add_nat_site(port_restricted_cone());
    case 1: return network.add_nat_site(full_cone());
    case 2: return network.add_nat_site(symmetric());
    default: return network.add_public_site();
  }
}

void grow(SimRing& ring, bench::Report& report, std::size_t size) {
  SimNetwork& network = ring.network();
  for (std::size_t i = 0; i < bootstraps; ++i)
    ring.add_bootstrap();
  SiteId site{};
  for (std::size_t i = 0; i < size - bootstraps; ++i) {
    if (i % 2 == 0) site = make_site(network, i / 2);
    // Without a virtual interface: addresses are signed with real keys, and no link depends on them.
    ring.add_member(site, network.now(), [](node::NodeConfig& it) { it.prefix.reset(); });
    network.run_for(join_interval);
    if (i % 50 == 0) report.progress("a closed ring of " + std::to_string(size) + ": " + std::to_string(i) + " joined");
  }
  report.progress("a closed ring of " + std::to_string(size) + " settles");
  network.run_for(settle);
}

/// Nodes that are up and are to know.
std::vector<std::size_t> nodes_up(const SimRing& ring, std::size_t revoked) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    if (ring.is_alive(i) && i != revoked) out.push_back(i);
  }
  return out;
}

std::size_t links_to(SimRing& ring, const NodeId& id, const std::vector<std::size_t>& nodes) {
  std::size_t count = 0;
  for (const std::size_t node : nodes) {
    for (const auto& link : ring.at(node).node().connections())
      count += link.peer == id ? 1U : 0U;
  }
  return count;
}

/// One member in twenty is killed, and within the same instant a user is revoked at another: the
/// ring has had no time to mend itself.
void measure(bench::Report& report, std::uint64_t seed, std::size_t size) {
  SimRing ring(SimRing::Config{.seed = seed, .network = {.latency = latency}, .closed = true});
  grow(ring, report, size);
  report.progress("a user is revoked");
  SimNetwork& network = ring.network();
  for (std::size_t i = bootstraps + 7; i < ring.size(); i += down_every)
    ring.kill(i);
  const std::size_t revoked = size / 2;
  const auto up = nodes_up(ring, revoked);

  const auto list = ring.authority().revoke({}, {"user" + std::to_string(revoked)});
  Bytes octets;
  encode(list, octets);
  const std::size_t source = size / 3;
  const TimePoint start = network.now();
  ring.at(source).ask(start, node::RevokeCommand{octets});
  network.drain(ring.host(source));
  std::optional<Duration> most;
  std::optional<Duration> all;
  while (!all && network.now() < start + limit) {
    network.run_for(10ms);
    std::size_t informed = 0;
    for (const std::size_t node : up)
      informed += ring.at(node).revocation_number >= list.number() ? 1U : 0U;
    if (!most && informed * 100 >= up.size() * 99) most = network.now() - start;
    if (informed == up.size()) all = network.now() - start;
  }
  network.run_for(1s);
  const std::string note = std::to_string(up.size()) + " nodes up, 5 % killed at that instant";
  report.add("revocation_99_percent", seconds(most.value_or(limit)), "s", bench::at_most(2), note);
  report.add("revocation_all", seconds(all.value_or(limit)), "s", bench::at_most(10), note);
  report.add("revocation_links_left", static_cast<double>(links_to(ring, ring.at(revoked).node().id(), up)), "links",
             bench::at_most(0), "to the revoked node, a second later");
}

}  // namespace

int main(int argc, char** argv) {
  const cli::Streams streams = cli::standard_streams();
  const auto parsed = bench::parse_options(argc, argv, "revocation_bench",
                                           "How fast a simulated closed ring of 1,000 nodes (or --trials nodes) learns "
                                           "of a revocation.",
                                           streams);
  if (const auto* status = std::get_if<cli::ExitStatus>(&parsed)) return cli::to_int(*status);
  const auto& options = std::get<bench::Options>(parsed);
  bench::Report report("revocation", options.seed, options.output, streams);
  measure(report, options.seed, options.trials > 0 ? options.trials : ring_size);
  return cli::to_int(report.finish());
}
