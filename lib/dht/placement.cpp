#include "dht/placement.hpp"

#include <algorithm>
#include <vector>

namespace ipop::dht {

namespace {

PositionSet only(unsigned position) {
  return PositionSet{}.set(position);
}

// By name where it is sure, since what goes to one node goes together.
HandoverTarget target_of(const RingView& view, const NodeId& place) {
  return view.covers(place) ? HandoverTarget{view.nearest(place), false} : HandoverTarget{place, true};
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
      queue.add(target_of(placement.view, place), key, only(position));
    }
  }
}

void move_entries(const Placement& placement, const Store& store, const RingView& before,
                  const std::vector<NodeId>& newcomers, HandoverQueue& queue) {
  const RingView& view = placement.view;
  const bool lost_any = std::ranges::any_of(before.nodes(), [&](const NodeId& node) { return !view.contains(node); });
  for_each_position(placement, store, [&](const EntryKey& key, unsigned position, const NodeId& first) {
    const NodeId place = place_of(first, position);
    const auto has_it = [&](const NodeId& node) { return before.contains(node) && before.keeps(node, place); };
    const NodeId& holder = view.nearest(place);
    if (holder == view.self()) {
      for (const NodeId& neighbour : view.next_to_self()) {
        if (!has_it(neighbour)) queue.add({neighbour, false}, key, only(position));
      }
      return;
    }
    const NodeId& former = before.nearest(place);
    const bool is_ours_to_give = former == view.self() || !view.contains(former);
    const bool waits_for_who_is_gone = lost_any && std::ranges::find(newcomers, holder) != newcomers.end();
    if ((is_ours_to_give && !has_it(holder)) || waits_for_who_is_gone) {
      queue.add(target_of(view, place), key, only(position));
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
  const RingView& view = placement.view;
  const auto beside = view.next_to_self();
  const bool stands_beside = std::ranges::find(beside, node) != beside.end();
  const RingView without = view.without(node);
  for_each_position(placement, store, [&](const EntryKey& key, unsigned position, const NodeId& first) {
    const NodeId place = place_of(first, position);
    const bool in_our_place = view.nearest(place) == node && without.is_self_nearest(place);
    if (in_our_place || (stands_beside && view.is_self_nearest(place))) queue.add({node, false}, key, only(position));
  });
}

void pass_on_strays(const Placement& placement, const Store& store, HandoverQueue& queue) {
  for_each_position(placement, store, [&](const EntryKey& key, unsigned position, const NodeId& first) {
    const NodeId place = place_of(first, position);
    if (!placement.view.is_responsible(place)) queue.add(target_of(placement.view, place), key, only(position));
  });
}

}  // namespace ipop::dht
