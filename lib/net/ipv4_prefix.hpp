#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/ipv4_address.hpp"

namespace ipop::net {

/// An IPv4 network in CIDR form (RFC 4632); the host bits are zero.
class Ipv4Prefix {
 public:
  constexpr Ipv4Prefix() = default;
  /// Clears the host bits; length is 0 to 32.
  constexpr Ipv4Prefix(Ipv4Address address, unsigned length)
      : address_(address.value() & mask_of(length)), length_(length) {}

  [[nodiscard]] constexpr Ipv4Address address() const { return address_; }
  [[nodiscard]] constexpr unsigned length() const { return length_; }
  [[nodiscard]] constexpr Ipv4Address mask() const { return Ipv4Address(mask_of(length_)); }
  /// The last address: the directed broadcast.
  [[nodiscard]] constexpr Ipv4Address broadcast() const { return Ipv4Address(address_.value() | ~mask_of(length_)); }
  /// The first usable address: of the services (DHCP, DNS) that a node gives on its virtual network.
  [[nodiscard]] constexpr Ipv4Address server_address() const { return Ipv4Address(address_.value() + 1); }
  [[nodiscard]] constexpr bool contains(Ipv4Address address) const {
    return (address.value() & mask_of(length_)) == address_.value();
  }
  [[nodiscard]] constexpr bool overlaps(const Ipv4Prefix& other) const {
    return contains(other.address_) || other.contains(address_);
  }
  friend constexpr auto operator<=>(const Ipv4Prefix&, const Ipv4Prefix&) = default;

 private:
  static constexpr std::uint32_t mask_of(unsigned length) {
    return length == 0 ? 0 : ~std::uint32_t{0} << (32U - length);
  }

  Ipv4Address address_{};
  unsigned length_ = 0;
};

/// `10.128.0.0/9`.
std::string to_string(const Ipv4Prefix& prefix);
/// Errors (nullopt): bad address, length above 32, host bits that are not zero.
std::optional<Ipv4Prefix> parse_ipv4_prefix(std::string_view text);

}  // namespace ipop::net
