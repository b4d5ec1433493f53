#pragma once

#include <optional>
#include <vector>

#include "base/expiring_map.hpp"
#include "base/node_id.hpp"
#include "base/time.hpp"

namespace ipop::overlay {

/// Peers that traffic wants a link to; each is wanted until `idle` after the last packet.
class OnDemandLinks {
 public:
  static constexpr std::size_t max_wanted = 512;

  explicit OnDemandLinks(Duration idle) : idle_(idle), wanted_(max_wanted) {}

  /// Traffic for or from `peer`. At the bound the one idle for longest gives way.
  void touch(TimePoint now, const NodeId& peer) { wanted_.put(now, peer, now, now + idle_); }
  [[nodiscard]] bool is_wanted(TimePoint now, const NodeId& peer) const { return wanted_.find(peer, now) != nullptr; }
  /// Ends what has been idle for too long; true when something did.
  bool handle_timeout(TimePoint now) {
    bool ended = false;
    while (wanted_.take_expired(now))
      ended = true;
    return ended;
  }
  [[nodiscard]] std::vector<NodeId> wanted() const {
    std::vector<NodeId> out;
    wanted_.for_each([&](const NodeId& peer, TimePoint) { out.push_back(peer); });
    return out;
  }
  [[nodiscard]] std::optional<TimePoint> deadline() const { return wanted_.next_end(); }
  [[nodiscard]] Duration idle() const { return idle_; }

 private:
  Duration idle_;
  ExpiringMap<NodeId, TimePoint, Endings::taken> wanted_;
};

}  // namespace ipop::overlay
