#include "net/ipv4_address.hpp"

namespace ipop::net {

std::string to_string(const Ipv4Address& address) {
  std::string out;
  for (unsigned shift = 32; shift > 0; shift -= 8) {
    if (!out.empty()) out.push_back('.');
    out += std::to_string((address.value() >> (shift - 8)) & 0xffU);
  }
  return out;
}

std::optional<Ipv4Address> parse_ipv4_address(std::string_view text) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i) {
    if (i > 0) {
      if (text.empty() || text.front() != '.') return std::nullopt;
      text.remove_prefix(1);
    }
    unsigned number = 0;
    std::size_t digits = 0;
    while (digits < text.size() && digits < 4 && text[digits] >= '0' && text[digits] <= '9') {
      number = number * 10 + static_cast<unsigned>(text[digits] - '0');
      ++digits;
    }
    // A leading zero is refused: some programs read it as octal.
    if (digits == 0 || number > 255 || (digits > 1 && text.front() == '0')) return std::nullopt;
    value = (value << 8U) | number;
    text.remove_prefix(digits);
  }
  if (!text.empty()) return std::nullopt;
  return Ipv4Address(value);
}

}  // namespace ipop::net
