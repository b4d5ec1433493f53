#include "base/node_id.hpp"

#include <cassert>

#include "base/base32.hpp"

namespace ipop {

NodeId NodeId::from_prefix(ByteSpan digest) {
  assert(digest.size() >= size);
  NodeId id;
  std::ranges::copy(digest.first(size), id.octets_.begin());
  return id;
}

NodeId NodeId::from_words(const Words& words) {
  const Words stored = in_host_order(words);
  NodeId id;
  std::memcpy(id.octets_.data(), &stored.high, sizeof(stored.high));
  std::memcpy(id.octets_.data() + 8, &stored.middle, sizeof(stored.middle));
  std::memcpy(id.octets_.data() + 16, &stored.low, sizeof(stored.low));
  return id;
}

NodeId operator+(const NodeId& a, const NodeId& b) {
  const NodeId::Words x = a.words();
  const NodeId::Words y = b.words();
  NodeId::Words sum;
  sum.low = x.low + y.low;
  const std::uint64_t to_middle = sum.low < x.low ? 1 : 0;
  sum.middle = x.middle + y.middle + to_middle;
  const std::uint64_t to_high = sum.middle < x.middle || (to_middle == 1 && sum.middle == x.middle) ? 1 : 0;
  sum.high = x.high + y.high + to_high;
  return NodeId::from_words(sum);
}

NodeId operator-(const NodeId& a, const NodeId& b) {
  const NodeId::Words x = a.words();
  const NodeId::Words y = b.words();
  NodeId::Words difference;
  difference.low = x.low - y.low;
  const std::uint64_t from_middle = x.low < y.low ? 1 : 0;
  difference.middle = x.middle - y.middle - from_middle;
  const std::uint64_t from_high = x.middle < y.middle || (from_middle == 1 && x.middle == y.middle) ? 1 : 0;
  difference.high = x.high - y.high - from_high;
  return NodeId::from_words(difference);
}

NodeId ring_distance(const NodeId& a, const NodeId& b) {
  const NodeId there = a - b;
  // The way around the other side is its complement, and the shorter one where this is more than half the ring.
  const bool is_long = (there.octets().front() & std::byte{0x80}) != std::byte{0};
  return is_long ? NodeId{} - there : there;
}

NodeId ring_fraction(double fraction) {
  // 53 bits of a double are all there are; the low octets stay zero.
  const auto high = static_cast<std::uint64_t>(fraction * 0x1.0p63) << 1U;
  std::array<std::byte, NodeId::size> octets{};
  for (std::size_t i = 0; i < 8; ++i)
    octets[i] = static_cast<std::byte>((high >> (56U - 8U * i)) & 0xffU);
  return NodeId(octets);
}

double to_fraction(const NodeId& distance) {
  std::uint64_t high = 0;
  for (std::size_t i = 0; i < 8; ++i)
    high = (high << 8U) | std::to_integer<std::uint64_t>(distance.octets()[i]);
  return static_cast<double>(high >> 11U) * 0x1.0p-53;
}

NodeId ring_point(const NodeId& origin, unsigned index, unsigned count) {
  assert(count >= 1 && count <= 256);
  return origin + ring_fraction(static_cast<double>(index % count) / static_cast<double>(count));
}

std::string to_string(const NodeId& id) {
  return to_base32(id.octets());
}

std::string to_short_string(const NodeId& id) {
  return to_string(id).substr(0, 8);
}

std::optional<NodeId> parse_node_id(std::string_view text) {
  const auto octets = parse_base32(text);
  if (!octets || octets->size() != NodeId::size) return std::nullopt;
  return NodeId::from_prefix(*octets);
}

}  // namespace ipop
