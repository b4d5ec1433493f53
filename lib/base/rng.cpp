#include "base/rng.hpp"

#include <cassert>

namespace ipop {

void Rng::fill(std::span<std::byte> out) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (i % 8 == 0) bits = next();
    out[i] = static_cast<std::byte>(bits & 0xffU);
    bits >>= 8U;
  }
}

std::uint64_t Rng::below(std::uint64_t bound) {
  assert(bound > 0);
  // Draws from the incomplete last cycle are repeated: a plain remainder would favour small values.
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  std::uint64_t value = next();
  while (value >= limit)
    value = next();
  return value % bound;
}

double Rng::uniform() {
  return static_cast<double>(next() >> 11U) * 0x1.0p-53;
}

Duration Rng::jitter(Duration time, double fraction) {
  const double factor = 1.0 + fraction * (2.0 * uniform() - 1.0);
  return Duration(static_cast<Duration::rep>(static_cast<double>(time.count()) * factor));
}

std::uint64_t SeededRng::next() {
  state_ += 0x9e3779b97f4a7c15U;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

}  // namespace ipop
