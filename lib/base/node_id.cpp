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

NodeId operator+(const NodeId& a, const NodeId& b) {
  NodeId sum;
  unsigned carry = 0;
  for (std::size_t i = NodeId::size; i-- > 0;) {
    const unsigned digit = std::to_integer<unsigned>(a.octets_[i]) + std::to_integer<unsigned>(b.octets_[i]) + carry;
    sum.octets_[i] = static_cast<std::byte>(digit & 0xffU);
    carry = digit >> 8U;
  }
  return sum;
}

NodeId operator-(const NodeId& a, const NodeId& b) {
  NodeId difference;
  unsigned borrow = 0;
  for (std::size_t i = NodeId::size; i-- > 0;) {
    const unsigned digit =
        0x100U + std::to_integer<unsigned>(a.octets_[i]) - std::to_integer<unsigned>(b.octets_[i]) - borrow;
    difference.octets_[i] = static_cast<std::byte>(digit & 0xffU);
    borrow = digit < 0x100U ? 1 : 0;
  }
  return difference;
}

NodeId clockwise_distance(const NodeId& from, const NodeId& to) {
  return to - from;
}

NodeId ring_distance(const NodeId& a, const NodeId& b) {
  return std::min(a - b, b - a);
}

bool is_between(const NodeId& from, const NodeId& x, const NodeId& to) {
  if (x == from || x == to) return false;
  if (from == to) return true;
  return (x - from) < (to - from);
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
