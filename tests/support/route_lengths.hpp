#pragma once

#include <cstddef>

#include "base/rng.hpp"
#include "support/sim_ring.hpp"

namespace ipop::test_support {

/// Of routes between members that were drawn.
struct RouteLengths {
  std::size_t drawn = 0;  ///< a member to itself left out
  std::size_t arrived = 0;
  double mean = 0;  ///< hops of those that arrived
  double most = 0;
};

/// Follows each node's own next hop from one living member to another, `pairs` times.
RouteLengths measure_routes(SimRing& ring, Rng& rng, std::size_t pairs);

}  // namespace ipop::test_support
