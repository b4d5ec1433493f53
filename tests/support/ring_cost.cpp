#include "support/ring_cost.hpp"

#include <numeric>

#include "support/sim_ring.hpp"

namespace ipop::test_support {
namespace {

constexpr std::size_t bootstrap_nodes = 4;
constexpr Duration latency = 50ms;
constexpr Duration start_pause = 20ms;
constexpr Duration join_pause = 10s;
constexpr Duration after_last = 30s;

SiteId site_of(SimNetwork& network, std::size_t number) {
  switch (number % 4) {
    case 0: return network.add_nat_site(port_restricted_cone());
    case 1: return network.add_nat_site(full_cone());
    case 2: return network.add_nat_site(symmetric());
    default: return network.add_public_site();
  }
}

double seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

double sum(const std::array<double, traffic_kinds>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

/// Of what was counted between two looks.
struct Spent {
  std::array<double, traffic_kinds> datagrams{};
  double octets = 0;
};

Spent spent(const TrafficCount& before, const TrafficCount& after) {
  Spent out;
  for (std::size_t i = 0; i < traffic_kinds; ++i) {
    const auto kind = static_cast<TrafficKind>(i);
    out.datagrams[i] = static_cast<double>(after.of(kind).datagrams - before.of(kind).datagrams);
  }
  out.octets = static_cast<double>(after.total().octets - before.total().octets);
  return out;
}

}  // namespace

double RingCost::join_total() const {
  return sum(join);
}
double RingCost::idle_total() const {
  return sum(idle);
}

RingCost measure_ring_cost(const RingCostTrial& trial) {
  SimRing ring({.seed = trial.seed, .network = {.latency = latency}});
  SimNetwork& network = ring.network();
  TrafficCount count;
  network.set_tap([&](ByteSpan datagram) { count.add(datagram); });
  for (std::size_t i = 0; i < bootstrap_nodes; ++i)
    ring.add_bootstrap();
  for (std::size_t i = 0; i < trial.members; ++i)
    ring.add_member(site_of(network, i), TimePoint{} + start_pause * i);
  network.run_for(start_pause * trial.members + trial.settle);

  const TrafficCount settled = count;
  network.run_for(trial.idle);
  const Spent idle = spent(settled, count);

  const TrafficCount before = count;
  const std::size_t first = ring.size();
  const auto nodes = static_cast<double>(first);
  for (std::size_t i = 0; i < trial.joins; ++i)
    ring.add_member(site_of(network, trial.members + i), network.now() + join_pause * i);
  const Duration span = join_pause * trial.joins + after_last;
  network.run_for(span);
  const Spent busy = spent(before, count);

  RingCost out;
  const auto joins = static_cast<double>(trial.joins);
  // A new member idles as well, from its own join to the end.
  double idling = nodes * seconds(span);
  for (std::size_t i = 0; i < trial.joins; ++i)
    idling += seconds(span - join_pause * i);
  const double idled = nodes * seconds(trial.idle);
  for (std::size_t i = 0; i < traffic_kinds; ++i) {
    out.idle[i] = idle.datagrams[i] / idled;
    out.join[i] = (busy.datagrams[i] - out.idle[i] * idling) / joins;
  }
  out.idle_octets = idle.octets / idled;
  out.join_octets = (busy.octets - out.idle_octets * idling) / joins;
  for (std::size_t i = first; i < ring.size(); ++i)
    out.joined += ring.at(i).joined_at && ring.at(i).lease_at ? 1U : 0U;
  out.is_right = ring.near_links_are_right();
  out.double_addresses = ring.duplicate_addresses();
  for (std::size_t i = 0; i < ring.size(); ++i)
    out.links += static_cast<double>(ring.at(i).node().connections().size()) / static_cast<double>(ring.size());
  return out;
}

}  // namespace ipop::test_support
