#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/node_id.hpp"
#include "base/time.hpp"
#include "overlay/back_off.hpp"

namespace ipop::overlay {

/// Direct links beyond those that the ring asks for. A node behind a NAT that hinders direct links may have all its
/// links through one member, and nobody to ask when that member dies; so it seeks a second one, among those that its
/// peers have direct links to.
class SpareLinks {
 public:
  static constexpr std::size_t direct_wanted = 2;
  /// Where nobody else can be linked directly, asking again and again helps little.
  static constexpr BackOff::Pace pace{.first = 5s, .longest = 600s, .stands = 60s};

  /// Told at each look: which peers have a direct link with this node, all of them or more than it needs.
  void handle_direct(TimePoint now, std::set<NodeId> direct) {
    direct_ = std::move(direct);
    if (!lacks()) {
      back_off_.handle_accepted(now);
    } else if (back_off_.stands(now, pace)) {
      back_off_ = BackOff();
    }
  }
  [[nodiscard]] bool lacks() const { return direct_.size() < direct_wanted; }
  [[nodiscard]] bool is_due(TimePoint now) const { return lacks() && back_off_.may_try(now); }
  /// One more member is tried.
  void handle_tried(TimePoint now, Rng& rng) { back_off_.handle_failed(now, pace, rng); }
  /// Whose links this node keeps for its own safety, as they are so few.
  [[nodiscard]] std::set<NodeId> kept() const { return direct_.size() <= direct_wanted ? direct_ : std::set<NodeId>{}; }
  /// When the next member may be tried; none while nothing is lacking.
  [[nodiscard]] std::optional<TimePoint> deadline() const {
    return lacks() ? std::optional(back_off_.not_before()) : std::nullopt;
  }

 private:
  std::set<NodeId> direct_;
  BackOff back_off_;
};

/// The member that most of the peers have a direct link to, as it is the likeliest to have one with this node too;
/// `may_seek` says which of them come into question.
template <class F>
std::optional<NodeId> most_linked(const std::vector<NodeId>& offered, F&& may_seek) {
  std::map<NodeId, std::size_t> votes;
  for (const NodeId& id : offered) {
    if (may_seek(id)) ++votes[id];
  }
  const auto best = std::ranges::max_element(votes, {}, [](const auto& entry) { return entry.second; });
  return best == votes.end() ? std::nullopt : std::optional(best->first);
}

}  // namespace ipop::overlay
