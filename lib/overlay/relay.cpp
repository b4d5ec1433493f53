#include "overlay/relay.hpp"

#include <algorithm>
#include <cmath>

namespace ipop::overlay {
namespace {

constexpr double load_half_life = 5.0;  // seconds

double seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

std::optional<NodeId> choose_relay(const std::vector<RelayCandidate>& ours, const std::vector<RelayOffer>& theirs,
                                   const std::vector<NodeId>& avoid) {
  std::optional<NodeId> best;
  Duration best_cost{};
  for (const RelayCandidate& candidate : ours) {
    const auto offer = std::ranges::find(theirs, candidate.id, &RelayOffer::id);
    if (offer == theirs.end() || std::ranges::find(avoid, candidate.id) != avoid.end()) continue;
    const Duration cost = candidate.round_trip + std::chrono::milliseconds(offer->round_trip_ms) +
                          load_penalty * static_cast<int>(candidate.load);
    // Equal costs go to the smaller id, so that both ends choose the same relay.
    if (!best || cost < best_cost || (cost == best_cost && candidate.id < *best)) {
      best = candidate.id;
      best_cost = cost;
    }
  }
  return best;
}

bool RelayQuota::admit(TimePoint now, const NodeId& a, const NodeId& b, std::size_t octets) {
  const auto key = std::minmax(a, b);
  const std::pair<NodeId, NodeId> pair(key.first, key.second);
  const auto rate = static_cast<double>(rate_);
  Bucket bucket{rate, now};
  if (const Bucket* known = pairs_.find(pair, now)) {
    bucket.octets = std::min(rate, known->octets + rate * seconds(now - known->filled));
  }
  const auto wanted = static_cast<double>(octets);
  const bool admitted = bucket.octets >= wanted;
  if (admitted) {
    bucket.octets -= wanted;
    recent_ = recent_ * std::exp2(-seconds(now - recent_at_) / load_half_life) + wanted;
    recent_at_ = now;
  }
  pairs_.put(pair, bucket, now + pair_lives);
  return admitted;
}

std::uint8_t RelayQuota::load(TimePoint now) const {
  // A steady rate r gives recent_ = r * half_life / ln 2.
  const double octets = recent_ * std::exp2(-seconds(now - recent_at_) / load_half_life);
  const double kib = octets * 0.6931 / load_half_life / 1024.0;
  return kib < 1.0 ? std::uint8_t{0} : static_cast<std::uint8_t>(std::min(31.0, 1.0 + std::floor(std::log2(kib))));
}

}  // namespace ipop::overlay
