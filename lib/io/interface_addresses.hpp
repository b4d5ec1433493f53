#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "net/endpoint.hpp"
#include "net/ipv4_prefix.hpp"

namespace ipop::io {

/// An address of an interface that is up.
struct InterfaceAddress {
  std::string interface {};
  unsigned index = 0;
  std::variant<net::Ipv4Address, net::Ipv6Address> address{};
  unsigned prefix_length = 0;

  [[nodiscard]] bool is_loopback() const;
  /// The network on the link; none for IPv6.
  [[nodiscard]] std::optional<net::Ipv4Prefix> ipv4_prefix() const;
  friend bool operator==(const InterfaceAddress&, const InterfaceAddress&) = default;
};

/// What of a host's addresses is no part of the underlay.
struct UnderlayRules {
  std::string tap{};                                ///< the node's own interface; empty: none
  std::optional<net::Ipv4Prefix> virtual_prefix{};  ///< addresses of any virtual network like it
  bool ipv6 = true;                                 ///< the UDP port has an IPv6 socket
};

/// Where peers can try to reach `port` of this host, in the order of the interfaces.
///
/// Left out: the TAP, addresses in the virtual prefix, IPv6 link-local ones (they mean nothing
/// without an interface), and loopback unless nothing else is there. At most 32.
std::vector<net::Endpoint> underlay_endpoints(std::span<const InterfaceAddress> addresses, const UnderlayRules& rules,
                                              std::uint16_t port);

/// The first interface other than the TAP whose network overlaps `prefix`; the default route's
/// width (a prefix length of 0) counts as nothing.
std::optional<InterfaceAddress> find_overlap(std::span<const InterfaceAddress> addresses, const net::Ipv4Prefix& prefix,
                                             const std::string& tap);

/// A private prefix that overlaps none of the interfaces: 100.64.0.0/10 (RFC 6598) first, then
/// parts of 10.0.0.0/8, 172.16.0.0/12 and 192.168.0.0/16. None when all are in use.
std::optional<net::Ipv4Prefix> find_free_prefix(std::span<const InterfaceAddress> addresses);

}  // namespace ipop::io
