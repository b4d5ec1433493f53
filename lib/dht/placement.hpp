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

/// Where records belong, as this node sees the ring: for each replica position with the node nearest to it (the holder)
/// and the second nearest, which is the nearest when the holder dies.
struct Placement {
  const Bytes& name_space;
  const RingView& view;

  [[nodiscard]] NodeId place(const Key& key, unsigned position) const {
    return place_of(position_of(name_space, key.kind, key.name), position);
  }
};

/// A record changed here: the holder gets it, or, when that is this node, the second nearest. `source` is who sent it
/// to us, and has it.
void replicate(const Placement& placement, const EntryKey& key, PositionSet positions, std::optional<NodeId> source,
               HandoverQueue& queue);

/// The ring looked like `before`: who keeps a record now and did not is given it, by one node: by who keeps it no
/// longer, since a newcomer stands nearer; else by who still does. `newcomers`: nodes that may still wait for what one
/// who is gone was to give.
void move_entries(const Placement& placement, const Store& store, const RingView& before,
                  const std::vector<NodeId>& newcomers, HandoverQueue& queue);

/// The ring has grown to 8 positions: holders of an even one send copies to the odd one after it.
void spread_to_odd_positions(const Placement& placement, const Store& store, HandoverQueue& queue);

/// `node`, which nobody saw go, has started with nothing: it gets what it keeps together with us.
void supply(const Placement& placement, const Store& store, const NodeId& node, HandoverQueue& queue);

/// Records for whose positions others stand go to them.
void pass_on_strays(const Placement& placement, const Store& store, HandoverQueue& queue);
/// Those of `positions` that others keep.
PositionSet strays_among(const Placement& placement, const Key& key, PositionSet positions);

}  // namespace ipop::dht
