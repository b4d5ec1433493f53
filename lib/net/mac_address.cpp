#include "net/mac_address.hpp"

#include "base/hex.hpp"

namespace ipop::net {

std::string to_string(const MacAddress& address) {
  std::string out;
  out.reserve(3 * MacAddress::size);
  for (const std::byte octet : address.octets()) {
    if (!out.empty()) out.push_back(':');
    out += to_hex(ByteSpan(&octet, 1));
  }
  return out;
}

std::optional<MacAddress> parse_mac_address(std::string_view text) {
  constexpr std::size_t text_size = 3 * MacAddress::size - 1;
  if (text.size() != text_size) return std::nullopt;
  std::array<std::byte, MacAddress::size> octets{};
  for (std::size_t i = 0; i < octets.size(); ++i) {
    if (i > 0 && text[3 * i - 1] != ':') return std::nullopt;
    const auto octet = parse_hex(text.substr(3 * i, 2));
    if (!octet) return std::nullopt;
    octets[i] = octet->front();
  }
  return MacAddress(octets);
}

}  // namespace ipop::net
