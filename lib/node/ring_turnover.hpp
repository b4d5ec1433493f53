#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <vector>

#include "base/node_id.hpp"
#include "base/time.hpp"

namespace ipop::node {

/// Whether a node that holds an address has come among others: who was in the smaller part of a ring that was split,
/// or whose neighbours died all together. Then it looks whether the address is still its own. A neighbour that comes or
/// goes brings nobody who holds the address as well; where two records of it meet, their keeper tells
/// (dht::Dht::Contested).
class RingTurnover {
 public:
  /// Who came earlier is no sign of another part of the ring: members come and go all the time.
  static constexpr Duration is_new_for = std::chrono::minutes(5);

  /// True when it is time for a look; that counts as one. Who holds no address yet asks the ring as it is when he
  /// claims one.
  [[nodiscard]] bool handle_neighbours(TimePoint now, const std::vector<NodeId>& neighbours, bool holds_address) {
    std::erase_if(since_,
                  [&](const auto& entry) { return std::ranges::find(neighbours, entry.first) == neighbours.end(); });
    for (const NodeId& id : neighbours)
      since_.try_emplace(id, now);
    if (!holds_address) looked_ = now;
    const auto came = std::ranges::count_if(since_, [&](const auto& entry) {
      return entry.second + is_new_for > now && (!looked_ || entry.second > *looked_);
    });
    if (2 * static_cast<std::size_t>(came) <= since_.size()) return false;
    looked_ = now;
    return true;
  }
  void clear() {
    since_.clear();
    looked_.reset();
  }

 private:
  std::map<NodeId, TimePoint> since_;  ///< neighbours
  std::optional<TimePoint> looked_;
};

}  // namespace ipop::node
