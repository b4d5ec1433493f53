#include "overlay/place_search.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ipop::overlay {
namespace {

/// Of the mean distance between two nodes: the first step past the nearest one.
constexpr double first_step = 1.5;
/// Less than half of the ring on each side.
constexpr double longest_step = 0.4;

}  // namespace

std::vector<NodeId> PlaceSearch::begin(TimePoint now, const NodeId& place, std::size_t ring_size, Rng& rng) {
  std::vector<NodeId> points{place};
  only_heals_ = has_voices() && !std::exchange(hurried_, false);
  if (has_voices()) {
    next_ = now + rng.jitter(repeat_longest, 1.0 / 3.0);
    return points;
  }
  if (repeated_ > 0) {
    const double gap = 1.0 / static_cast<double>(std::max<std::size_t>(ring_size, 1));
    const NodeId step =
        ring_fraction(std::min(longest_step, std::ldexp(first_step * gap, static_cast<int>(repeated_) - 1)));
    points.push_back(place + step);
    points.push_back(place - step);
  }
  constexpr unsigned most_doublings = 7;
  next_ =
      now +
      rng.jitter(std::min<Duration>(repeat_longest, repeat_first * (1U << std::min(repeated_, most_doublings))), 0.2);
  if (repeated_ == 0) listens_until_ = next_;
  repeated_ = std::min(repeated_ + 1, most_doublings);
  return points;
}

void PlaceSearch::handle_answer(const NodeId& source) {
  if (voices_.size() < voices_wanted) voices_.insert(source);
}

void PlaceSearch::clear() {
  voices_.clear();
  repeated_ = 0;
  next_.reset();
  listens_until_.reset();
}

}  // namespace ipop::overlay
