#include "overlay/ring_size.hpp"

#include <algorithm>
#include <cmath>

namespace ipop::overlay {
namespace {

constexpr double most_nodes = 1e9;

/// The ids of both lists as a chain that starts at `self`, cut where it stops moving away from it:
/// from there on it has gone around the ring.
std::vector<NodeId> chain(const std::vector<NodeId>& near, const std::vector<NodeId>& beyond, auto distance,
                          bool& closed) {
  std::vector<NodeId> out;
  NodeId last{};
  out.reserve(near.size() + beyond.size());
  for (const auto* part : {&near, &beyond}) {
    for (const NodeId& id : *part) {
      const NodeId d = distance(id);
      if (d <= last) {
        closed = true;
        return out;
      }
      out.push_back(id);
      last = d;
    }
  }
  return out;
}

}  // namespace

std::size_t estimate_ring_size(const RingView& view) {
  bool closed = false;
  const auto right = chain(
      view.clockwise, view.beyond_clockwise, [&](const NodeId& id) { return id - view.self; }, closed);
  const auto left = chain(
      view.counter_clockwise, view.beyond_counter_clockwise, [&](const NodeId& id) { return view.self - id; }, closed);
  std::vector<NodeId> ids = right;
  ids.insert(ids.end(), left.begin(), left.end());
  ids.push_back(view.self);
  std::ranges::sort(ids);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  // The two chains share a node: together they go around.
  if (ids.size() < right.size() + left.size() + 1) closed = true;
  if (closed || right.empty() || left.empty()) return ids.size();

  const double covered = to_fraction(right.back() - view.self) + to_fraction(view.self - left.back());
  if (covered >= 1.0) return ids.size();
  const auto arcs = static_cast<double>(right.size() + left.size());
  const double estimate = std::min((arcs - 1.0) / std::max(covered, 1.0 / most_nodes), most_nodes);
  return std::max(ids.size(), static_cast<std::size_t>(std::lround(estimate)));
}

void SteadySize::handle_estimate(TimePoint now, std::size_t n) {
  const double past = std::chrono::duration<double>(now - since_) / std::chrono::duration<double>(averaged_over);
  mean_ += (latest_ - mean_) * (1.0 - std::exp(-past));
  since_ = now;
  latest_ = std::log2(static_cast<double>(std::max<std::size_t>(n, 1)));
  mean_ = n < counted_below ? latest_ : std::clamp(mean_, latest_ - 1.0, latest_ + 1.0);
}

double SteadySize::size() const {
  return std::exp2(mean_);
}

}  // namespace ipop::overlay
