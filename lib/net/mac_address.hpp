#pragma once

#include <array>
#include <compare>
#include <string>

#include "base/bytes.hpp"

namespace ipop::net {

/// A 48-bit IEEE 802 MAC address in transmission order.
class MacAddress {
 public:
  static constexpr std::size_t size = 6;

  constexpr MacAddress() = default;
  constexpr explicit MacAddress(std::array<std::byte, size> octets) : octets_(octets) {}

  static constexpr MacAddress broadcast() {
    constexpr std::byte ff{0xff};
    return MacAddress({ff, ff, ff, ff, ff, ff});
  }
  /// True for broadcast and multicast (the group bit of the first octet).
  [[nodiscard]] constexpr bool is_group() const { return (octets_[0] & std::byte{1}) != std::byte{0}; }
  [[nodiscard]] constexpr const std::array<std::byte, size>& octets() const { return octets_; }
  friend constexpr auto operator<=>(const MacAddress&, const MacAddress&) = default;

 private:
  std::array<std::byte, size> octets_{};
};

/// `02:00:5e:10:00:01`, lower case.
std::string to_string(const MacAddress& address);

}  // namespace ipop::net
