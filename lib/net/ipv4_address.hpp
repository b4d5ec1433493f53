#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ipop::net {

/// An IPv4 address; `value()` is in host order.
class Ipv4Address {
 public:
  constexpr Ipv4Address() = default;
  constexpr explicit Ipv4Address(std::uint32_t value) : value_(value) {}
  constexpr Ipv4Address(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d)
      : value_((std::uint32_t{a} << 24U) | (std::uint32_t{b} << 16U) | (std::uint32_t{c} << 8U) | d) {}

  [[nodiscard]] constexpr std::uint32_t value() const { return value_; }
  [[nodiscard]] constexpr bool is_unspecified() const { return value_ == 0; }
  [[nodiscard]] constexpr bool is_loopback() const { return (value_ >> 24U) == 127; }
  [[nodiscard]] constexpr bool is_multicast() const { return (value_ >> 28U) == 0xe; }
  [[nodiscard]] constexpr bool is_broadcast() const { return value_ == 0xffffffffU; }
  [[nodiscard]] constexpr bool is_link_local() const { return (value_ >> 16U) == 0xa9fe; }
  friend constexpr auto operator<=>(const Ipv4Address&, const Ipv4Address&) = default;

 private:
  std::uint32_t value_ = 0;
};

/// Dotted decimal.
std::string to_string(const Ipv4Address& address);
/// Strict dotted decimal: four numbers 0 to 255, no leading zeros.
std::optional<Ipv4Address> parse_ipv4_address(std::string_view text);

}  // namespace ipop::net

template <>
struct std::hash<ipop::net::Ipv4Address> {
  std::size_t operator()(const ipop::net::Ipv4Address& address) const noexcept {
    return std::hash<std::uint32_t>{}(address.value());
  }
};
