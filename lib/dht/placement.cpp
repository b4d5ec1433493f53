#include "dht/placement.hpp"

#include <algorithm>
#include <optional>
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

/// Who gives what is kept at a place to those who keep it in `view` and did not in `before`. None where nobody who kept
/// it is left: whoever has it.
std::optional<NodeId> giver(const RingView& before, const RingView& view, const NodeId& place) {
  const Keepers former = before.keepers(place);
  const Keepers keepers = view.keepers(place);
  const auto is_pushed_out = [&](const NodeId& node) { return view.contains(node) && !keepers.contains(node); };
  if (former.second && is_pushed_out(*former.second)) return former.second;
  if (view.contains(former.holder)) return former.holder;
  return former.second && view.contains(*former.second) ? former.second : std::nullopt;
}

}  // namespace

void replicate(const Placement& placement, const EntryKey& key, PositionSet positions, std::optional<NodeId> source,
               HandoverQueue& queue) {
  const NodeId first = placement.place(key.key, 0);
  for (unsigned position = 0; position < max_replicas; ++position) {
    if (!positions.test(position)) continue;
    const NodeId place = place_of(first, position);
    const Keepers keepers = placement.view.keepers(place);
    if (keepers.holder == placement.view.self()) {
      if (keepers.second && keepers.second != source) queue.add({*keepers.second, false}, key, only(position));
    } else if (source != keepers.holder) {
      queue.add(target_of(placement.view, place), key, only(position));
    }
  }
}

void move_entries(const Placement& placement, const Store& store, const RingView& before,
                  const std::vector<NodeId>& newcomers, HandoverQueue& queue) {
  const RingView& view = placement.view;
  // Not those whom a newcomer pushed out of sight.
  const auto is_gone = [&](const NodeId& node) { return !view.contains(node) && view.covers(node); };
  const bool lost_any = std::ranges::any_of(before.nodes(), is_gone);
  const RingView settled = before.without(newcomers);
  for_each_position(placement, store, [&](const EntryKey& key, unsigned position, const NodeId& first) {
    const NodeId place = place_of(first, position);
    const Keepers former = before.keepers(place);
    const Keepers keepers = view.keepers(place);
    const bool is_ours_to_give = giver(before, view, place).value_or(view.self()) == view.self();
    // Who was to give it is gone, and may have been for a while.
    const auto gave = lost_any ? giver(settled, before, place) : std::nullopt;
    const bool is_ours_in_his_place =
        gave && is_gone(*gave) && giver(settled, view, place).value_or(view.self()) == view.self();
    const auto give_to = [&](const NodeId& node) {
      if (node == view.self()) return;
      const bool is_due = is_ours_to_give && !former.contains(node);
      if (is_due || (is_ours_in_his_place && !settled.contains(node)))
        queue.add(node == keepers.holder ? target_of(view, place) : HandoverTarget{node, false}, key, only(position));
    };
    give_to(keepers.holder);
    if (keepers.second) give_to(*keepers.second);
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
  for_each_position(placement, store, [&](const EntryKey& key, unsigned position, const NodeId& first) {
    const Keepers keepers = view.keepers(place_of(first, position));
    if (keepers.contains(node) && keepers.contains(view.self())) queue.add({node, false}, key, only(position));
  });
}

void pass_on_strays(const Placement& placement, const Store& store, HandoverQueue& queue) {
  for_each_position(placement, store, [&](const EntryKey& key, unsigned position, const NodeId& first) {
    const NodeId place = place_of(first, position);
    if (!placement.view.is_self_keeper(place)) queue.add(target_of(placement.view, place), key, only(position));
  });
}

PositionSet strays_among(const Placement& placement, const Key& key, PositionSet positions) {
  const NodeId first = placement.place(key, 0);
  for (unsigned position = 0; position < max_replicas; ++position) {
    if (positions.test(position) && placement.view.is_self_keeper(place_of(first, position))) positions.reset(position);
  }
  return positions;
}

}  // namespace ipop::dht
