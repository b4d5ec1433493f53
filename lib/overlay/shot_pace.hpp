#pragma once

#include "base/token_buckets.hpp"
#include "net/endpoint.hpp"
#include "overlay/candidates.hpp"

namespace ipop::overlay {

/// How many first messages go to endpoints that somebody named, which can be anybody's: an endpoint that never spoke to
/// us counts by its address.
class ShotPace {
 public:
  // Five machines behind one address can be reached in a second, and one again and again.
  static constexpr Duration shot_time = std::chrono::milliseconds(200);
  static constexpr unsigned shot_burst = 30;
  static constexpr Duration any_shot_time = std::chrono::milliseconds(3);
  static constexpr unsigned any_shot_burst = 600;

  /// A first message may go to an endpoint that somebody named.
  bool may_shoot(TimePoint now, const net::Endpoint& endpoint) {
    return any_shot_.take(now, 0) && shots_.take(now, place_of(endpoint));
  }

 private:
  TokenBuckets<net::Endpoint> shots_{shot_time, shot_burst, 4096};
  TokenBuckets<int> any_shot_{any_shot_time, any_shot_burst, 1};
};

}  // namespace ipop::overlay
