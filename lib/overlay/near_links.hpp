#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/node_id.hpp"
#include "base/time.hpp"

namespace ipop::overlay {

/// The `per_side` ids of `ids` that come first clockwise and counter-clockwise from `self`, without
/// doubles and without `self`, in ring order from `self`.
std::vector<NodeId> nearest_on_both_sides(const NodeId& self, const std::set<NodeId>& ids, std::size_t per_side);

/// Knows who may be next to this node on the ring, and says to whom a near link is missing.
///
/// Ids are learned from answers to connect-to-me and from the neighbours' lists; only those that
/// could still matter are kept, each for `known_lives` after it was last
/// heard of.
class NearLinks {
 public:
  static constexpr std::size_t most_known = 64;
  static constexpr std::size_t kept_per_side = 8;  ///< of them, when the bound is reached
  static constexpr Duration known_lives = 60s;

  explicit NearLinks(const NodeId& self) : self_(self) {}

  /// `via` has a link to `id`, or at least said so; `via` == `id` when it spoke itself.
  void learn(TimePoint now, const NodeId& id, const NodeId& via);
  /// `id` left, or can't be reached: whoever still names it is heard again.
  void forget(const NodeId& id);
  void clear() { known_.clear(); }

  struct Missing {
    NodeId id{};
    NodeId via{};
  };
  /// The nodes among the `per_side` nearest of `linked` and the known ones to which there is no
  /// link. `linked`: at least the `per_side` nearest links each way. `skip(id)`: not counted, because
  /// it failed lately.
  [[nodiscard]] std::vector<Missing> missing(TimePoint now, const std::vector<NodeId>& linked, std::size_t per_side,
                                             const std::function<bool(const NodeId&)>& skip) const;
  [[nodiscard]] std::size_t size() const { return known_.size(); }

 private:
  struct Known {
    NodeId via{};
    TimePoint heard{};
  };
  void trim(TimePoint now);

  NodeId self_;
  std::map<NodeId, Known> known_;
};

}  // namespace ipop::overlay
