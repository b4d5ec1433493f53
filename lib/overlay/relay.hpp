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

/// Status::relay_load of a member that told `told` last and now relays `load` (RelayQueue::load). Another one only when
/// peers should choose another relay, or this one again: each of them is told. What the handshakes and keep-alives of a
/// few pairs make is no load.
std::uint8_t load_to_tell(std::uint8_t told, std::uint8_t load);

}  // namespace ipop::overlay
