#include "base/base64.hpp"

namespace ipop {
namespace {

constexpr std::string_view base64_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

}  // namespace

std::string to_base64(ByteSpan octets) {
  std::string out;
  out.reserve((octets.size() + 2) / 3 * 4);
  unsigned bits = 0;
  unsigned held = 0;
  for (const std::byte octet : octets) {
    bits = (bits << 8U) | std::to_integer<unsigned>(octet);
    held += 8;
    while (held >= 6) {
      held -= 6;
      out.push_back(base64_alphabet[(bits >> held) & 63U]);
    }
  }
  if (held > 0) out.push_back(base64_alphabet[(bits << (6 - held)) & 63U]);
  while (out.size() % 4 != 0)
    out.push_back('=');
  return out;
}

std::optional<Bytes> parse_base64(std::string_view text) {
  Bytes out;
  out.reserve(text.size() * 3 / 4);
  unsigned bits = 0;
  unsigned held = 0;
  std::size_t symbols = 0;
  std::size_t padding = 0;
  for (const char c : text) {
    if (is_space(c)) continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const int value = base64_value(c);
    if (value < 0 || padding > 0) return std::nullopt;
    ++symbols;
    bits = (bits << 6U) | static_cast<unsigned>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out.push_back(static_cast<std::byte>((bits >> held) & 0xffU));
    }
  }
  if (padding > 2 || (symbols + padding) % 4 != 0 || (bits & ((1U << held) - 1U)) != 0) return std::nullopt;
  return out;
}

}  // namespace ipop
