#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/node_id.hpp"

namespace ipop::dataplane {

/// What stands before a sealed packet of a pair whose packets go through a member: whom it is for on the first link,
/// whom it is from on the last. docs/wire/overlay.md, relayed packets
///
///    payload type 1 | other 20 | inner
struct RelayedHead {
  static constexpr std::size_t size = 1 + NodeId::size;
  static constexpr std::byte to_pass_on{3};
  static constexpr std::byte final{4};

  /// True where `payload` begins with such a head and has something behind it.
  [[nodiscard]] static bool stands_before(ByteSpan payload, std::byte type) {
    return payload.size() > size && payload[0] == type;
  }
  [[nodiscard]] static NodeId other(ByteSpan payload) {
    std::array<std::byte, NodeId::size> octets{};
    std::ranges::copy(payload.subspan(1, NodeId::size), octets.begin());
    return NodeId(octets);
  }
  static void write(std::byte* out, std::byte type, const NodeId& other) {
    out[0] = type;
    std::ranges::copy(other.octets(), out + 1);
  }
};

}  // namespace ipop::dataplane
