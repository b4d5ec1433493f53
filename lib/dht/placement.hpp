#pragma once

#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/node_id.hpp"
#include "dht/handover.hpp"
#include "dht/key.hpp"
#include "dht/ring_view.hpp"
#include "dht/store.hpp"

namespace ipop::dht {

/// Where records belong, as this node sees the ring: for each replica position with the node
/// nearest to it (the holder), and a copy with the two nodes next to the holder, so that the death
/// of a holder loses nothing: one of the two is the nearest then.
struct Placement {
  const Bytes& name_space;
  const RingView& view;

  [[nodiscard]] NodeId place(const Key& key, unsigned position) const {
    return place_of(position_of(name_space, key.kind, key.name), position);
  }
};

/// A record changed here: the holder gets it, or, when that is this node, the nodes next to it.
/// `source` is who sent it to us, and has it.
void replicate(const Placement& placement, const EntryKey& key, PositionSet positions, std::optional<NodeId> source,
               HandoverQueue& queue);

/// The ring looked like `before`: records go to new holders and to new neighbours. One node gives each of them: who
/// held it, or who sees that this one is gone and stands beside. `newcomers`: nodes that may still wait for what one
/// who is gone was to give.
void move_entries(const Placement& placement, const Store& store, const RingView& before,
                  const std::vector<NodeId>& newcomers, HandoverQueue& queue);

/// The ring has grown to 8 positions: holders of an even one send copies to the odd one after it.
void spread_to_odd_positions(const Placement& placement, const Store& store, HandoverQueue& queue);

/// `node` has started with nothing: it gets what it holds in our place, and copies of what we hold when it stands next
/// to us.
void supply(const Placement& placement, const Store& store, const NodeId& node, HandoverQueue& queue);

/// Records for whose positions others stand go to them.
void pass_on_strays(const Placement& placement, const Store& store, HandoverQueue& queue);

}  // namespace ipop::dht
