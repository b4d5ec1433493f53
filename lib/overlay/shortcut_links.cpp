#include "overlay/shortcut_links.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace ipop::overlay {
namespace {

/// Up to here the near links of a node and of its neighbours reach everybody.
constexpr std::size_t small_ring = 8;
/// The ring must have that much more or less than a power of two before one more or fewer is wanted.
constexpr double margin = 1.2;

std::size_t rounded(double n) {
  return static_cast<std::size_t>(std::lround(n));
}

}  // namespace

std::size_t shortcuts_wanted(std::size_t n) {
  if (n <= small_ring) return 0;
  const auto octaves = static_cast<std::size_t>(std::bit_width(n - 1));
  return std::max<std::size_t>(2, (octaves + 1) / 2);
}

std::size_t shortcuts_accepted(std::size_t n) {
  return 4 * std::max<std::size_t>(2, shortcuts_wanted(n));
}

NodeId draw_shortcut_target(const NodeId& self, double n, Rng& rng) {
  const double x = std::pow(std::max(n, 2.0), rng.uniform() - 1.0);
  return self + ring_fraction(std::min(x, 0.999));
}

void ShortcutLinks::handle_ring_size(TimePoint now, std::size_t n) {
  ring_.handle_estimate(now, n);
  const std::size_t nominal = shortcuts_wanted(rounded(ring_.size()));
  // A size beside a power of two makes no link come and go.
  const bool next_to_it = wanted_ != 0 && nominal != 0 && nominal <= wanted_ + 1 && wanted_ <= nominal + 1;
  if (!next_to_it || shortcuts_wanted(rounded(ring_.size() / margin)) > wanted_ ||
      shortcuts_wanted(rounded(ring_.size() * margin)) < wanted_) {
    wanted_ = nominal;
  }
}

std::size_t ShortcutLinks::accepted() const {
  return shortcuts_accepted(rounded(ring_.size()));
}

std::optional<NodeId> ShortcutLinks::take_draw(TimePoint now, const NodeId& self, Rng& rng) {
  if (drawing_ || now < next_draw_ || peers_.size() >= wanted_) return std::nullopt;
  drawing_ = true;
  return draw_shortcut_target(self, ring_.size(), rng);
}

void ShortcutLinks::handle_drawn(TimePoint now, const std::optional<NodeId>& peer, Rng& rng) {
  drawing_ = false;
  if (peer && peers_.insert(*peer).second) {
    delay_ = retry_first;
    next_draw_ = now + pause;
    return;
  }
  next_draw_ = now + rng.jitter(delay_, 0.2);
  delay_ = std::min(delay_ * 2, Duration(retry_longest));
}

void ShortcutLinks::clear() {
  ring_ = {};
  wanted_ = 0;
  peers_.clear();
  drawing_ = false;
  delay_ = retry_first;
}

std::optional<TimePoint> ShortcutLinks::deadline() const {
  if (drawing_ || peers_.size() >= wanted_) return std::nullopt;
  return next_draw_;
}

}  // namespace ipop::overlay
