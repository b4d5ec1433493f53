#pragma once

#include <algorithm>

#include "base/time.hpp"

namespace ipop::desk {

/// How many requests that the policy turns away are written into the ledger. What is above this is turned away all the
/// same, but not written down, so that nobody can fill the disk with them.
class DenialPace {
 public:
  static constexpr double at_once = 100;
  static constexpr double a_second = 0.1;

  /// True when one more may be written.
  bool take(WallTime now) {
    left_ = std::clamp(left_ + static_cast<double>((now - since_).count()) * a_second, 0.0, at_once);
    since_ = now;
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
  }

 private:
  double left_ = 0;
  WallTime since_{};
};

}  // namespace ipop::desk
