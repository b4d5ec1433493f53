#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/rng.hpp"

namespace ipop::test_support {

/// What a path does to datagrams of one direction, beside its latency. As it is made it lets all pass.
struct SimPath {
  double loss = 0.0;          ///< 0 to 1, beside the network's own
  bool drops_sealed = false;  ///< handshakes pass, data does not (`udp length > 0 @th,64,32 != 0 drop`)
  bool drops_all = false;     ///< with the other direction open: a one-way path
  /// Octets of an UDP payload; larger ones vanish, and nobody is told.
  std::optional<std::size_t> largest{};
  /// So many datagrams pass, then none.
  std::optional<std::uint64_t> dies_after{};

  /// Whether this datagram passes; counts it.
  bool lets_pass(ByteSpan octets, Rng& rng);
};

}  // namespace ipop::test_support
