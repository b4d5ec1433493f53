#pragma once

#include <cassert>
#include <memory>
#include <utility>

#include "base/wall_clock.hpp"
#include "crypto/trust_store.hpp"

namespace ipop::crypto {

/// On what a node judges others: who is a member, and what time it is. The node has one and sets it; its parts ask it
/// whenever they judge, so that no two of them go by different lists. What has to be done when another list holds (a
/// channel to be closed, a record to be dropped) they do when the node tells them so: handle_trust_changed().
class Basis {
 public:
  /// UTC at `now`.
  void set_wall_time(TimePoint now, WallTime wall) { clock_.set(now, wall); }
  /// An open group's rule holds until the first call.
  void set_trust(std::shared_ptr<const TrustStore> trust) {
    assert(trust != nullptr);
    if (!trust->is_same_group(*trust_)) ++group_;
    trust_ = std::move(trust);
  }

  [[nodiscard]] const WallClock& clock() const { return clock_; }
  [[nodiscard]] WallTime wall_at(TimePoint now) const { return clock_.at(now); }
  [[nodiscard]] const std::shared_ptr<const TrustStore>& trust() const { return trust_; }
  /// Another number: trust() has become another group's, and is not only one with a newer list.
  [[nodiscard]] unsigned group() const { return group_; }

 private:
  WallClock clock_;
  std::shared_ptr<const TrustStore> trust_ = TrustStore::open_group();
  unsigned group_ = 0;
};

}  // namespace ipop::crypto
