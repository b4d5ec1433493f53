#pragma once

#include <cstdint>
#include <span>

#include "base/time.hpp"

namespace ipop {

/// A source of chance, given to a machine at construction. The daemon's draws from the kernel,
/// the simulator's from a seed.
class Rng {
 public:
  Rng() = default;
  Rng(const Rng&) = delete;
  Rng& operator=(const Rng&) = delete;
  virtual ~Rng() = default;

  /// 64 uniformly distributed bits.
  virtual std::uint64_t next() = 0;

  void fill(std::span<std::byte> out);
  /// Uniform in [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// Uniform in [0, 1).
  double uniform();
  /// `time` changed by at most `fraction` of it either way, uniformly.
  Duration jitter(Duration time, double fraction);
};

/// SplitMix64 (Steele, Lea, Flood 2014): one seed, one sequence, on every platform.
class SeededRng final : public Rng {
 public:
  explicit SeededRng(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() override;

 private:
  std::uint64_t state_;
};

}  // namespace ipop
