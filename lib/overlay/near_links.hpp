#pragma once

#include <functional>
#include <optional>
#include <set>
#include <vector>

#include "base/flat_map.hpp"
#include "base/node_id.hpp"
#include "base/time.hpp"

namespace ipop::overlay {

/// The `per_side` ids of `ids` that come first clockwise and counter-clockwise from `self`, without
/// doubles and without `self`, in ring order from `self`.
std::vector<NodeId> nearest_on_both_sides(const NodeId& self, const std::set<NodeId>& ids, std::size_t per_side);

/// Knows who may be next to this node on the ring, and says to whom a near link is missing.
///
/// Ids are learned from answers to connect-to-me and from the neighbours' lists; only those that
/// could still matter are kept, each for `known_lives` after it was last heard of. An informant may name
/// so many at a time, and pays for those that do not answer: after a few of them it is not heard for a while.
class NearLinks {
 public:
  static constexpr std::size_t most_known = 64;
  static constexpr std::size_t kept_per_side = 8;  ///< of them, when the bound is reached
  static constexpr Duration known_lives = 60s;
  static constexpr std::size_t named_at_once = 12;  ///< by one informant: as many as a status lists
  // Of an honest neighbour's list all may be dead, when half of the ring dies at once: near ones on its two sides.
  static constexpr unsigned most_unanswered = 6;  ///< in muted_for, by one informant
  static constexpr Duration muted_for = 60s;

  explicit NearLinks(const NodeId& self) : self_(self) {}

  /// `via` has a link to `id`, or at least said so; `via` == `id` when it spoke itself.
  void learn(TimePoint now, const NodeId& id, const NodeId& via);
  /// Nobody answered under `id`: it is forgotten, and counts against whoever named it.
  void handle_unanswered(TimePoint now, const NodeId& id);
  /// `id` left, or can't be reached: whoever still names it is heard again.
  void forget(const NodeId& id);
  void clear() {
    known_.clear();
    unanswered_.clear();
  }

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
  struct Unanswered {
    unsigned ids = 0;
    TimePoint until{};
  };
  [[nodiscard]] bool is_heard(TimePoint now, const NodeId& informant) const;
  void trim(TimePoint now);

  NodeId self_;
  FlatMap<NodeId, Known> known_;
  FlatMap<NodeId, Unanswered> unanswered_;  // by informant
};

}  // namespace ipop::overlay
