#pragma once

#include "base/node_id.hpp"
#include "base/token_buckets.hpp"
#include "net/endpoint.hpp"
#include "overlay/candidates.hpp"

namespace ipop::overlay {

/// How much this node does because others say so.
///
/// The source of a routed packet can be invented, and the endpoints that it names can be anybody's. What is
/// sure is the link that it came over, so requests count by that, and packets to an endpoint that never
/// spoke to us count by its address.
class ForeignRequests {
 public:
  // While a ring forms around one bootstrap node, its link brings some ten requests a second to each member.
  static constexpr Duration request_time = std::chrono::milliseconds(60);
  static constexpr unsigned request_burst = 64;
  // A bootstrap node passes on what each of some hundred newcomers asks, over a few links.
  static constexpr Duration forward_time = std::chrono::milliseconds(15);
  static constexpr unsigned forward_burst = 256;
  // Five machines behind one address can be reached in a second, and one again and again.
  static constexpr Duration shot_time = std::chrono::milliseconds(200);
  static constexpr unsigned shot_burst = 30;
  static constexpr Duration any_shot_time = std::chrono::milliseconds(3);
  static constexpr unsigned any_shot_burst = 600;
  /// Attempts that requests of one link started and that still run.
  static constexpr std::size_t seeks_a_hop = 48;

  /// A request that came over the link to `hop` may be answered, and followed.
  bool may_answer(TimePoint now, const NodeId& hop) { return answered_.take(now, hop); }
  /// One that came over it may go on to another node.
  bool may_pass_on(TimePoint now, const NodeId& hop) { return passed_on_.take(now, hop); }
  /// A first message may go to an endpoint that somebody named.
  bool may_shoot(TimePoint now, const net::Endpoint& endpoint) {
    return any_shot_.take(now, 0) && shots_.take(now, place_of(endpoint));
  }

 private:
  TokenBuckets<NodeId> answered_{request_time, request_burst, 1024};
  TokenBuckets<NodeId> passed_on_{forward_time, forward_burst, 1024};
  TokenBuckets<net::Endpoint> shots_{shot_time, shot_burst, 4096};
  TokenBuckets<int> any_shot_{any_shot_time, any_shot_burst, 1};
};

}  // namespace ipop::overlay
