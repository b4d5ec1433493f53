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
  bool of_node = false;  ///< the interface is the TAP of a node of ours, of whatever group

  [[nodiscard]] bool is_loopback() const;
  /// The network on the link; none for IPv6.
  [[nodiscard]] std::optional<net::Ipv4Prefix> ipv4_prefix() const;
  friend bool operator==(const InterfaceAddress&, const InterfaceAddress&) = default;
};

/// What of a host's addresses is no part of the underlay.
struct UnderlayRules {
  unsigned tap = 0;                                 ///< index of the node's own interface; 0: none
  std::optional<net::Ipv4Prefix> virtual_prefix{};  ///< addresses of any virtual network like it
  bool ipv6 = true;                                 ///< the UDP port has an IPv6 socket
  /// Names of interfaces of other VPNs; a `*` at the end stands for the rest of a name.
  std::vector<std::string> excluded{};
};

/// False for what would lead packets of the overlay through a virtual network: the node's own TAP and those of
/// other groups' nodes, excluded interfaces, addresses in the virtual prefix.
bool is_underlay(const InterfaceAddress& entry, const UnderlayRules& rules);

/// Where peers can try to reach `port` of this host, in the order of the interfaces.
///
/// Left out: what is no underlay, IPv6 link-local addresses (they mean nothing without an interface),
/// and loopback unless nothing else is there. At most 32.
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
