#include "dht/placement.hpp"

#include <algorithm>
#include <vector>

namespace ipop::dht {

namespace {

PositionSet only(unsigned position) {
  return PositionSet{}.set(position);
}

// Calls visit(key, position, place of position 0) for every position of every confirmed entry; a grant stays
// where it was given until its put comes.
template <class F>
void for_each_position(const Placement& placement, const Store& store, F&& visit) {
  for (const auto& [key, entry] : store.entries()) {
    if (!entry.confirmed) continue;
    const NodeId first = placement.place(key.key, 0);
    for (unsigned position = 0; position < max_replicas; ++position) {
      if (entry.positions.test(position)) visit(key, position, first);
    }
  }
}

}  // namespace

void replicate(const Placement& placement, const EntryKey& key, PositionSet positions, std::optional<NodeId> source,
               HandoverQueue& queue) {
  const NodeId first = placement.place(key.key, 0);
  for (unsigned position = 0; position < max_replicas; ++position) {
    if (!positions.test(position)) continue;
    const NodeId place = place_of(first, position);
    if (placement.view.is_self_nearest(place)) {
      for (const NodeId& neighbour : placement.view.next_to_self()) {
        if (neighbour != source) queue.add({neighbour, false}, key, only(position));
      }
    } else if (source != placement.view.nearest(place)) {
      queue.add({place, true}, key, only(position));
    }
  }
}

void move_entries(const Placement& placement, const Store& store, const RingView& before, HandoverQueue& queue) {
  const RingView& view = placement.view;
  const auto had = before.next_to_self();
  for_each_position(placement, store, [&](const EntryKey& key, unsigned position, const NodeId& first) {
    const NodeId place = place_of(first, position);
    const bool same_holder = view.nearest(place) == before.nearest(place);
    if (view.is_self_nearest(place)) {
      for (const NodeId& neighbour : view.next_to_self()) {
        const bool has_copy = same_holder && std::ranges::find(had, neighbour) != had.end();
        if (!has_copy) queue.add({neighbour, false}, key, only(position));
      }
    } else if (!same_holder || !view.is_responsible(place)) {
      queue.add({place, true}, key, only(position));
    }
  });
}

void spread_to_odd_positions(const Placement& placement, const Store& store, HandoverQueue& queue) {
  for_each_position(placement, store, [&](const EntryKey& key, unsigned position, const NodeId& first) {
    if (position % 2 != 0 || !placement.view.is_self_nearest(place_of(first, position))) return;
    queue.add({place_of(first, position + 1), true}, key, only(position + 1));
  });
}

void supply(const Placement& placement, const Store& store, const NodeId& node, HandoverQueue& queue) {
  const auto beside = placement.view.next_to_self();
  const bool stands_beside = std::ranges::find(beside, node) != beside.end();
  for_each_position(placement, store, [&](const EntryKey& key, unsigned position, const NodeId& first) {
    const NodeId place = place_of(first, position);
    const bool is_holder = placement.view.nearest(place) == node;
    if (is_holder || (stands_beside && placement.view.is_self_nearest(place))) {
      queue.add({node, false}, key, only(position));
    }
  });
}

void pass_on_strays(const Placement& placement, const Store& store, HandoverQueue& queue) {
  for_each_position(placement, store, [&](const EntryKey& key, unsigned position, const NodeId& first) {
    const NodeId place = place_of(first, position);
    if (!placement.view.is_responsible(place)) queue.add({place, true}, key, only(position));
  });
}

}  // namespace ipop::dht
