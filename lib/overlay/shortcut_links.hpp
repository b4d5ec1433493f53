#pragma once

#include <cstddef>
#include <optional>
#include <set>

#include "base/node_id.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"
#include "overlay/ring_size.hpp"

namespace ipop::overlay {

/// Long links a node of a ring of `n` wants: half of ceil(log2 n), rounded up, and 2 at the least; none while the near
/// links reach everybody.
std::size_t shortcuts_wanted(std::size_t n);
/// How many shortcuts of others a node of a ring of `n` takes: four times as many as it wants itself. Draws fall on
/// nodes by the arc before them, one in eleven on an arc of more than four times the mean.
std::size_t shortcuts_accepted(std::size_t n);
/// A point at a distance x = n^(u-1) of the ring clockwise from `self`, u uniform in [0, 1): the
/// harmonic density of Symphony (Manku, Bawa, Raghavan 2003).
NodeId draw_shortcut_target(const NodeId& self, double n, Rng& rng);

/// Keeps the number of shortcuts right: one draw at a time, back-off when draws find nothing new. In a ring of another
/// size than the one that they were drawn for they stay good: the harmonic densities of two rings differ in the
/// shortest distances only. A ring that has grown wants some more; one that shrinks takes the shortcuts to those that
/// leave away.
class ShortcutLinks {
 public:
  static constexpr Duration pause = 200ms;  ///< between two draws while some are missing
  static constexpr Duration retry_first = 1s;
  static constexpr Duration retry_longest = 60s;

  /// The ring has `n` nodes as far as this one can tell now.
  void handle_ring_size(TimePoint now, std::size_t n);
  /// The target to look up now, if a shortcut is missing and no draw is running.
  std::optional<NodeId> take_draw(TimePoint now, const NodeId& self, Rng& rng);
  /// The draw found `peer`: it is a shortcut from then on. Nothing: found nobody, or nobody new.
  void handle_drawn(TimePoint now, const std::optional<NodeId>& peer, Rng& rng);
  void handle_lost(const NodeId& peer) { peers_.erase(peer); }
  void clear();

  [[nodiscard]] bool contains(const NodeId& peer) const { return peers_.contains(peer); }
  [[nodiscard]] const std::set<NodeId>& peers() const { return peers_; }
  [[nodiscard]] std::size_t size() const { return peers_.size(); }
  /// Of others, as many as this node takes at most.
  [[nodiscard]] std::size_t accepted() const;
  [[nodiscard]] std::optional<TimePoint> deadline() const;

 private:
  SteadySize ring_;
  std::size_t wanted_ = 0;
  std::set<NodeId> peers_;
  bool drawing_ = false;
  TimePoint next_draw_{};
  Duration delay_ = retry_first;
};

}  // namespace ipop::overlay
