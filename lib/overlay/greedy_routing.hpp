#pragma once

#include <optional>

#include "base/node_id.hpp"
#include "overlay/link_table.hpp"
#include "overlay/packet.hpp"

namespace ipop::overlay {

struct Hop {
  enum class Kind {
    here,     ///< this node takes the packet
    forward,  ///< `peer` gets it
    nowhere,  ///< mode exact, and nobody nearer is linked
  };
  Kind kind = Kind::nowhere;
  NodeId peer{};

  friend bool operator==(const Hop&, const Hop&) = default;
};

/// Where a packet goes from `self`.
///
/// Each hop is strictly nearer to the destination than the one before, so no packet circles; the
/// exceptions are exact matches, a link to the destination or a neighbour that has one. Among the
/// nearer links the one whose own neighbours come nearest is taken (one-step look-ahead).
/// Links whose probes go unanswered are used only where no other leads on.
/// `exclude` is never a hop and never counts as nearest: a node that looks for its own place sends
/// to its own id.
Hop next_hop(const LinkTable& links, const NodeId& self, const NodeId& destination, RouteMode mode,
             const std::optional<NodeId>& exclude, const std::optional<NodeId>& previous);

}  // namespace ipop::overlay
