#include "dht/replica_set.hpp"

#include <array>

namespace ipop::dht {

namespace {

constexpr std::array<unsigned, 8> all_positions{0, 1, 2, 3, 4, 5, 6, 7};
constexpr std::array<unsigned, 4> even_positions{0, 2, 4, 6};
constexpr PositionSet even_mask{0x55};

constexpr std::size_t many_from = 16;    // nodes; below it one node would stand for many of 8 positions
constexpr std::size_t few_below = 12;    // nodes; the gap is wider than the estimate of a small ring wavers
constexpr std::size_t even_of_many = 2;  // 2 of the 4 even ones meet any 3 of them

}  // namespace

unsigned replicas_for(std::size_t size_estimate, unsigned current) {
  if (size_estimate >= many_from) return max_replicas;
  if (size_estimate < few_below) return few_replicas;
  return current;
}

std::span<const unsigned> positions_in_use(unsigned replicas) {
  if (replicas == max_replicas) return all_positions;
  return even_positions;
}

NodeId place_of(const NodeId& first, unsigned index) {
  return ring_point(first, index, max_replicas);
}

bool is_majority(const PositionSet& positions, unsigned replicas) {
  const std::size_t even = (positions & even_mask).count();
  if (replicas != max_replicas) return even >= majority_of(replicas);
  return positions.count() >= majority_of(replicas) && even >= even_of_many;
}

bool can_be_majority(const PositionSet& lost, unsigned replicas) {
  return is_majority(~lost, replicas);
}

}  // namespace ipop::dht
