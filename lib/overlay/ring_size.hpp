#pragma once

#include <vector>

#include "base/node_id.hpp"
#include "base/time.hpp"

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

/// The size of the ring without the noise of estimates from a few arcs, each of which may be half or twice the
/// truth: their mean over two minutes, on a logarithmic scale. Counts of small rings are taken as they are, and of
/// an estimate that is more than twice as large or less than half the mean keeps no further distance.
class SteadySize {
 public:
  static constexpr Duration averaged_over = 120s;
  static constexpr std::size_t counted_below = 32;

  /// The estimate is `n` from now on; at least 1.
  void handle_estimate(TimePoint now, std::size_t n);
  /// 1 before the first estimate.
  [[nodiscard]] double size() const;

 private:
  double mean_ = 0;    // logarithms to the base 2
  double latest_ = 0;  // and what held since `since_`
  TimePoint since_{};
};

}  // namespace ipop::overlay
