#pragma once

// UDP over IPv4 (RFC 768):
//
//   0             2                   4        6          8
//   +-------------+-------------------+--------+----------+--------
//   | source port | destination port  | length | checksum | payload
//   +-------------+-------------------+--------+----------+--------

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::net {

/// Ports that a node serves on its virtual network.
inline constexpr std::uint16_t udp_port_dns = 53;
inline constexpr std::uint16_t udp_port_dhcp_server = 67;
inline constexpr std::uint16_t udp_port_dhcp_client = 68;

struct UdpDatagram {
  static constexpr std::size_t header_size = 8;

  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  ByteSpan payload{};
};

/// Octets after the length are padding. A checksum of 0 means that the sender made none.
/// `source` and `destination` are the IP header's. Errors: `truncated`; `malformed` for a length
/// below 8; `bad_checksum`.
Result<UdpDatagram> decode_udp(ByteSpan octets, Ipv4Address source, Ipv4Address destination);
/// Writes header and payload with a checksum. The caller keeps the payload within 65,507 octets.
void encode(const UdpDatagram& datagram, Ipv4Address source, Ipv4Address destination, Bytes& out);

}  // namespace ipop::net
