#include "overlay/shortcut_links.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace ipop::overlay {
namespace {

/// Up to here the near links of a node and of its neighbours reach everybody.
constexpr std::size_t small_ring = 8;

}  // namespace

std::size_t shortcuts_wanted(std::size_t n) {
  if (n <= small_ring) return 0;
  return std::max<std::size_t>(2, static_cast<std::size_t>(std::bit_width(n - 1)));
}

std::size_t shortcuts_accepted(std::size_t n) {
  return 2 * std::max<std::size_t>(2, shortcuts_wanted(n));
}

NodeId draw_shortcut_target(const NodeId& self, std::size_t n, Rng& rng) {
  const double x = std::pow(static_cast<double>(std::max<std::size_t>(n, 2)), rng.uniform() - 1.0);
  return self + ring_fraction(std::min(x, 0.999));
}

std::optional<NodeId> ShortcutLinks::take_draw(TimePoint now, const NodeId& self, std::size_t n, Rng& rng) {
  const std::size_t wanted = shortcuts_wanted(n);
  if (drawing_ || now < next_draw_ || wanted == 0) return std::nullopt;
  if (drawn_for_ == 0) drawn_for_ = n;
  if (n >= 2 * drawn_for_ || 2 * n <= drawn_for_) {
    outdated_ = peers_;
    drawn_for_ = n;
  }
  std::erase_if(outdated_, [&](const NodeId& id) { return !peers_.contains(id); });
  if (peers_.size() >= wanted) {
    if (outdated_.empty()) return std::nullopt;
    peers_.erase(*outdated_.begin());
    outdated_.erase(outdated_.begin());
    if (peers_.size() >= wanted) {
      next_draw_ = now + redraw_every;
      return std::nullopt;
    }
  }
  drawing_ = true;
  return draw_shortcut_target(self, n, rng);
}

void ShortcutLinks::handle_drawn(TimePoint now, const std::optional<NodeId>& peer, Rng& rng) {
  drawing_ = false;
  if (peer && peers_.insert(*peer).second) {
    delay_ = retry_first;
    next_draw_ = now + (outdated_.empty() ? pause : redraw_every);
    return;
  }
  next_draw_ = now + rng.jitter(delay_, 0.2);
  delay_ = std::min(delay_ * 2, Duration(retry_longest));
}

void ShortcutLinks::clear() {
  peers_.clear();
  outdated_.clear();
  drawn_for_ = 0;
  drawing_ = false;
  delay_ = retry_first;
}

std::optional<TimePoint> ShortcutLinks::deadline(std::size_t n) const {
  const std::size_t wanted = shortcuts_wanted(n);
  const bool redraw = drawn_for_ != 0 && (n >= 2 * drawn_for_ || 2 * n <= drawn_for_);
  const bool missing = peers_.size() < wanted || !outdated_.empty() || redraw;
  if (drawing_ || wanted == 0 || !missing) return std::nullopt;
  return next_draw_;
}

}  // namespace ipop::overlay
