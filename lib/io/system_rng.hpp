#pragma once

#include <array>
#include <cstddef>

#include "base/rng.hpp"

namespace ipop::io {

/// Chance from the kernel (getrandom(2)), drawn 256 octets at a time.
class SystemRng final : public Rng {
 public:
  std::uint64_t next() override;
  /// Forgets what was drawn: after a sleep the machine may be a copy of another one.
  void discard() { used_ = drawn_.size(); }

 private:
  std::array<std::uint64_t, 32> drawn_{};
  std::size_t used_ = drawn_.size();
};

}  // namespace ipop::io
