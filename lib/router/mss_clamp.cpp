#include "router/mss_clamp.hpp"

#include <array>
#include <cstdint>

#include "net/checksum.hpp"
#include "net/ipv4.hpp"
#include "net/packet_fields.hpp"

namespace ipop::router {
namespace {

// RFC 9293, 3.2.
constexpr unsigned option_end = 0;
constexpr unsigned option_nothing = 1;
constexpr unsigned option_segment_size = 2;
constexpr std::size_t segment_size_option = 4;

/// Octets of an IPv4 header without options and a TCP header: what the segment size leaves out (3.7.1).
constexpr std::size_t headers = 40;

/// Where the value of the segment size stands in the segment.
std::optional<std::size_t> find_segment_size(ByteSpan segment) {
  const std::size_t end = (net::octet_at(segment, net::tcp::data_offset) >> 4U) * 4U;
  if (end > segment.size()) return std::nullopt;
  for (std::size_t at = net::tcp::header; at < end;) {
    const unsigned kind = net::octet_at(segment, at);
    if (kind == option_end) return std::nullopt;
    if (kind == option_nothing) {
      ++at;
      continue;
    }
    if (at + 1 >= end) return std::nullopt;
    const std::size_t length = net::octet_at(segment, at + 1);
    if (length < 2 || length > end - at) return std::nullopt;
    if (kind == option_segment_size) {
      return length == segment_size_option ? std::optional(at + 2) : std::nullopt;
    }
    at += length;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Bytes> clamp_segment_size(ByteSpan packet, std::size_t mtu) {
  const auto decoded = net::decode_ipv4(packet);
  if (!decoded || mtu <= headers || decoded->header.protocol != net::IpProtocol::tcp) return std::nullopt;
  const ByteSpan segment = decoded->payload;
  if (decoded->header.fragment_offset != 0 || segment.size() < net::tcp::header) return std::nullopt;
  if ((net::octet_at(segment, net::tcp::flags) & net::tcp::syn) == 0) return std::nullopt;
  const auto at = find_segment_size(segment);
  const auto most = static_cast<std::uint16_t>(mtu - headers);
  if (!at || net::word_at(segment, *at) <= most) return std::nullopt;

  Bytes out = to_bytes(packet);
  const std::size_t begin = decoded->header_length();
  // An option may begin at an odd octet: the words of the checksum then hold its value's octets crosswise.
  const std::size_t even = begin + *at - *at % 2;
  const std::size_t words = *at % 2 == 0 ? 1 : 2;
  std::uint16_t checksum = net::word_at(out, begin + net::tcp::checksum);
  std::array<std::uint16_t, 2> before{};
  for (std::size_t i = 0; i < words; ++i)
    before[i] = net::word_at(out, even + 2 * i);
  net::set_word(out, begin + *at, most);
  for (std::size_t i = 0; i < words; ++i)
    checksum = net::update_checksum(checksum, before[i], net::word_at(out, even + 2 * i));
  net::set_word(out, begin + net::tcp::checksum, checksum);
  return out;
}

}  // namespace ipop::router
