// A simulated pool of 1,000 members in virtual time: what the manager's announcement and its readers cost the group.
// The rates are the simulated network's and don't depend on the machine.

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/rng.hpp"
#include "bench/options.hpp"
#include "bench/report.hpp"
#include "pool/condor_manager.hpp"
#include "support/sim_ring.hpp"

using namespace ipop;
using namespace ipop::test_support;

namespace {

constexpr std::size_t bootstraps = 4;
constexpr std::size_t default_members = 1000;
constexpr Duration latency = 50ms;  // one way
constexpr Duration between_starts = 50ms;
constexpr Duration settle = 60s;
constexpr Duration window = 300s;
constexpr Duration renewal = pool::announcement_renewal;
static_assert(window % renewal == Duration::zero(), "every window has as many renewals");

/// What passes in a time, of all nodes together.
struct Traffic {
  std::uint64_t datagrams = 0;
  std::uint64_t octets = 0;
};

Traffic sent_so_far(const SimNetwork& network) {
  return {network.datagrams_sent(), network.octets_sent()};
}

double per_node_and_second(std::uint64_t count, std::size_t nodes, Duration time) {
  return static_cast<double>(count) / static_cast<double>(nodes) / std::chrono::duration<double>(time).count();
}

class Pool {
 public:
  Pool(std::uint64_t seed, std::size_t members) : ring_({.seed = seed, .network = {.latency = latency}}) {
    for (std::size_t i = 0; i < bootstraps; ++i)
      ring_.add_bootstrap();
    for (std::size_t i = 0; i < members; ++i) {
      SimNetwork& network = ring_.network();
      const SiteId site = i % 4 == 3   ? network.add_public_site()
                          : i % 4 == 2 ? network.add_nat_site(symmetric())
                          : i % 4 == 1 ? network.add_nat_site(full_cone())
                                       : network.add_nat_site(port_restricted_cone());
      ring_.add_member(site, network.now() + between_starts * static_cast<int>(i));
    }
  }

  SimRing& ring() { return ring_; }
  [[nodiscard]] std::size_t manager() const { return bootstraps; }

  void announce(const std::string& text) {
    const ByteSpan octets = as_bytes(text);
    ask(manager(), node::DhtPutCommand{std::string(pool::manager_key), Bytes(octets.begin(), octets.end()),
                                       pool::announcement_life});
  }

  /// As ga-condorcfg does on every member: the record, and from then on its changes.
  void follow(std::size_t member) {
    ask(member, node::DhtWatchCommand{std::string(pool::manager_key)});
    ask(member, node::DhtGetCommand{std::string(pool::manager_key)});
  }

  /// Passes the time; who is told of a change reads the record.
  void run_for(Duration time) {
    SimNetwork& network = ring_.network();
    const TimePoint end = network.now() + time;
    while (network.now() < end) {
      network.run_for(std::min<Duration>(100ms, end - network.now()));
      for (std::size_t i = bootstraps; i < ring_.size(); ++i)
        read_what_changed(i);
    }
  }

  /// When each member was first told of a change after `since`.
  [[nodiscard]] std::vector<double> told_after(TimePoint since) {
    std::vector<double> out;
    for (std::size_t i = bootstraps + 1; i < ring_.size(); ++i) {
      for (const auto& [when, event] : ring_.at(i).events) {
        if (when < since || !std::holds_alternative<node::DhtChangedEvent>(event)) continue;
        out.push_back(std::chrono::duration<double>(when - since).count());
        break;
      }
    }
    return out;
  }

 private:
  void ask(std::size_t index, const node::Command& command) {
    ring_.at(index).ask(ring_.network().now(), command);
    ring_.network().drain(ring_.host(index));
  }

  void read_what_changed(std::size_t index) {
    const auto& events = ring_.at(index).events;
    seen_.resize(ring_.size());
    for (; seen_[index] < events.size(); ++seen_[index]) {
      if (std::holds_alternative<node::DhtChangedEvent>(events[seen_[index]].second))
        ask(index, node::DhtGetCommand{std::string(pool::manager_key)});
    }
  }

  SimRing ring_;
  std::vector<std::size_t> seen_;  ///< events of each node that were looked at
};

}  // namespace

int main(int argc, char** argv) {
  const cli::Streams streams = cli::standard_streams();
  const auto parsed =
      bench::parse_options(argc, argv, "pool_load",
                           "Load of the manager's announcement in a simulated pool; --trials is its members.", streams);
  if (const auto* status = std::get_if<cli::ExitStatus>(&parsed)) return cli::to_int(*status);
  const auto& options = std::get<bench::Options>(parsed);
  const std::size_t members = options.trials > 0 ? options.trials : default_members;
  bench::Report report("pool_load", options.seed, options.output, streams);

  report.progress("a ring of " + std::to_string(members));
  Pool pool(options.seed, members);
  SimNetwork& network = pool.ring().network();
  network.run_for(between_starts * static_cast<int>(members) + settle);
  const std::size_t nodes = pool.ring().size();
  std::size_t addressed = 0;
  for (std::size_t i = bootstraps; i < nodes; ++i)
    addressed += pool.ring().at(i).node().address() ? 1U : 0U;
  report.add("members", static_cast<double>(addressed), "nodes", std::nullopt,
             "hold an address a minute after the last start");

  report.progress("idle");
  Traffic before = sent_so_far(network);
  pool.run_for(window);
  const Traffic idle{network.datagrams_sent() - before.datagrams, network.octets_sent() - before.octets};
  report.add("idle_messages", per_node_and_second(idle.datagrams, nodes, window), "/s", std::nullopt,
             "datagrams a node and second, without a pool");

  report.progress("all members follow the manager");
  pool.announce("condor-manager 1 alice 10.128.0.5 1795409156 main");
  pool.run_for(10s);
  before = sent_so_far(network);
  for (std::size_t i = bootstraps; i < nodes; ++i)
    pool.follow(i);
  pool.run_for(30s);
  const double first = static_cast<double>(network.datagrams_sent() - before.datagrams) -
                       static_cast<double>(idle.datagrams) * 30.0 / std::chrono::duration<double>(window).count();
  report.add("first_read_messages", std::max(0.0, first) / static_cast<double>(nodes), "total", std::nullopt,
             "datagrams a node, once, when all members start to follow at one instant");

  report.progress("following");
  before = sent_so_far(network);
  for (Duration time{}; time < window; time += renewal) {
    pool.announce("condor-manager 1 alice 10.128.0.5 1795409156 main");
    pool.run_for(renewal);
  }
  const std::uint64_t following = network.datagrams_sent() - before.datagrams;
  report.add("pool_messages", per_node_and_second(following, nodes, window), "/s", std::nullopt,
             "the same with a manager that renews and members that follow it");
  report.add("pool_octets", per_node_and_second(network.octets_sent() - before.octets, nodes, window), "octets/s",
             std::nullopt, "of it all");

  report.progress("the manager changes");
  before = sent_so_far(network);
  const TimePoint changed = network.now();
  pool.announce("condor-manager 1 alice 10.128.0.6 1795409156 main");
  pool.run_for(30s);
  const auto told = pool.told_after(changed);
  const double change = static_cast<double>(network.datagrams_sent() - before.datagrams) -
                        static_cast<double>(following) * 30.0 / std::chrono::duration<double>(window).count();
  const std::string note = std::to_string(told.size()) + " of " + std::to_string(members - 1) + " members told";
  report.add("change_told_p50", bench::percentile(told, 0.5), "s", std::nullopt, note);
  report.add("change_told_p99", bench::percentile(told, 0.99), "s", std::nullopt, note);
  report.add("change_messages", std::max(0.0, change) / static_cast<double>(nodes), "total", std::nullopt,
             "datagrams a node, once, when the manager moves");
  return cli::to_int(report.finish());
}
