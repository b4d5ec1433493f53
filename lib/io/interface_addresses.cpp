#include "io/interface_addresses.hpp"

#include <algorithm>
#include <array>

namespace ipop::io {

namespace {

constexpr std::size_t max_endpoints = 32;

bool is_named(const std::string& interface, std::string_view pattern) {
  if (!pattern.ends_with('*')) return interface == pattern;
  return interface.starts_with(pattern.substr(0, pattern.size() - 1));
}

bool is_endpoint(const InterfaceAddress& entry, const UnderlayRules& rules) {
  if (!is_underlay(entry, rules)) return false;
  if (const auto* v4 = std::get_if<net::Ipv4Address>(&entry.address))
    return !v4->is_unspecified() && !v4->is_multicast();
  return rules.ipv6 && !std::get<net::Ipv6Address>(entry.address).is_link_local();
}

}  // namespace

bool InterfaceAddress::is_loopback() const {
  return std::visit([](const auto& value) { return value.is_loopback(); }, address);
}

std::optional<net::Ipv4Prefix> InterfaceAddress::ipv4_prefix() const {
  const auto* v4 = std::get_if<net::Ipv4Address>(&address);
  if (v4 == nullptr) return std::nullopt;
  return net::Ipv4Prefix(*v4, std::min(prefix_length, 32U));
}

bool is_underlay(const InterfaceAddress& entry, const UnderlayRules& rules) {
  if (entry.of_node || (rules.tap != 0 && entry.index == rules.tap)) return false;
  const auto names_it = [&](const std::string& pattern) { return is_named(entry.interface, pattern); };
  if (std::ranges::any_of(rules.excluded, names_it)) return false;
  const auto* v4 = std::get_if<net::Ipv4Address>(&entry.address);
  return v4 == nullptr || !rules.virtual_prefix || !rules.virtual_prefix->contains(*v4);
}

std::vector<net::Endpoint> underlay_endpoints(std::span<const InterfaceAddress> addresses, const UnderlayRules& rules,
                                              std::uint16_t port) {
  std::vector<net::Endpoint> out;
  for (const bool loopback : {false, true}) {
    if (loopback && !out.empty()) break;
    for (const InterfaceAddress& entry : addresses) {
      if (entry.is_loopback() != loopback || !is_endpoint(entry, rules)) continue;
      const net::Endpoint endpoint{entry.address, port};
      if (out.size() < max_endpoints && std::ranges::find(out, endpoint) == out.end()) out.push_back(endpoint);
    }
  }
  return out;
}

std::optional<InterfaceAddress> find_overlap(std::span<const InterfaceAddress> addresses, const net::Ipv4Prefix& prefix,
                                             const std::string& tap) {
  for (const InterfaceAddress& entry : addresses) {
    const auto network = entry.ipv4_prefix();
    if (!network || network->length() == 0 || (!tap.empty() && entry.interface == tap)) continue;
    if (network->overlaps(prefix)) return entry;
  }
  return std::nullopt;
}

std::optional<net::Ipv4Prefix> find_free_prefix(std::span<const InterfaceAddress> addresses) {
  const std::array<net::Ipv4Prefix, 8> candidates{{
      {net::Ipv4Address(100, 64, 0, 0), 10},
      {net::Ipv4Address(10, 128, 0, 0), 9},
      {net::Ipv4Address(10, 0, 0, 0), 9},
      {net::Ipv4Address(10, 192, 0, 0), 10},
      {net::Ipv4Address(10, 64, 0, 0), 10},
      {net::Ipv4Address(172, 24, 0, 0), 13},
      {net::Ipv4Address(172, 16, 0, 0), 13},
      {net::Ipv4Address(192, 168, 128, 0), 17},
  }};
  for (const net::Ipv4Prefix& candidate : candidates) {
    if (!find_overlap(addresses, candidate, {})) return candidate;
  }
  return std::nullopt;
}

}  // namespace ipop::io
