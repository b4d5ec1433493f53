#pragma once

#include <bitset>
#include <cstddef>
#include <span>

#include "base/node_id.hpp"

namespace ipop::dht {

/// Replica positions of a key, numbered 0 to 7 clockwise from position_of().
constexpr unsigned max_replicas = 8;
/// In a small ring the copies stand at the even positions only.
constexpr unsigned few_replicas = 4;

/// One bit a replica position.
using PositionSet = std::bitset<max_replicas>;

/// More than half of the positions: 5 of 8, 3 of 4.
constexpr std::size_t majority_of(unsigned replicas) {
  return replicas / 2 + 1;
}

/// How many positions a ring of about `size_estimate` nodes uses, after it used `current`:
/// 8 from 16 nodes on, 4 below 12; between them what it was, so that a wavering estimate moves
/// nothing.
unsigned replicas_for(std::size_t size_estimate, unsigned current);

/// The numbers of the positions in use: all 8, or the even ones.
std::span<const unsigned> positions_in_use(unsigned replicas);

/// The place on the ring of position `index` of a key whose first replica stands at `first`.
NodeId place_of(const NodeId& first, unsigned index);

/// True when `positions` decide for a ring with `replicas` positions.
///
/// Of 8, two must be even: a node that still counts 4 decides with 3 of the even ones, so two
/// nodes with different views of the ring's size can't both have a majority.
bool is_majority(const PositionSet& positions, unsigned replicas);

/// True when the positions that are not in `lost` can still be a majority.
bool can_be_majority(const PositionSet& lost, unsigned replicas);

}  // namespace ipop::dht
