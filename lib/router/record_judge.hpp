#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/wall_clock.hpp"
#include "crypto/basis.hpp"
#include "dht/record.hpp"
#include "dht/witness.hpp"
#include "router/lease_record.hpp"

namespace ipop::router {

/// By what a router judges records: the group's rule, and the node's basis. The router has one, and its parts ask it.
class RecordJudge {
 public:
  /// The basis and `grants` outlive this; null: the ring gives out every name.
  RecordJudge(Bytes name_space, const crypto::Basis& basis, const dht::GrantRule* grants = nullptr)
      : name_space_(std::move(name_space)), basis_(basis), grants_(grants) {}

  [[nodiscard]] const Bytes& name_space() const { return name_space_; }
  [[nodiscard]] const WallClock& clock() const { return basis_.clock(); }
  [[nodiscard]] WallTime wall_at(TimePoint now) const { return basis_.wall_at(now); }
  [[nodiscard]] dht::Group group() const { return {name_space_, basis_.trust().get(), grants_}; }
  /// Which of the records says who has `name`.
  [[nodiscard]] std::optional<std::size_t> prevailing(TimePoint now, const std::vector<dht::Record>& records,
                                                      ByteSpan name) const {
    return router::prevailing(records, name, group(), wall_at(now));
  }

 private:
  Bytes name_space_;
  const crypto::Basis& basis_;
  const dht::GrantRule* grants_;
};

}  // namespace ipop::router
