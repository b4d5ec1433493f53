#pragma once

#include <optional>
#include <set>
#include <vector>

#include "base/node_id.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"

namespace ipop::overlay {

/// When and where a node asks who stands next to it on the ring.
///
/// Whoever is nearest to its place may keep silent or lie. So the question is repeated soon, over other links,
/// until two nodes have answered; and the repetitions go to points on both sides of the place as well, further
/// away each time, past whoever keeps silent: who is asked there names the nodes next to the asker all the same.
class PlaceSearch {
 public:
  static constexpr std::size_t voices_wanted = 2;
  /// Doubles while there are fewer voices. Four hops of 50 ms, one to a neighbour, and back are sooner.
  static constexpr Duration repeat_first = 600ms;
  static constexpr Duration repeat_longest = 45s;  ///< +- a third: heals what split

  /// A look-up begins: the points to ask for, the place itself first. `ring_size` as far as it is known.
  std::vector<NodeId> begin(TimePoint now, const NodeId& place, std::size_t ring_size, Rng& rng);
  void handle_answer(const NodeId& source);
  /// The next look-up is due at once: a neighbour was lost.
  void hurry(TimePoint now) {
    next_ = now;
    hurried_ = true;
  }
  /// All links are lost.
  void clear();

  /// Somebody has answered.
  [[nodiscard]] bool is_known() const { return !voices_.empty(); }
  /// A look-up has begun, voices are missing, and its time is not over.
  [[nodiscard]] bool is_waiting(TimePoint now) const { return !has_voices() && next_ && *next_ > now; }
  /// The first look-up is under way: the nodes next to the place are about to name themselves and one another. Whom
  /// others name meanwhile is most likely further away.
  [[nodiscard]] bool is_listening(TimePoint now) const { return listens_until_ && *listens_until_ > now; }
  [[nodiscard]] std::optional<TimePoint> listens_until() const { return listens_until_; }
  /// As many have as the search is for: it goes on only to heal what split.
  [[nodiscard]] bool has_voices() const { return voices_.size() >= voices_wanted; }
  /// Two look-ups brought too few voices.
  [[nodiscard]] bool is_in_vain() const { return !has_voices() && repeated_ > 2; }
  /// The look-up that began last is for what split, and for nothing that this node lacks.
  [[nodiscard]] bool only_heals() const { return only_heals_; }
  [[nodiscard]] std::optional<TimePoint> deadline() const { return next_; }

 private:
  std::set<NodeId> voices_;  // at most voices_wanted
  unsigned repeated_ = 0;    // look-ups for want of voices
  bool hurried_ = false;     // the next one is since a neighbour was lost
  bool only_heals_ = false;
  std::optional<TimePoint> next_;
  std::optional<TimePoint> listens_until_;
};

}  // namespace ipop::overlay
