#include "net/dhcp_options.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace ipop::net {
namespace {

constexpr std::size_t default_max_message_size = 576;  // RFC 2132, 9.10: also the smallest legal value

// RFC 2132: a value is `unit` octets, or a positive multiple of it where the option is a list.
struct LengthRule {
  DhcpCode code{};
  std::size_t unit = 1;
  bool is_list = false;
};

constexpr std::array length_rules{
    LengthRule{DhcpCode::subnet_mask, 4, false},
    LengthRule{DhcpCode::router, 4, true},
    LengthRule{DhcpCode::domain_name_server, 4, true},
    LengthRule{DhcpCode::interface_mtu, 2, false},
    LengthRule{DhcpCode::broadcast_address, 4, false},
    LengthRule{DhcpCode::requested_ip_address, 4, false},
    LengthRule{DhcpCode::ip_address_lease_time, 4, false},
    LengthRule{DhcpCode::dhcp_message_type, 1, false},
    LengthRule{DhcpCode::server_identifier, 4, false},
    LengthRule{DhcpCode::parameter_request_list, 1, true},
    LengthRule{DhcpCode::maximum_dhcp_message_size, 2, false},
    LengthRule{DhcpCode::renewal_time, 4, false},
    LengthRule{DhcpCode::rebinding_time, 4, false},
    // RFC 2132, 9.14 wants two octets; a single one identifies a client as well and is echoed.
    LengthRule{DhcpCode::client_identifier, 1, true},
};

template <class T>
std::optional<T> read_exactly(std::optional<ByteSpan> value) {
  if (!value || value->size() != sizeof(T)) return std::nullopt;
  return ByteReader(*value).read<T>();
}

template <class T>
Bytes write_number(T number) {
  Bytes value;
  ByteWriter(value).write(number);
  return value;
}

}  // namespace

std::optional<ByteSpan> DhcpOptions::find(DhcpCode code) const {
  const auto it = std::ranges::find(options_, code, &DhcpOption::code);
  if (it == options_.end()) return std::nullopt;
  return ByteSpan(it->value);
}

std::optional<std::uint8_t> DhcpOptions::get_u8(DhcpCode code) const {
  return read_exactly<std::uint8_t>(find(code));
}

std::optional<std::uint16_t> DhcpOptions::get_u16(DhcpCode code) const {
  return read_exactly<std::uint16_t>(find(code));
}

std::optional<std::uint32_t> DhcpOptions::get_u32(DhcpCode code) const {
  return read_exactly<std::uint32_t>(find(code));
}

std::optional<Ipv4Address> DhcpOptions::get_address(DhcpCode code) const {
  const auto value = get_u32(code);
  if (!value) return std::nullopt;
  return Ipv4Address(*value);
}

std::vector<Ipv4Address> DhcpOptions::get_addresses(DhcpCode code) const {
  std::vector<Ipv4Address> addresses;
  const auto value = find(code);
  if (!value || value->size() % sizeof(std::uint32_t) != 0) return addresses;
  ByteReader in(*value);
  while (in.remaining() > 0)
    addresses.emplace_back(in.read<std::uint32_t>());
  return addresses;
}

std::optional<std::string> DhcpOptions::get_text(DhcpCode code) const {
  const auto value = find(code);
  if (!value) return std::nullopt;
  std::string text(as_text(*value));
  while (!text.empty() && text.back() == '\0')
    text.pop_back();
  return text;
}

std::optional<DhcpMessageType> DhcpOptions::message_type() const {
  const auto value = get_u8(DhcpCode::dhcp_message_type);
  if (!value) return std::nullopt;
  return DhcpMessageType{*value};
}

std::vector<DhcpCode> DhcpOptions::parameter_request_list() const {
  std::vector<DhcpCode> codes;
  const ByteSpan octets = find(DhcpCode::parameter_request_list).value_or(ByteSpan{});
  for (const std::byte octet : octets)
    codes.push_back(DhcpCode{std::to_integer<std::uint8_t>(octet)});
  return codes;
}

std::size_t DhcpOptions::max_message_size() const {
  const std::size_t size = get_u16(DhcpCode::maximum_dhcp_message_size).value_or(default_max_message_size);
  return std::max(size, default_max_message_size);
}

void DhcpOptions::set(DhcpCode code, ByteSpan value) {
  const auto it = std::ranges::find(options_, code, &DhcpOption::code);
  if (it == options_.end()) {
    options_.push_back(DhcpOption{code, to_bytes(value)});
  } else {
    it->value = to_bytes(value);
  }
}

void DhcpOptions::set_u8(DhcpCode code, std::uint8_t value) {
  set(code, write_number(value));
}

void DhcpOptions::set_u16(DhcpCode code, std::uint16_t value) {
  set(code, write_number(value));
}

void DhcpOptions::set_u32(DhcpCode code, std::uint32_t value) {
  set(code, write_number(value));
}

void DhcpOptions::set_address(DhcpCode code, Ipv4Address address) {
  set_u32(code, address.value());
}

void DhcpOptions::set_addresses(DhcpCode code, const std::vector<Ipv4Address>& addresses) {
  Bytes value;
  ByteWriter writer(value);
  for (const Ipv4Address& address : addresses)
    writer.write(address.value());
  set(code, value);
}

void DhcpOptions::set_text(DhcpCode code, std::string_view text) {
  set(code, as_bytes(text));
}

void DhcpOptions::set_message_type(DhcpMessageType type) {
  set_u8(DhcpCode::dhcp_message_type, static_cast<std::uint8_t>(type));
}

void DhcpOptions::erase(DhcpCode code) {
  std::erase_if(options_, [code](const DhcpOption& option) { return option.code == code; });
}

void DhcpOptions::append(DhcpCode code, ByteSpan part) {
  const auto it = std::ranges::find(options_, code, &DhcpOption::code);
  if (it == options_.end()) {
    options_.push_back(DhcpOption{code, to_bytes(part)});
  } else {
    ipop::append(it->value, part);
  }
}

void DhcpOptions::order_by(const std::vector<DhcpCode>& request) {
  std::array<std::size_t, 256> rank{};
  rank.fill(std::numeric_limits<std::size_t>::max());
  std::size_t next = 0;
  const auto give_rank = [&rank, &next](DhcpCode code) {
    std::size_t& place = rank.at(static_cast<std::uint8_t>(code));
    place = std::min(place, next);
    ++next;
  };
  for (const DhcpCode code :
       {DhcpCode::dhcp_message_type, DhcpCode::server_identifier, DhcpCode::ip_address_lease_time}) {
    give_rank(code);
  }
  for (const DhcpCode code : request)
    give_rank(code);
  std::ranges::stable_sort(
      options_, {}, [&rank](const DhcpOption& option) { return rank.at(static_cast<std::uint8_t>(option.code)); });
}

Result<void> check_dhcp_option_lengths(const DhcpOptions& options) {
  for (const LengthRule& rule : length_rules) {
    const auto value = options.find(rule.code);
    if (!value) continue;
    const bool fits = rule.is_list ? !value->empty() && value->size() % rule.unit == 0 : value->size() == rule.unit;
    if (!fits) return {Errc::malformed, "length of DHCP option " + std::to_string(static_cast<unsigned>(rule.code))};
  }
  return {};
}

}  // namespace ipop::net
