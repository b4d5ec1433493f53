#include "support/route_lengths.hpp"

#include <algorithm>
#include <map>
#include <vector>

namespace ipop::test_support {
namespace {

/// Where `at` would send a packet for `target`; zero: nowhere.
NodeId next_of(SimRing& ring, std::size_t at, const NodeId& target) {
  SimNode& node = ring.at(at);
  SimNetwork& network = ring.network();
  const auto number = node.ask(network.now(), node::WhyCommand{to_string(target)});
  network.drain(ring.host(at));
  // A whole id is looked for nowhere else.
  const auto answer = node.answers.extract(number);
  if (answer.empty() || !answer.mapped()) return {};
  const auto& report = std::get<node::WhyAnswer>(*answer.mapped()).report;
  return report.connection ? target : report.next_hop.value_or(NodeId{});
}

}  // namespace

RouteLengths measure_routes(SimRing& ring, Rng& rng, std::size_t pairs) {
  constexpr std::size_t most_hops = 32;
  std::map<NodeId, std::size_t> alive;
  std::vector<std::size_t> members;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    if (!ring.is_alive(i)) continue;
    alive.emplace(ring.at(i).node().id(), i);
    members.push_back(i);
  }
  RouteLengths out;
  double total = 0;
  for (std::size_t i = 0; i < pairs; ++i) {
    std::size_t at = members[rng.below(members.size())];
    const std::size_t target = members[rng.below(members.size())];
    if (at == target) continue;
    ++out.drawn;
    const NodeId& id = ring.at(target).node().id();
    std::size_t hops = 0;
    while (at != target && hops < most_hops) {
      const auto next = alive.find(next_of(ring, at, id));
      if (next == alive.end()) break;
      ++hops;
      at = next->second;
    }
    if (at != target) continue;
    ++out.arrived;
    total += static_cast<double>(hops);
    out.most = std::max(out.most, static_cast<double>(hops));
  }
  if (out.arrived > 0) out.mean = total / static_cast<double>(out.arrived);
  return out;
}

}  // namespace ipop::test_support
