#include "router/c_name.hpp"

#include <algorithm>
#include <cstdint>

namespace ipop::router {
namespace {

constexpr std::size_t short_digits = 9;
constexpr std::size_t long_digits = 12;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

void append_octet(std::string& out, std::uint32_t octet) {
  out += static_cast<char>('0' + octet / 100);
  out += static_cast<char>('0' + octet / 10 % 10);
  out += static_cast<char>('0' + octet % 10);
}

bool needs_long_form(const net::Ipv4Prefix& prefix) {
  return prefix.length() < 8;
}

}  // namespace

std::string c_name(net::Ipv4Address address) {
  std::string out = "C";
  for (const unsigned shift : {16U, 8U, 0U})
    append_octet(out, (address.value() >> shift) & 0xffU);
  return out;
}

std::string c_name(net::Ipv4Address address, const net::Ipv4Prefix& prefix) {
  if (!needs_long_form(prefix)) return c_name(address);
  std::string out = "C";
  append_octet(out, address.value() >> 24U);
  return out + c_name(address).substr(1);
}

std::optional<net::Ipv4Address> parse_c_name(std::string_view label, const net::Ipv4Prefix& prefix) {
  if (!looks_like_c_name(label)) return std::nullopt;
  const std::string_view digits = label.substr(1);
  if (digits.size() != (needs_long_form(prefix) ? long_digits : short_digits)) return std::nullopt;
  std::uint32_t value = needs_long_form(prefix) ? 0 : prefix.address().value() >> 24U;
  for (std::size_t i = 0; i < digits.size(); i += 3) {
    std::uint32_t octet = 0;
    for (const char c : digits.substr(i, 3))
      octet = octet * 10 + static_cast<std::uint32_t>(c - '0');
    if (octet > 255) return std::nullopt;
    value = (value << 8U) | octet;
  }
  const net::Ipv4Address address(value);
  if (!prefix.contains(address)) return std::nullopt;
  return address;
}

bool looks_like_c_name(std::string_view label) {
  if (label.size() != 1 + short_digits && label.size() != 1 + long_digits) return false;
  return lower(label[0]) == 'c' && std::ranges::all_of(label.substr(1), is_digit);
}

std::optional<std::string> normal_host_name(std::string_view text) {
  if (text.empty() || text.size() > 63 || text.front() == '-' || text.back() == '-') return std::nullopt;
  if (looks_like_c_name(text)) return std::nullopt;
  std::string out;
  for (const char c : text) {
    const char l = lower(c);
    if (!is_digit(l) && !(l >= 'a' && l <= 'z') && l != '-') return std::nullopt;
    out += l;
  }
  return out;
}

}  // namespace ipop::router
