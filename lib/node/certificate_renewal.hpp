#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/time.hpp"

namespace ipop::node {

/// When this node asks for its next certificate: at two thirds of the life of the present one, and again
/// after each failure, until that one has ended. Whoever owns the node does the asking.
class CertificateRenewal {
 public:
  /// `chance` is the member's own, so that members who were signed for on one day ask at different times.
  CertificateRenewal(WallTime not_before, WallTime not_after, std::uint64_t chance);

  /// Whether to ask at `wall`: it is time, and nobody asks already. True once until handle_failure().
  [[nodiscard]] bool take_request(WallTime wall);
  /// What was asked for did not come; `reason` is for a person.
  void handle_failure(WallTime wall, std::string reason);
  /// A sentence for a person, after a failure.
  [[nodiscard]] std::optional<std::string> notice(WallTime wall) const;
  /// Look again after this time; none while somebody asks, and after the end.
  [[nodiscard]] std::optional<std::chrono::seconds> look_after(WallTime wall) const;

 private:
  WallTime not_after_;
  WallTime next_;
  bool asking_ = false;
  std::string failure_;  // empty: none yet
};

}  // namespace ipop::node
