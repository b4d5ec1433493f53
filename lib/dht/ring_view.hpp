#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/node_id.hpp"

namespace ipop::dht {

/// Who keeps the records of a place: the node nearest to it, and the one that would be, were this one not there.
struct Keepers {
  NodeId holder{};
  std::optional<NodeId> second{};  ///< none where a node is alone

  [[nodiscard]] bool contains(const NodeId& node) const { return node == holder || node == second; }
};

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
  /// Among the seen nodes.
  [[nodiscard]] Keepers keepers(const NodeId& place) const;
  [[nodiscard]] bool is_self_keeper(const NodeId& place) const { return keepers(place).contains(self_); }
  /// This node is the nearest to `place` or stands next to that one: it is one of the keepers, or may be to who sees
  /// the ring a little differently.
  [[nodiscard]] bool may_be_self_keeper(const NodeId& place) const;
  [[nodiscard]] bool contains(const NodeId& node) const;
  /// `place` lies between nodes that are seen: nobody else is nearer to it.
  [[nodiscard]] bool covers(const NodeId& place) const;
  [[nodiscard]] const NodeId& self() const { return self_; }
  /// The same, had `nodes` not come.
  [[nodiscard]] RingView without(const std::vector<NodeId>& nodes) const;
  [[nodiscard]] const std::vector<NodeId>& nodes() const { return nodes_; }  ///< ourselves as well, in the order of ids

  friend bool operator==(const RingView&, const RingView&) = default;

 private:
  [[nodiscard]] std::size_t index_of(const NodeId& node) const;
  /// The next node clockwise of the one with this number is seen too: it is not on the other side of what lies beyond.
  [[nodiscard]] bool sees_behind(std::size_t index) const;

  NodeId self_;
  std::vector<NodeId> nodes_;  // sorted, without duplicates
};

}  // namespace ipop::dht
