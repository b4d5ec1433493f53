#include "base/base32.hpp"

namespace ipop {
namespace {

constexpr std::string_view base32_alphabet = "abcdefghijklmnopqrstuvwxyz234567";

int base32_value(char c) {
  if (c >= 'a' && c <= 'z') return c - 'a';
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= '2' && c <= '7') return c - '2' + 26;
  return -1;
}

}  // namespace

std::string to_base32(ByteSpan octets) {
  std::string out;
  out.reserve((octets.size() * 8 + 4) / 5);
  unsigned bits = 0;
  unsigned held = 0;
  for (const std::byte octet : octets) {
    bits = (bits << 8U) | std::to_integer<unsigned>(octet);
    held += 8;
    while (held >= 5) {
      held -= 5;
      out.push_back(base32_alphabet[(bits >> held) & 31U]);
    }
  }
  if (held > 0) out.push_back(base32_alphabet[(bits << (5 - held)) & 31U]);
  return out;
}

std::optional<Bytes> parse_base32(std::string_view text) {
  Bytes out;
  out.reserve(text.size() * 5 / 8);
  unsigned bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const int value = base32_value(c);
    if (value < 0) return std::nullopt;
    bits = (bits << 5U) | static_cast<unsigned>(value);
    held += 5;
    if (held >= 8) {
      held -= 8;
      out.push_back(static_cast<std::byte>((bits >> held) & 0xffU));
    }
  }
  // A last symbol that completes no octet, or stray bits: this text was not made by to_base32.
  if (held >= 5 || (bits & ((1U << held) - 1U)) != 0) return std::nullopt;
  return out;
}

}  // namespace ipop
