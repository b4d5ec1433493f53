#include <algorithm>
#include <charconv>
#include <optional>

#include "groups/group_config.hpp"
#include "net/endpoint.hpp"

namespace ipop::groups {
namespace {

/// A host name as resolvers take it (RFC 1123, 2.1): labels of letters, digits and inner hyphens.
/// An underscore is let through, because names in use have it.
bool is_host_name(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > 253) return false;
  while (true) {
    const auto dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    const bool clean = std::ranges::all_of(label, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
    if (!clean || label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

/// Digits and dots only: meant as an IPv4 address, never as a name.
bool looks_like_ipv4(std::string_view host) {
  return host.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

}  // namespace

Result<BootstrapEntry> parse_bootstrap_entry(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return make_error(make_error_code(Errc::malformed),
                      "the bootstrap entry \"" + std::string(text.substr(0, 300)) + "\" " + std::string(why) +
                          "; write host:port, like \"bootstrap.example.org:4000\", \"192.0.2.1:4000\" or "
                          "\"[2001:db8::1]:4000\"");
  };
  std::string_view rest = text;
  if (rest.starts_with("udp:")) rest.remove_prefix(4);
  const auto colon = rest.rfind(':');
  if (colon == std::string_view::npos) return wrong("has no port");
  const auto port = parse_port(rest.substr(colon + 1));
  if (!port) return wrong("has no port from 1 to 65535");
  const std::string_view host = rest.substr(0, colon);
  if (host.starts_with('[') || host.ends_with(']')) {
    if (host.size() < 3 || !host.starts_with('[') || !host.ends_with(']')) return wrong("has unequal brackets");
    const auto address = net::parse_ipv6_address(host.substr(1, host.size() - 2));
    if (!address) return wrong("has no IPv6 address in its brackets");
    return BootstrapEntry{net::to_string(*address), *port};
  }
  if (host.find(':') != std::string_view::npos) return wrong("needs brackets around its IPv6 address");
  if (looks_like_ipv4(host) ? !net::parse_ipv4_address(host) : !is_host_name(host))
    return wrong("has neither a host name nor an address");
  return BootstrapEntry{std::string(host), *port};
}

std::string to_string(const BootstrapEntry& entry) {
  const bool is_ipv6 = entry.host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + entry.host + "]" : entry.host) + ":" + std::to_string(entry.port);
}

}  // namespace ipop::groups
