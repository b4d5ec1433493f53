// A ring of 100 of the shipped nodes in virtual time, 50 ms from site to site: how long until a node
// can be used. The times are the simulated network's and don't depend on the machine.

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>

#include "base/rng.hpp"
#include "bench/options.hpp"
#include "bench/report.hpp"
#include "support/ring_cost.hpp"
#include "support/route_lengths.hpp"
#include "support/sim_ring.hpp"

using namespace ipop;
using namespace ipop::test_support;

namespace {

constexpr std::size_t ring_size = 100;
constexpr std::size_t bootstraps = 2;
constexpr Duration latency = 50ms;  // one way
constexpr Duration settle = 60s;

double seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

struct ColdRing {
  std::unique_ptr<SimRing> ring;
  std::optional<Duration> ready;  ///< all joined, addressed, near links right; none within a minute
};

/// Two bootstrap nodes and 98 members that start within one second, two at a site.
ColdRing cold_start(std::uint64_t seed) {
  ColdRing made{std::make_unique<SimRing>(SimRing::Config{.seed = seed, .network = {.latency = latency}}), {}};
  SimRing& ring = *made.ring;
  SeededRng rng(seed + 17);
  for (std::size_t i = 0; i < bootstraps; ++i)
    ring.add_bootstrap();
  SiteId site{};
  for (std::size_t i = 0; i < ring_size - bootstraps; ++i) {
    if (i % 2 == 0) site = add_site(ring.network(), i / 2);
    ring.add_member(site, TimePoint{} + std::chrono::milliseconds(rng.below(1000)));
  }
  ring.network().run_for(1s);
  // Looked at every 20 ms: the whole ring is compared with what it should be.
  for (int i = 0; i < 3000 && !made.ready; ++i) {
    if (ring.all_joined() && ring.all_have_addresses() && ring.near_links_are_right()) {
      made.ready = ring.network().now() - TimePoint{};
    } else {
      ring.network().run_for(20ms);
    }
  }
  return made;
}

void measure_cold_starts(bench::Report& report, std::uint64_t seed, std::size_t trials) {
  std::vector<double> times;
  std::size_t failed = 0;
  for (std::size_t i = 0; i < trials; ++i) {
    report.progress("cold start " + std::to_string(i + 1) + " of " + std::to_string(trials));
    const auto made = cold_start(seed + i);
    if (made.ready) times.push_back(seconds(*made.ready));
    failed += made.ready ? 0U : 1U;
  }
  const std::string note =
      std::to_string(trials) + " rings of 100" + (failed > 0 ? ", " + std::to_string(failed) + " not in a minute" : "");
  report.add("cold_start_p50", bench::percentile(times, 0.5), "s", bench::at_most(10), note);
  report.add("cold_start_max", failed > 0 ? 60 : bench::percentile(times, 1), "s", bench::at_most(10), note);
}

/// Its two true neighbours know the node and it knows them: packets to its id arrive.
bool stands_in_ring(SimRing& ring, std::size_t index) {
  std::map<NodeId, std::size_t> alive;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    if (ring.is_alive(i)) alive.emplace(ring.at(i).node().id(), i);
  }
  const NodeId self = ring.at(index).node().id();
  auto after = alive.upper_bound(self);
  if (after == alive.end()) after = alive.begin();
  auto before = alive.find(self);
  if (before == alive.begin()) before = alive.end();
  --before;
  const auto knows = [&](std::size_t who, const NodeId& whom) {
    const auto neighbours = ring.at(who).node().neighbours();
    return std::ranges::find(neighbours, whom) != neighbours.end();
  };
  return knows(index, before->first) && knows(index, after->first) && knows(before->second, self) &&
         knows(after->second, self);
}

/// One more node joins, again and again; it leaves before the next one comes.
void measure_joins(bench::Report& report, SimRing& ring, std::size_t trials) {
  std::vector<double> routable;
  std::vector<double> addressed;
  std::size_t failed = 0;
  for (std::size_t i = 0; i < trials; ++i) {
    report.progress("join " + std::to_string(i + 1) + " of " + std::to_string(trials));
    SimNetwork& network = ring.network();
    const TimePoint start = network.now();
    const std::size_t index = ring.add_member(add_site(network, i), start);
    SimNode& node = ring.at(index);
    std::optional<TimePoint> stands;
    while (network.now() < start + 30s && !(stands && node.lease_at)) {
      if (!stands && node.joined_at && stands_in_ring(ring, index)) stands = network.now();
      network.run_for(1ms);
    }
    if (stands && node.lease_at) {
      routable.push_back(seconds(*stands - start));
      addressed.push_back(std::max(0.0, seconds(*node.lease_at - *stands)));
    } else {
      ++failed;
    }
    node.stop(network.now());
    network.drain(ring.host(index));
    network.run_for(200ms);
    ring.kill(index);
    network.run_for(10s);
  }
  const std::string note = std::to_string(trials) + " joins, NATs of all kinds" +
                           (failed > 0 ? ", " + std::to_string(failed) + " not in 30 s" : "");
  report.add("routable_p50", bench::percentile(routable, 0.5), "s", bench::at_most(2), note);
  report.add("routable_p99", failed * 100 > trials ? 30 : bench::percentile(routable, 0.99), "s", bench::at_most(5),
             note);
  report.add("address_after_routable_p50", bench::percentile(addressed, 0.5), "s", bench::at_most(1), note);
  report.add("address_after_routable_p99", bench::percentile(addressed, 0.99), "s", std::nullopt, note);
}

/// The PTR question for an address (RFC 1035, 3.5): its answer leaves the address resolved, and asks
/// for no link.
Bytes reverse_question(net::Ipv4Address address) {
  Bytes out;
  ByteWriter writer(out);
  for (const unsigned field : {1U, 0U, 1U, 0U, 0U, 0U})  // id, flags, one question, no records
    writer.write(static_cast<std::uint16_t>(field));
  for (unsigned shift = 0; shift < 32; shift += 8)
    writer.write_sized8(as_bytes(std::to_string((address.value() >> shift) & 0xffU)));
  writer.write_sized8(as_bytes("in-addr"));
  writer.write_sized8(as_bytes("arpa"));
  for (const unsigned octet : {0U, 0U, 12U, 0U, 1U})  // root, type PTR, class IN
    writer.write(static_cast<std::uint8_t>(octet));
  return out;
}

/// How long `from` takes to find out who holds `address`.
std::optional<Duration> resolve(SimRing& ring, std::size_t from, net::Ipv4Address address) {
  SimNode& node = ring.at(from);
  const TimePoint start = ring.network().now();
  const auto number = node.ask(start, node::DnsCommand{reverse_question(address)});
  ring.network().drain(ring.host(from));
  if (!ring.network().run_until_done([&] { return node.answers.contains(number); }, 15s)) return std::nullopt;
  return ring.network().now() - start;
}

bool has_direct_link(SimRing& ring, std::size_t from, std::size_t to) {
  const NodeId id = ring.at(to).node().id();
  const auto connections = ring.at(from).node().connections();
  return std::ranges::any_of(connections, [&](const auto& it) { return it.peer == id && it.is_direct(); });
}

/// Two members behind port-restricted NATs (endpoint-independent mapping) of their own, between
/// whom nothing was sent: from the first packet for an address that is resolved to a direct link.
void measure_direct_links(bench::Report& report, SimRing& ring, std::size_t trials) {
  constexpr Duration limit = 20s;
  SimNetwork& network = ring.network();
  std::vector<double> times;
  std::vector<double> resolved;
  std::size_t failed = 0;
  for (std::size_t i = 0; i < trials; ++i) {
    report.progress("direct link " + std::to_string(i + 1) + " of " + std::to_string(trials));
    const std::size_t a = ring.add_member(network.add_nat_site(port_restricted_cone()), network.now());
    const std::size_t b = ring.add_member(network.add_nat_site(port_restricted_cone()), network.now());
    network.run_until_done([&] { return ring.at(a).node().address() && ring.at(b).node().address(); }, 30s);
    network.run_for(10s);
    const auto address = ring.at(b).node().address();
    const auto linked = [&] { return has_direct_link(ring, a, b); };
    // Some pairs are neighbours on the ring and linked before anybody asks.
    if (address && ring.at(a).node().address() && !has_direct_link(ring, a, b) && !has_direct_link(ring, b, a)) {
      if (const auto time = resolve(ring, a, *address)) resolved.push_back(seconds(*time));
      const TimePoint start = network.now();
      ring.at(a).ping(start, *address, 1);
      network.drain(ring.host(a));
      if (network.run_until_done(linked, limit)) {
        times.push_back(seconds(network.now() - start));
      } else {
        ++failed;
      }
    }
    for (const std::size_t index : {a, b}) {
      ring.at(index).stop(network.now());
      network.drain(ring.host(index));
    }
    network.run_for(200ms);
    ring.kill(a);
    ring.kill(b);
    network.run_for(10s);
  }
  const double aim = 3 * 2 * seconds(latency) + 0.2;
  const std::string note = std::to_string(times.size() + failed) + " pairs" +
                           (failed > 0 ? ", " + std::to_string(failed) + " not in 20 s" : "");
  report.add("resolve_address_p50", bench::percentile(resolved, 0.5), "s", std::nullopt, note);
  report.add("direct_link_p50", failed * 2 > times.size() ? seconds(limit) : bench::percentile(times, 0.5), "s",
             bench::at_most(aim), note);
  report.add("direct_link_p99", failed > 0 ? seconds(limit) : bench::percentile(times, 0.99), "s", std::nullopt, note);
}

void measure_hops(bench::Report& report, SimRing& ring, Rng& rng) {
  report.progress("hops");
  const RouteLengths lengths = measure_routes(ring, rng, 300);
  const std::string note = std::to_string(lengths.arrived) + " routes";
  report.add("hops_mean", lengths.mean, "hops", std::nullopt, note);
  report.add("hops_max", lengths.most, "hops", std::nullopt, note);
}

}  // namespace

int main(int argc, char** argv) {
  const cli::Streams streams = cli::standard_streams();
  const auto parsed =
      bench::parse_options(argc, argv, "sim_bench",
                           "Joining, addresses, direct links and routes of a simulated ring of 100 nodes.", streams);
  if (const auto* status = std::get_if<cli::ExitStatus>(&parsed)) return cli::to_int(*status);
  const auto& options = std::get<bench::Options>(parsed);
  const std::size_t trials = options.trials > 0 ? options.trials : 100;
  bench::Report report("sim", options.seed, options.output, streams);
  SeededRng rng(options.seed);

  measure_cold_starts(report, options.seed, std::max<std::size_t>(1, trials / 20));
  report.progress("a ring of 100");
  const auto made = cold_start(options.seed);
  made.ring->network().run_for(settle);
  measure_hops(report, *made.ring, rng);
  measure_joins(report, *made.ring, trials);
  measure_direct_links(report, *made.ring, std::max<std::size_t>(1, trials / 4));
  return cli::to_int(report.finish());
}
