#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/wall_clock.hpp"
#include "crypto/trust_store.hpp"
#include "dht/record.hpp"
#include "dht/witness.hpp"
#include "router/lease_record.hpp"

namespace ipop::router {

/// By what a router judges records: the group's rule, who is a member, what time it is. The router has one, and its
/// parts ask it.
class RecordJudge {
 public:
  /// `grants` outlives this; null: the ring gives out every name.
  explicit RecordJudge(Bytes name_space, const dht::GrantRule* grants = nullptr)
      : name_space_(std::move(name_space)), grants_(grants) {}

  void set_wall_time(TimePoint now, WallTime wall) { clock_.set(now, wall); }
  /// An open group's rule holds until the first call.
  void set_trust(std::shared_ptr<const crypto::TrustStore> trust) { trust_ = std::move(trust); }

  [[nodiscard]] const Bytes& name_space() const { return name_space_; }
  [[nodiscard]] const WallClock& clock() const { return clock_; }
  [[nodiscard]] WallTime wall_at(TimePoint now) const { return clock_.at(now); }
  [[nodiscard]] dht::Group group() const { return {name_space_, trust_.get(), grants_}; }
  /// Which of the records says who has `name`.
  [[nodiscard]] std::optional<std::size_t> prevailing(TimePoint now, const std::vector<dht::Record>& records,
                                                      ByteSpan name) const {
    return router::prevailing(records, name, group(), wall_at(now));
  }

 private:
  Bytes name_space_;
  const dht::GrantRule* grants_;
  std::shared_ptr<const crypto::TrustStore> trust_{};  // null before the first
  WallClock clock_;
};

}  // namespace ipop::router
