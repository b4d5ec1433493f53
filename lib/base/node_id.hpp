#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace ipop {

/// A position on the ring of 2^160 points: of a node (derived from its key) or of a DHT key.
///
/// Big-endian octets; arithmetic is modulo 2^160.
class NodeId {
 public:
  static constexpr std::size_t size = 20;

  constexpr NodeId() = default;
  constexpr explicit NodeId(std::array<std::byte, size> octets) : octets_(octets) {}
  /// The first 160 bits of a longer digest; shorter input is an error of the caller.
  static NodeId from_prefix(ByteSpan digest);

  [[nodiscard]] constexpr const std::array<std::byte, size>& octets() const { return octets_; }
  [[nodiscard]] bool is_zero() const { return *this == NodeId{}; }

  friend bool operator==(const NodeId& a, const NodeId& b) { return a.words() == b.words(); }
  friend std::strong_ordering operator<=>(const NodeId& a, const NodeId& b) { return a.words() <=> b.words(); }
  friend NodeId operator+(const NodeId& a, const NodeId& b);
  friend NodeId operator-(const NodeId& a, const NodeId& b);

 private:
  /// The number, most significant word first: each hop and each look at the ring compares and
  /// subtracts ids, and an octet at a time that is most of its work.
  struct Words {
    std::uint64_t high = 0;
    std::uint64_t middle = 0;
    std::uint32_t low = 0;
    friend auto operator<=>(const Words&, const Words&) = default;
  };
  static NodeId from_words(const Words& words);
  [[nodiscard]] Words words() const {
    Words out;
    std::memcpy(&out.high, octets_.data(), sizeof(out.high));
    std::memcpy(&out.middle, octets_.data() + 8, sizeof(out.middle));
    std::memcpy(&out.low, octets_.data() + 16, sizeof(out.low));
    return in_host_order(out);
  }
  /// Between the words as they stand in the octets and their values; its own inverse.
  static Words in_host_order(const Words& words) {
    if constexpr (std::endian::native == std::endian::big) return words;
    return {__builtin_bswap64(words.high), __builtin_bswap64(words.middle), __builtin_bswap32(words.low)};
  }

  std::array<std::byte, size> octets_{};
};

/// The shorter of the two arcs between `a` and `b`.
NodeId ring_distance(const NodeId& a, const NodeId& b);
/// `fraction` of the ring in [0, 1) as a distance, with 64 significant bits.
NodeId ring_fraction(double fraction);
/// A distance as a fraction of the ring in [0, 1).
double to_fraction(const NodeId& distance);
/// The point `index` of `count` equally spaced ones, starting at `origin`; count is 1 to 256.
NodeId ring_point(const NodeId& origin, unsigned index, unsigned count);

/// 32 characters of base32.
std::string to_string(const NodeId& id);
/// The first 8 characters: enough to tell members apart in a log line.
std::string to_short_string(const NodeId& id);
std::optional<NodeId> parse_node_id(std::string_view text);

}  // namespace ipop

template <>
struct std::hash<ipop::NodeId> {
  std::size_t operator()(const ipop::NodeId& id) const noexcept {
    std::size_t out = 0;
    for (std::size_t i = 0; i < sizeof(out); ++i)
      out = (out << 8U) | std::to_integer<std::size_t>(id.octets()[i]);
    return out;
  }
};
