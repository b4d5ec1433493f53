#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/node_id.hpp"
#include "base/time.hpp"
#include "overlay/connect_to_me.hpp"

namespace ipop::overlay {

/// A direct link of this node, as a way to somebody else.
struct RelayCandidate {
  NodeId id{};
  Duration round_trip{};
  std::uint8_t load = 0;  ///< Status::relay_load
};

/// The best of our direct neighbours that the peer has a direct link to as well: the smallest sum
/// of both round trips, where each doubling of the relay's load counts like `load_penalty`.
/// `avoid` are those that failed just now. Nothing: no common neighbour.
std::optional<NodeId> choose_relay(const std::vector<RelayCandidate>& ours, const std::vector<RelayOffer>& theirs,
                                   const std::vector<NodeId>& avoid);
inline constexpr Duration load_penalty = 5ms;

}  // namespace ipop::overlay
