#include "overlay/relay.hpp"

#include <algorithm>

namespace ipop::overlay {

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

std::uint8_t load_to_tell(std::uint8_t told, std::uint8_t load) {
  constexpr std::uint8_t least = 5;  // 16 KiB/s
  constexpr std::uint8_t doublings = 2;
  if (std::max(told, load) - std::min(told, load) < doublings) return told;
  return load < least ? std::uint8_t{0} : load;
}

}  // namespace ipop::overlay
