#include "support/sim_path.hpp"

#include <algorithm>

namespace ipop::test_support {
namespace {

/// docs/wire/channel.md: the four octets of a handshake message's SPI are zero.
constexpr std::size_t spi_octets = 4;

bool is_sealed(ByteSpan octets) {
  return octets.size() >= spi_octets &&
         std::ranges::any_of(octets.first(spi_octets), [](std::byte octet) { return octet != std::byte{0}; });
}

}  // namespace

bool SimPath::lets_pass(ByteSpan octets, Rng& rng) {
  if (drops_all || (drops_sealed && is_sealed(octets)) || (largest && octets.size() > *largest)) return false;
  if (dies_after) {
    if (*dies_after == 0) return false;
    --*dies_after;
  }
  return loss == 0.0 || rng.uniform() >= loss;
}

}  // namespace ipop::test_support
