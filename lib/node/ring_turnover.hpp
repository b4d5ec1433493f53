#pragma once

#include <algorithm>
#include <vector>

#include "base/node_id.hpp"

namespace ipop::node {

/// Whether a node has come among other neighbours than it had when it last looked whether its address is still its
/// own: who was in the smaller part of a ring that was split, or whose neighbours died all together. A neighbour that
/// comes or goes brings nobody who holds the address as well; where two records of it meet, their keeper tells
/// (dht::Dht::Contested).
class RingTurnover {
 public:
  /// True when it is time for a look; that counts as one.
  [[nodiscard]] bool handle_neighbours(const std::vector<NodeId>& neighbours) {
    const auto stayed = std::ranges::count_if(
        neighbours, [&](const NodeId& id) { return std::ranges::find(seen_, id) != seen_.end(); });
    if (2 * static_cast<std::size_t>(stayed) >= neighbours.size() && !seen_.empty()) return false;
    seen_ = neighbours;
    return true;
  }
  void clear() { seen_.clear(); }

 private:
  std::vector<NodeId> seen_;
};

}  // namespace ipop::node
