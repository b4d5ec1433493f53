#pragma once

#include <vector>

#include "base/node_id.hpp"

namespace ipop::overlay {

/// What this node sees of the ring next to it.
struct RingView {
  NodeId self{};
  std::vector<NodeId> clockwise{};          ///< near links, nearest first
  std::vector<NodeId> counter_clockwise{};  ///< near links, nearest first
  std::vector<NodeId> beyond_clockwise{};   ///< who follows the last of `clockwise`, in order
  std::vector<NodeId> beyond_counter_clockwise{};
};

/// Nodes in the ring, at least 1 (Manku, Bawa, Raghavan 2003, 3.3: from the arcs between
/// neighbours). Exact as long as the view closes around the ring; else the number of arcs over the
/// part of the ring that they cover, less one so that the estimate has no bias.
std::size_t estimate_ring_size(const RingView& view);

}  // namespace ipop::overlay
