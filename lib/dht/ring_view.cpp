#include "dht/ring_view.hpp"

#include <algorithm>
#include <utility>

namespace ipop::dht {

RingView::RingView(const NodeId& self, std::vector<NodeId> neighbours) : self_(self), nodes_(std::move(neighbours)) {
  nodes_.push_back(self);
  std::ranges::sort(nodes_);
  nodes_.erase(std::unique(nodes_.begin(), nodes_.end()), nodes_.end());
}

const NodeId& RingView::nearest(const NodeId& place) const {
  return *std::ranges::min_element(nodes_, {}, [&](const NodeId& node) { return ring_distance(node, place); });
}

std::vector<NodeId> RingView::next_to_self() const {
  if (nodes_.size() < 2) return {};
  const auto at = static_cast<std::size_t>(std::ranges::lower_bound(nodes_, self_) - nodes_.begin());
  const NodeId& after = nodes_[(at + 1) % nodes_.size()];
  const NodeId& before = nodes_[(at + nodes_.size() - 1) % nodes_.size()];
  if (after == before) return {after};
  return {before, after};
}

Keepers RingView::keepers(const NodeId& place) const {
  Keepers out{nearest(place), std::nullopt};
  NodeId second_distance{};
  for (const NodeId& node : nodes_) {
    if (node == out.holder) continue;
    const NodeId distance = ring_distance(node, place);
    if (out.second && distance >= second_distance) continue;
    out.second = node;
    second_distance = distance;
  }
  return out;
}

bool RingView::may_be_self_keeper(const NodeId& place) const {
  const NodeId& holder = nearest(place);
  if (holder == self_) return true;
  const auto beside = next_to_self();
  return std::ranges::find(beside, holder) != beside.end();
}

std::size_t RingView::index_of(const NodeId& node) const {
  return static_cast<std::size_t>(std::ranges::lower_bound(nodes_, node) - nodes_.begin());
}

bool RingView::sees_behind(std::size_t index) const {
  const std::size_t count = nodes_.size();
  const std::size_t steps = (index + count - index_of(self_)) % count;
  const std::size_t per_side = (count - 1) / 2;
  return steps < per_side || steps >= count - per_side;
}

bool RingView::covers(const NodeId& place) const {
  const std::size_t after = index_of(place);
  return sees_behind((after + nodes_.size() - 1) % nodes_.size());
}

RingView RingView::without(const std::vector<NodeId>& nodes) const {
  RingView out = *this;
  std::erase_if(out.nodes_,
                [&](const NodeId& node) { return node != self_ && std::ranges::find(nodes, node) != nodes.end(); });
  return out;
}

bool RingView::contains(const NodeId& node) const {
  return std::ranges::binary_search(nodes_, node);
}

}  // namespace ipop::dht
