#pragma once

#include <vector>

#include "base/node_id.hpp"

namespace ipop::dht {

/// The part of the ring that a node sees: itself and its near neighbours.
class RingView {
 public:
  explicit RingView(const NodeId& self) : self_(self), nodes_{self} {}
  RingView(const NodeId& self, std::vector<NodeId> neighbours);

  /// The seen node that is nearest to `place`; of two at the same distance, the smaller id.
  [[nodiscard]] const NodeId& nearest(const NodeId& place) const;
  [[nodiscard]] bool is_self_nearest(const NodeId& place) const { return nearest(place) == self_; }
  /// The nodes next to ourselves, one on each side; one in a ring of two, none alone.
  [[nodiscard]] std::vector<NodeId> next_to_self() const;
  /// True when this node holds a copy for `place`: it is the nearest or stands next to the nearest.
  [[nodiscard]] bool is_responsible(const NodeId& place) const;
  [[nodiscard]] bool contains(const NodeId& node) const;
  [[nodiscard]] const std::vector<NodeId>& nodes() const { return nodes_; }  ///< ourselves as well, in the order of ids

  friend bool operator==(const RingView&, const RingView&) = default;

 private:
  NodeId self_;
  std::vector<NodeId> nodes_;  // sorted, without duplicates
};

}  // namespace ipop::dht
