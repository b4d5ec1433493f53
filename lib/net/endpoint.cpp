#include "net/endpoint.hpp"

#include <charconv>

namespace ipop::net {
namespace {

constexpr std::uint8_t family_ipv4 = 4;
constexpr std::uint8_t family_ipv6 = 6;
constexpr std::size_t group_count = 8;
using Groups = std::array<std::uint16_t, group_count>;

Groups groups_of(const Ipv6Address& address) {
  ByteReader in(address.octets);
  Groups groups{};
  for (auto& group : groups)
    group = in.read<std::uint16_t>();
  return groups;
}

Ipv6Address from_groups(const Groups& groups) {
  Ipv6Address address;
  for (std::size_t i = 0; i < group_count; ++i) {
    address.octets[2 * i] = static_cast<std::byte>(groups[i] >> 8U);
    address.octets[2 * i + 1] = static_cast<std::byte>(groups[i] & 0xffU);
  }
  return address;
}

struct ZeroRun {
  std::size_t start = group_count;
  std::size_t length = 0;
};

// RFC 5952, 4.2: the longest run of at least two zero groups, the first of equals.
ZeroRun longest_zero_run(const Groups& groups) {
  ZeroRun best;
  for (std::size_t i = 0; i < group_count;) {
    std::size_t end = i;
    while (end < group_count && groups[end] == 0)
      ++end;
    if (end - i >= 2 && end - i > best.length) best = {i, end - i};
    i = end + 1;
  }
  return best;
}

std::string hex_group(std::uint16_t group) {
  std::array<char, 4> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), group, 16);
  return {text.data(), end};
}

bool is_ipv4_mapped(const Groups& groups) {
  for (std::size_t i = 0; i < 5; ++i) {
    if (groups[i] != 0) return false;
  }
  return groups[5] == 0xffff;
}

struct GroupList {
  Groups groups{};
  std::size_t count = 0;
};

// One side of "::": groups between colons, the last of which may be a dotted IPv4 address.
std::optional<GroupList> parse_groups(std::string_view text) {
  GroupList list;
  if (text.empty()) return list;
  while (true) {
    const std::size_t colon = text.find(':');
    const std::string_view part = text.substr(0, colon);
    const bool is_last = colon == std::string_view::npos;
    if (is_last && part.find('.') != std::string_view::npos) {
      const auto dotted = parse_ipv4_address(part);
      if (!dotted || list.count + 2 > group_count) return std::nullopt;
      list.groups[list.count++] = static_cast<std::uint16_t>(dotted->value() >> 16U);
      list.groups[list.count++] = static_cast<std::uint16_t>(dotted->value() & 0xffffU);
      return list;
    }
    if (part.empty() || part.size() > 4 || list.count == group_count) return std::nullopt;
    std::uint16_t group = 0;
    const char* end = part.data() + part.size();
    const auto [stop, error] = std::from_chars(part.data(), end, group, 16);
    if (error != std::errc{} || stop != end) return std::nullopt;
    list.groups[list.count++] = group;
    if (is_last) return list;
    text.remove_prefix(colon + 1);
  }
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return port;
}

}  // namespace

bool Ipv6Address::is_link_local() const {
  return octets[0] == std::byte{0xfe} && (octets[1] & std::byte{0xc0}) == std::byte{0x80};
}

bool Ipv6Address::is_loopback() const {
  Ipv6Address loopback;
  loopback.octets.back() = std::byte{1};
  return *this == loopback;
}

std::string to_string(const Ipv6Address& address) {
  const Groups groups = groups_of(address);
  if (is_ipv4_mapped(groups)) {
    // RFC 5952, 5: the mixed form for a well-known prefix.
    return "::ffff:" + to_string(Ipv4Address((std::uint32_t{groups[6]} << 16U) | groups[7]));
  }
  const ZeroRun run = longest_zero_run(groups);
  std::string out;
  for (std::size_t i = 0; i < group_count;) {
    if (i == run.start) {
      out += "::";
      i += run.length;
      continue;
    }
    if (!out.empty() && out.back() != ':') out.push_back(':');
    out += hex_group(groups[i]);
    ++i;
  }
  return out;
}

std::optional<Ipv6Address> parse_ipv6_address(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    const auto all = parse_groups(text);
    if (!all || all->count != group_count) return std::nullopt;
    return from_groups(all->groups);
  }
  const std::string_view head_text = text.substr(0, gap);
  // A dotted address ends the text; before the gap it is an error.
  if (head_text.find('.') != std::string_view::npos) return std::nullopt;
  const auto head = parse_groups(head_text);
  const auto tail = parse_groups(text.substr(gap + 2));
  // The gap stands for one zero group at least.
  if (!head || !tail || head->count + tail->count >= group_count) return std::nullopt;
  Groups groups = head->groups;
  for (std::size_t i = 0; i < tail->count; ++i)
    groups[group_count - tail->count + i] = tail->groups[i];
  return from_groups(groups);
}

std::string to_string(const Endpoint& endpoint) {
  const std::string port = std::to_string(endpoint.port);
  if (const auto v4 = endpoint.ipv4()) return to_string(*v4) + ":" + port;
  return "[" + to_string(std::get<Ipv6Address>(endpoint.address)) + "]:" + port;
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return std::nullopt;

  const std::string_view host = text.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    const auto v6 = parse_ipv6_address(host.substr(1, host.size() - 2));
    if (!v6) return std::nullopt;
    return Endpoint{*v6, *port};
  }
  const auto v4 = parse_ipv4_address(host);
  if (!v4) return std::nullopt;
  return Endpoint{*v4, *port};
}

void encode(const Endpoint& endpoint, ByteWriter& out) {
  if (const auto v4 = endpoint.ipv4()) {
    out.write(family_ipv4);
    out.write(v4->value());
  } else {
    out.write(family_ipv6);
    out.write(std::get<Ipv6Address>(endpoint.address).octets);
  }
  out.write(endpoint.port);
}

std::optional<Endpoint> decode_endpoint(ByteReader& in) {
  Endpoint endpoint;
  switch (in.read<std::uint8_t>()) {
    case family_ipv4: endpoint.address = Ipv4Address(in.read<std::uint32_t>()); break;
    case family_ipv6: endpoint.address = Ipv6Address{in.take_array<16>()}; break;
    default: return std::nullopt;
  }
  endpoint.port = in.read<std::uint16_t>();
  if (!in.ok()) return std::nullopt;
  return endpoint;
}

}  // namespace ipop::net
