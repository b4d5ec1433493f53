#include <algorithm>
#include <utility>

#include "base/base32.hpp"
#include "base/bytes.hpp"
#include "crypto/certificate.hpp"
#include "crypto/hash.hpp"
#include "groups/group_config.hpp"
#include "groups/token_checksum.hpp"
#include "groups/token_text.hpp"
#include "net/endpoint.hpp"

// docs/wire/join-token.md draws the octets.

namespace ipop::groups {
namespace {

constexpr std::string_view token_prefix = "ga1-";
constexpr std::uint8_t token_version = 1;
constexpr std::uint8_t flag_expires = 1;
constexpr std::uint8_t flag_closed = 2;
constexpr std::uint8_t flag_asks = 4;
constexpr std::uint8_t flag_server = 8;
constexpr std::uint8_t fallback_ring = 1;
// The count of bootstrap entries is two octets.
constexpr std::size_t most_entries = 65535;
// Their count is one.
constexpr std::size_t most_ranges = 255;
// A thousand entries are 30 KiB; nobody pastes more, and the parser's work stays bounded.
constexpr std::size_t longest_join_token = 1U << 20U;

enum class HostKind : std::uint8_t { name = 0, ipv4 = 4, ipv6 = 6 };

Error token_error(Errc code, std::string text) {
  return make_error(make_error_code(code), std::move(text));
}

void encode_entry(const BootstrapEntry& entry, ByteWriter& out) {
  if (const auto v4 = net::parse_ipv4_address(entry.host)) {
    out.write(static_cast<std::uint8_t>(HostKind::ipv4));
    out.write(v4->value());
  } else if (const auto v6 = net::parse_ipv6_address(entry.host)) {
    out.write(static_cast<std::uint8_t>(HostKind::ipv6));
    out.write(ByteSpan(v6->octets));
  } else {
    out.write(static_cast<std::uint8_t>(HostKind::name));
    out.write_sized8(as_bytes(entry.host));
  }
  out.write(entry.port);
}

std::string decode_text(ByteReader& in) {
  return std::string(as_text(in.take_sized8()));
}

/// The host in the form that parse_bootstrap_entry takes; empty when its kind is unknown.
std::string decode_host(ByteReader& in) {
  switch (HostKind{in.read<std::uint8_t>()}) {
    case HostKind::ipv4: return net::to_string(net::Ipv4Address(in.read<std::uint32_t>()));
    case HostKind::ipv6: return "[" + net::to_string(net::Ipv6Address{in.take_array<16>()}) + "]";
    case HostKind::name: return decode_text(in);
  }
  return {};
}

/// The fields behind the version, each by the rule of the group file.
Result<JoinToken> decode_content(ByteReader& in) {
  const Error damaged = token_error(Errc::malformed, "the join token has a bad field; ask for another");
  JoinToken token;
  const auto flags = in.read<std::uint8_t>();
  if ((flags & ~(flag_expires | flag_closed | flag_asks | flag_server)) != 0)
    return token_error(Errc::unsupported, "the join token needs a newer version of ga-group; upgrade this machine");
  GroupConfig& group = token.group;
  group.name = decode_text(in);
  group.name_space = decode_text(in);
  const net::Ipv4Address network(in.read<std::uint32_t>());
  const unsigned length = in.read<std::uint8_t>();
  group.domain = decode_text(in);
  if ((flags & flag_expires) != 0) {
    const auto seconds = in.read<std::uint64_t>();
    if (seconds > std::uint64_t{1} << 40U) return damaged;  // far beyond any calendar in use
    token.expires = WallTime{static_cast<std::int64_t>(seconds)};
  }
  const auto count = in.read<std::uint16_t>();
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const std::string host = decode_host(in);
    auto entry = parse_bootstrap_entry(host + ":" + std::to_string(in.read<std::uint16_t>()));
    if (!in.ok() || !entry) return damaged;
    group.bootstrap.push_back(*std::move(entry));
  }
  if ((flags & flag_closed) != 0) {
    const auto certificate = crypto::Certificate::from_der(in.take_sized16());
    auto authority = certificate ? parse_authority(certificate->to_pem()) : Result<std::string>(certificate.error());
    if (!in.ok() || !authority) return damaged;
    group.authority = *std::move(authority);
  }
  if ((flags & flag_asks) != 0) token.asks = in.take_array<std::tuple_size_v<crypto::Digest256>>();
  if ((flags & flag_server) != 0) {
    auto& server = group.address_server.emplace();
    auto place = parse_server_place(decode_text(in));
    server.key = in.take_array<std::tuple_size_v<crypto::Digest256>>();
    const auto count_of_ranges = in.read<std::uint8_t>();
    for (unsigned i = 0; i < count_of_ranges && in.ok(); ++i) {
      const net::Ipv4Address first(in.read<std::uint32_t>());
      const net::Ipv4Address last(in.read<std::uint32_t>());
      if (last < first) return damaged;
      server.pool.push_back({first, last});
    }
    const auto fallback = in.read<std::uint8_t>();
    if (!in.ok() || !place || fallback > fallback_ring) return damaged;
    server.place = *std::move(place);
    server.ring_when_silent = fallback == fallback_ring;
  }
  if (!in.done()) return damaged;

  auto prefix = parse_prefix(net::to_string(network) + "/" + std::to_string(length));
  const bool good =
      prefix && check_group_name(group.name) && check_name_space(group.name_space) && check_domain(group.domain);
  if (!good) return damaged;
  group.prefix = *prefix;
  return token;
}

}  // namespace

std::string to_string(const JoinToken& token) {
  const GroupConfig& group = token.group;
  Bytes content;
  ByteWriter out(content);
  out.write(token_version);
  const auto authority = crypto::Certificate::from_pem(group.authority);
  out.write(static_cast<std::uint8_t>((token.expires ? flag_expires : 0) | (authority ? flag_closed : 0) |
                                      (token.asks ? flag_asks : 0) | (group.address_server ? flag_server : 0)));
  out.write_sized8(as_bytes(group.name));
  out.write_sized8(as_bytes(group.name_space));
  out.write(group.prefix.address().value());
  out.write(static_cast<std::uint8_t>(group.prefix.length()));
  out.write_sized8(as_bytes(group.domain));
  if (token.expires) out.write(static_cast<std::uint64_t>(token.expires->seconds));
  const std::size_t count = std::min(group.bootstrap.size(), most_entries);
  out.write(static_cast<std::uint16_t>(count));
  for (std::size_t i = 0; i < count; ++i)
    encode_entry(group.bootstrap[i], out);
  if (authority) out.write_sized16(authority->der());
  if (token.asks) out.write(ByteSpan(*token.asks));
  if (const auto& server = group.address_server) {
    out.write_sized8(as_bytes(server->place));
    out.write(ByteSpan(server->key));
    const std::size_t ranges = std::min(server->pool.size(), most_ranges);
    out.write(static_cast<std::uint8_t>(ranges));
    for (std::size_t i = 0; i < ranges; ++i) {
      out.write(server->pool[i].first.value());
      out.write(server->pool[i].last.value());
    }
    out.write(static_cast<std::uint8_t>(server->ring_when_silent ? fallback_ring : 0));
  }
  append(content, token_checksum(content));
  return std::string(token_prefix) + to_base32(content);
}

Result<JoinToken> parse_join_token(std::string_view text) {
  const std::string meant = token_text(text);
  text = meant;
  if (text.empty()) return token_error(Errc::malformed, "the join token is empty");
  if (text.size() > longest_join_token) return token_error(Errc::too_large, "this is too long to be a join token");
  if (!text.starts_with(token_prefix)) {
    const bool other_version = text.starts_with("ga") && text.find('-') != std::string_view::npos &&
                               text.find_first_not_of("0123456789", 2) == text.find('-') && text.find('-') > 2;
    if (other_version)
      return token_error(Errc::unsupported, "the join token needs a newer version of ga-group; upgrade this machine");
    return token_error(Errc::malformed, "this is not a join token; one begins with \"ga1-\"");
  }
  const auto octets = parse_base32(text.substr(token_prefix.size()));
  if (!octets || octets->size() <= token_checksum_size)
    return token_error(Errc::bad_checksum, "the join token is damaged or cut short; copy it whole, in one line");
  const ByteSpan content = ByteSpan(*octets).first(octets->size() - token_checksum_size);
  if (!equal(token_checksum(content), ByteSpan(*octets).last(token_checksum_size)))
    return token_error(Errc::bad_checksum, "the join token is damaged or cut short; copy it whole, in one line");
  ByteReader in(content);
  if (in.read<std::uint8_t>() != token_version)
    return token_error(Errc::unsupported, "the join token needs a newer version of ga-group; upgrade this machine");
  return decode_content(in);
}

}  // namespace ipop::groups
