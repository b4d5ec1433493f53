#pragma once

#include "base/node_id.hpp"
#include "base/token_buckets.hpp"

namespace ipop::overlay {

/// How much this node does because others say so.
///
/// The source of a routed packet can be invented. What is sure is the link that it came over, so requests count by
/// that.
class ForeignRequests {
 public:
  // While a ring forms around one bootstrap node, its link brings some ten requests a second to each member.
  static constexpr Duration request_time = std::chrono::milliseconds(60);
  static constexpr unsigned request_burst = 64;
  // A bootstrap node passes on what each of some hundred newcomers asks, over a few links.
  static constexpr Duration forward_time = std::chrono::milliseconds(15);
  static constexpr unsigned forward_burst = 256;

  /// A request that came over the link to `hop` may be answered, and followed.
  bool may_answer(TimePoint now, const NodeId& hop) { return answered_.take(now, hop); }
  /// One that came over it may go on to another node.
  bool may_pass_on(TimePoint now, const NodeId& hop) { return passed_on_.take(now, hop); }

 private:
  TokenBuckets<NodeId> answered_{request_time, request_burst, 1024};
  TokenBuckets<NodeId> passed_on_{forward_time, forward_burst, 1024};
};

}  // namespace ipop::overlay
