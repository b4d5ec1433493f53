#pragma once

// IPv4 (RFC 791, figure 4):
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-------+-------+---------------+-------------------------------+
//   |Version|  IHL  |Type of Service|          Total Length         |
//   +-------+-------+---------------+-----+-------------------------+
//   |         Identification        |Flags|      Fragment Offset    |
//   +---------------+---------------+-----+-------------------------+
//   |  Time to Live |    Protocol   |         Header Checksum       |
//   +---------------+---------------+-------------------------------+
//   |                       Source Address                          |
//   +---------------------------------------------------------------+
//   |                    Destination Address                        |
//   +---------------------------------------------------------------+
//   |                    Options (0 to 40 octets)                   |
//   +---------------------------------------------------------------+

#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::net {

/// What the payload is; numbers without a name are kept.
enum class IpProtocol : std::uint8_t { icmp = 1, igmp = 2, tcp = 6, udp = 17 };

/// The fields of a header that are not derived from the payload.
struct Ipv4Header {
  static constexpr std::size_t min_size = 20;
  static constexpr std::size_t max_size = 60;

  std::uint8_t type_of_service = 0;  ///< DSCP and ECN (RFC 2474, RFC 3168)
  std::uint16_t identification = 0;
  bool dont_fragment = false;
  bool more_fragments = false;
  std::uint16_t fragment_offset = 0;  ///< in units of 8 octets, 0 to 8191
  std::uint8_t time_to_live = 64;     // RFC 1700: the recommended default
  IpProtocol protocol{};
  Ipv4Address source{};
  Ipv4Address destination{};

  /// A part of a datagram; only the first part (offset 0) starts with the payload's own header.
  [[nodiscard]] bool is_fragment() const { return more_fragments || fragment_offset != 0; }

  friend bool operator==(const Ipv4Header&, const Ipv4Header&) = default;
};

/// A datagram and views of its parts.
struct Ipv4Packet {
  Ipv4Header header{};
  ByteSpan options{};  ///< as they came; a multiple of 4 octets, at most 40
  ByteSpan payload{};  ///< ends where the total length says

  [[nodiscard]] std::size_t header_length() const { return Ipv4Header::min_size + options.size(); }
  [[nodiscard]] std::size_t total_length() const { return header_length() + payload.size(); }
};

struct Ipv4Addresses {
  Ipv4Address source{};
  Ipv4Address destination{};

  friend bool operator==(const Ipv4Addresses&, const Ipv4Addresses&) = default;
};

/// Octets after the total length are Ethernet padding. Errors: `truncated`; `unsupported` for
/// another version; `malformed` for lengths that contradict each other; `bad_checksum`.
Result<Ipv4Packet> decode_ipv4(ByteSpan octets);

/// The addresses of what looks like IPv4: version, header length and total length are plausible,
/// the checksum is not looked at. For the data path, where the kernels at both ends check it.
[[nodiscard]] std::optional<Ipv4Addresses> ipv4_addresses(ByteSpan octets);

/// Writes header, options and payload, with lengths and checksum made here. The caller keeps
/// options and payload within the limits of Ipv4Packet and 65,535 octets together.
void encode(const Ipv4Packet& packet, Bytes& out);

}  // namespace ipop::net
