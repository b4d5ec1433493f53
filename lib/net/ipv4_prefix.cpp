#include "net/ipv4_prefix.hpp"

#include <charconv>

namespace ipop::net {

std::string to_string(const Ipv4Prefix& prefix) {
  return to_string(prefix.address()) + "/" + std::to_string(prefix.length());
}

std::optional<Ipv4Prefix> parse_ipv4_prefix(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = parse_ipv4_address(text.substr(0, slash));
  if (!address) return std::nullopt;

  const std::string_view digits = text.substr(slash + 1);
  if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
  unsigned length = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, length);
  if (error != std::errc{} || stop != end || length > 32) return std::nullopt;

  const Ipv4Prefix prefix(*address, length);
  if (prefix.address() != *address) return std::nullopt;
  return prefix;
}

}  // namespace ipop::net
