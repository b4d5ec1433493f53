#include "overlay/greedy_routing.hpp"

#include <algorithm>

namespace ipop::overlay {
namespace {

Hop next_hop_over(const LinkTable& links, const NodeId& self, const NodeId& destination, RouteMode mode,
                  const std::optional<NodeId>& exclude, const std::optional<NodeId>& previous, auto usable) {
  if (destination == self && exclude != self) return {Hop::Kind::here, self};
  const bool may_match = exclude != destination;
  if (may_match) {
    if (const Link* link = links.find(destination); link != nullptr && usable(*link))
      return {Hop::Kind::forward, destination};
  }

  const bool self_counts = exclude != self;
  const NodeId own_distance = ring_distance(self, destination);
  NodeId best{};
  NodeId best_ahead = own_distance;
  bool found = false;
  // Whether a link is usable is asked last: that takes longest, and few are in question.
  for (const auto& [peer, link] : links.all()) {
    if (peer == exclude) continue;
    if (may_match && peer != previous && std::ranges::find(link.neighbours, destination) != link.neighbours.end()) {
      if (usable(link)) return {Hop::Kind::forward, peer};
      continue;
    }
    const NodeId distance = ring_distance(peer, destination);
    if (self_counts && distance >= own_distance) continue;
    NodeId ahead = distance;
    for (const NodeId& neighbour : link.neighbours) {
      if (neighbour != exclude) ahead = std::min(ahead, ring_distance(neighbour, destination));
    }
    if ((found && ahead >= best_ahead) || !usable(link)) continue;
    best = peer;
    best_ahead = ahead;
    found = true;
  }
  if (found) return {Hop::Kind::forward, best};
  return mode == RouteMode::nearest ? Hop{Hop::Kind::here, self} : Hop{};
}

}  // namespace

Hop next_hop(const LinkTable& links, const NodeId& self, const NodeId& destination, RouteMode mode,
             const std::optional<NodeId>& exclude, const std::optional<NodeId>& previous) {
  const Hop sound = next_hop_over(links, self, destination, mode, exclude, previous,
                                  [](const Link& link) { return link.is_sound(); });
  if (sound.kind == Hop::Kind::forward) return sound;
  return next_hop_over(links, self, destination, mode, exclude, previous,
                       [](const Link& link) { return link.is_up(); });
}

}  // namespace ipop::overlay
