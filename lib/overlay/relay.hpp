#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/expiring_map.hpp"
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

/// Counts what each pair sends through this node, and says when it is too much.
class RelayQuota {
 public:
  static constexpr std::size_t max_pairs = 1024;
  static constexpr Duration pair_lives = 60s;

  /// `rate`: octets a second for each pair, both directions together; a second's worth may come in
  /// one burst.
  explicit RelayQuota(std::uint64_t rate) : rate_(rate), pairs_(max_pairs) {}

  /// True when `octets` from `a` to `b` may pass now.
  bool admit(TimePoint now, const NodeId& a, const NodeId& b, std::size_t octets);
  /// log2 of the KiB/s relayed lately for all pairs together, 0 for none.
  [[nodiscard]] std::uint8_t load(TimePoint now) const;

 private:
  struct Bucket {
    double octets = 0;
    TimePoint filled{};
  };

  std::uint64_t rate_;
  ExpiringMap<std::pair<NodeId, NodeId>, Bucket> pairs_;
  double recent_ = 0;  ///< octets, halved every few seconds
  TimePoint recent_at_{};
};

}  // namespace ipop::overlay
