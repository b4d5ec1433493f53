#pragma once

// DHCP options (RFC 2132): code, length, value; long values: RFC 3396.

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::net {

/// Option codes (RFC 2132 unless noted); codes without a name are kept.
enum class DhcpCode : std::uint8_t {
  pad = 0,
  subnet_mask = 1,
  router = 3,
  domain_name_server = 6,
  host_name = 12,
  domain_name = 15,
  interface_mtu = 26,
  broadcast_address = 28,
  requested_ip_address = 50,
  ip_address_lease_time = 51,
  option_overload = 52,
  dhcp_message_type = 53,
  server_identifier = 54,
  parameter_request_list = 55,
  message = 56,
  maximum_dhcp_message_size = 57,
  renewal_time = 58,
  rebinding_time = 59,
  vendor_class_identifier = 60,
  client_identifier = 61,
  rapid_commit = 80,             // RFC 4039
  client_fqdn = 81,              // RFC 4702
  domain_search = 119,           // RFC 3397
  classless_static_route = 121,  // RFC 3442
  end = 255,
};

/// Values of option 53 (RFC 2132, 9.6).
enum class DhcpMessageType : std::uint8_t {
  discover = 1,
  offer = 2,
  request = 3,
  decline = 4,
  ack = 5,
  nak = 6,
  release = 7,
  inform = 8,
};

struct DhcpOption {
  DhcpCode code{};
  Bytes value{};

  friend bool operator==(const DhcpOption&, const DhcpOption&) = default;
};

/// An ordered list of options, each code once; `pad`, `end` and `option_overload` belong to the
/// wire form and are never in it.
///
/// Getters give nothing for an option that is absent or whose length does not fit the type.
class DhcpOptions {
 public:
  [[nodiscard]] const std::vector<DhcpOption>& all() const { return options_; }
  [[nodiscard]] bool has(DhcpCode code) const { return find(code).has_value(); }

  /// The octets of an option, valid until the list changes.
  [[nodiscard]] std::optional<ByteSpan> find(DhcpCode code) const;
  [[nodiscard]] std::optional<std::uint8_t> get_u8(DhcpCode code) const;
  [[nodiscard]] std::optional<std::uint16_t> get_u16(DhcpCode code) const;
  [[nodiscard]] std::optional<std::uint32_t> get_u32(DhcpCode code) const;
  [[nodiscard]] std::optional<Ipv4Address> get_address(DhcpCode code) const;
  /// All addresses of a list; none when absent or not a multiple of 4 octets.
  [[nodiscard]] std::vector<Ipv4Address> get_addresses(DhcpCode code) const;
  /// Text without the zero octets that some clients put at its end. Foreign: escape before it is shown.
  [[nodiscard]] std::optional<std::string> get_text(DhcpCode code) const;

  /// Option 53.
  [[nodiscard]] std::optional<DhcpMessageType> message_type() const;
  /// Option 55 in the client's order of preference; empty when absent.
  [[nodiscard]] std::vector<DhcpCode> parameter_request_list() const;
  /// Option 57 in octets, at least 576 (RFC 2132, 9.10), which is also the value when it is absent.
  [[nodiscard]] std::size_t max_message_size() const;

  /// Puts an option in its place in the list, or at the end when it is new.
  void set(DhcpCode code, ByteSpan value);
  void set_u8(DhcpCode code, std::uint8_t value);
  void set_u16(DhcpCode code, std::uint16_t value);
  void set_u32(DhcpCode code, std::uint32_t value);
  void set_address(DhcpCode code, Ipv4Address address);
  void set_addresses(DhcpCode code, const std::vector<Ipv4Address>& addresses);
  void set_text(DhcpCode code, std::string_view text);
  void set_message_type(DhcpMessageType type);
  void erase(DhcpCode code);

  /// Appends to an option's value, as RFC 3396 joins the parts of a long one.
  void append(DhcpCode code, ByteSpan part);

  /// Puts message type, server identifier and lease time first, then what `request` (option 55)
  /// lists in its order, then the rest in the order they have: what matters most survives a small
  /// packet (RFC 2131, 3.5).
  void order_by(const std::vector<DhcpCode>& request);

  friend bool operator==(const DhcpOptions&, const DhcpOptions&) = default;

 private:
  std::vector<DhcpOption> options_;
};

/// Checks the lengths that RFC 2132 fixes for the options a server or client acts on.
/// Error: `malformed`, with the code in the context.
[[nodiscard]] Result<void> check_dhcp_option_lengths(const DhcpOptions& options);

}  // namespace ipop::net
