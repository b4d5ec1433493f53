#include "support/ring_cost.hpp"

#include <algorithm>
#include <numeric>

#include "support/sim_ring.hpp"

namespace ipop::test_support {
namespace {

constexpr std::size_t bootstrap_nodes = 4;
constexpr Duration latency = 50ms;
constexpr Duration start_pause = 20ms;
constexpr Duration pause = 10s;
constexpr Duration after_last = 30s;
constexpr Duration asleep = 5min;
constexpr Duration noticed = 60s;  // that somebody is silent, and the ring mended
constexpr Duration awake = 5min;
/// Each member looks every 45 s for what split, and a pair that can be linked by a member only waits for its turn.
constexpr Duration mended = 150s;

double seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

/// Of what was counted between two looks.
struct Spent {
  PerKind datagrams{};
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

SiteId add_site(SimNetwork& network, std::size_t number) {
  switch (number % 4) {
    case 0: return network.add_nat_site(port_restricted_cone());
    case 1: return network.add_nat_site(full_cone());
    case 2: return network.add_nat_site(symmetric());
    default: return network.add_public_site();
  }
}

double total(const PerKind& datagrams) {
  return std::accumulate(datagrams.begin(), datagrams.end(), 0.0);
}

RingCost measure_ring_cost(const RingCostTrial& trial) {
  SimRing ring({.seed = trial.seed, .network = {.latency = latency, .looks_at_hosts = trial.looks_at_hosts}});
  SimNetwork& network = ring.network();
  TrafficCount count;
  network.set_tap([&](ByteSpan datagram) { count.add(datagram); });
  for (std::size_t i = 0; i < bootstrap_nodes; ++i)
    ring.add_bootstrap();
  for (std::size_t i = 0; i < trial.members; ++i)
    ring.add_member(add_site(network, i), TimePoint{} + start_pause * i);
  network.run_for(start_pause * trial.members + trial.settle);

  RingCost out;
  const TrafficCount settled = count;
  network.run_for(trial.idle);
  const Spent idle = spent(settled, count);
  const std::size_t first = ring.size();
  const auto nodes = static_cast<double>(first);
  const double idled = nodes * seconds(trial.idle);
  for (std::size_t i = 0; i < traffic_kinds; ++i)
    out.idle[i] = idle.datagrams[i] / idled;
  out.idle_octets = idle.octets / idled;

  /// Of what was sent in `span`, while members idled for so many seconds altogether, the part of each of `events`.
  const auto share = [&](const Spent& busy, double idling, std::size_t events, PerKind& datagrams, double& octets) {
    const auto parts = static_cast<double>(std::max<std::size_t>(events, 1));
    for (std::size_t i = 0; i < traffic_kinds; ++i)
      datagrams[i] = (busy.datagrams[i] - out.idle[i] * idling) / parts;
    octets = (busy.octets - out.idle_octets * idling) / parts;
  };

  TrafficCount before = count;
  for (std::size_t i = 0; i < trial.joins; ++i)
    ring.add_member(add_site(network, trial.members + i), network.now() + pause * i);
  Duration span = pause * trial.joins + after_last;
  network.run_for(span);
  // A new member idles as well, from its own join to the end.
  double idling = nodes * seconds(span);
  for (std::size_t i = 0; i < trial.joins; ++i)
    idling += seconds(span - pause * i);
  share(spent(before, count), idling, trial.joins, out.join, out.join_octets);
  for (std::size_t i = first; i < ring.size(); ++i)
    out.joined += ring.at(i).joined_at && ring.at(i).lease_at ? 1U : 0U;
  for (std::size_t i = 0; i < ring.size(); ++i)
    out.links += static_cast<double>(ring.at(i).node().connections().size()) / static_cast<double>(ring.size());

  before = count;
  span = pause * trial.leaves + after_last;
  idling = static_cast<double>(ring.size()) * seconds(span);
  for (std::size_t i = 0; i < trial.leaves; ++i) {
    ring.at(first + i).stop(network.now());
    network.drain(ring.host(first + i));
    ring.kill(first + i);
    idling -= seconds(span - pause * i);
    network.run_for(pause);
  }
  network.run_for(after_last);
  share(spent(before, count), idling, trial.leaves, out.leave, out.leave_octets);

  // What all idle at is not the same before and after the joins; of ten minutes it would be more than a sleep.
  before = count;
  network.run_for(trial.sleeps == 0 ? Duration{} : trial.idle);
  const Spent rest = spent(before, count);
  const std::size_t sleeper = bootstrap_nodes;
  const auto address = ring.at(sleeper).node().address();
  Spent awake_and_asleep;
  const auto counted = [&](Duration time) {
    before = count;
    network.run_for(time);
    const Spent now = spent(before, count);
    for (std::size_t i = 0; i < traffic_kinds; ++i)
      awake_and_asleep.datagrams[i] += now.datagrams[i] - rest.datagrams[i] * seconds(time) / seconds(trial.idle);
  };
  for (std::size_t i = 0; i < trial.sleeps; ++i) {
    ring.suspend(sleeper);
    counted(noticed);
    network.run_for(asleep - noticed);
    ring.resume(sleeper);
    counted(after_last);
    out.woken += ring.at(sleeper).node().is_joined() && ring.at(sleeper).node().address() == address ? 1U : 0U;
    network.run_for(awake - after_last);
  }
  for (std::size_t i = 0; i < traffic_kinds; ++i)
    out.sleep[i] = awake_and_asleep.datagrams[i] / static_cast<double>(std::max<std::size_t>(trial.sleeps, 1));
  out.is_right = network.run_until_done([&] { return ring.near_links_are_right(); }, mended);
  out.double_addresses = ring.duplicate_addresses();
  return out;
}

}  // namespace ipop::test_support
