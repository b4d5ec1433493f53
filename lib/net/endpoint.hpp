#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::net {

/// An IPv6 address in network order.
struct Ipv6Address {
  std::array<std::byte, 16> octets{};

  [[nodiscard]] bool is_link_local() const;
  [[nodiscard]] bool is_loopback() const;
  friend constexpr auto operator<=>(const Ipv6Address&, const Ipv6Address&) = default;
};

std::string to_string(const Ipv6Address& address);  ///< RFC 5952
std::optional<Ipv6Address> parse_ipv6_address(std::string_view text);

/// An underlay IP address and a UDP or TCP port: where a datagram comes from or goes to.
struct Endpoint {
  std::variant<Ipv4Address, Ipv6Address> address{};
  std::uint16_t port = 0;

  [[nodiscard]] bool is_ipv4() const { return address.index() == 0; }
  /// The IPv4 address; an IPv6 endpoint has none.
  [[nodiscard]] std::optional<Ipv4Address> ipv4() const {
    const auto* v4 = std::get_if<Ipv4Address>(&address);
    return v4 == nullptr ? std::nullopt : std::optional(*v4);
  }
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

/// `192.0.2.1:5000`, `[2001:db8::1]:5000`.
std::string to_string(const Endpoint& endpoint);
std::optional<Endpoint> parse_endpoint(std::string_view text);

/// Wire form: octet 4 or 6, the address, the port. 7 or 19 octets.
void encode(const Endpoint& endpoint, ByteWriter& out);
/// Reads the wire form; an unknown family makes the value empty (and the reader's rest meaningless).
std::optional<Endpoint> decode_endpoint(ByteReader& in);

}  // namespace ipop::net
