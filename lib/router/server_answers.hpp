#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "net/ipv4.hpp"
#include "net/ipv4_address.hpp"
#include "net/mac_address.hpp"

namespace ipop::router {

/// The echo reply to an ICMP echo request for the server address; nullopt for anything else.
std::optional<Bytes> make_echo_reply(const net::Ipv4Packet& packet);

/// The reset that refuses a TCP segment (RFC 9293, 3.10.7.1), so that a resolver that tries TCP
/// fails at once; nullopt for a reset, a fragment or a broken segment.
std::optional<Bytes> make_tcp_reset(const net::Ipv4Packet& packet);

/// A UDP datagram with its IP header.
Bytes make_udp_packet(net::Ipv4Address source, std::uint16_t source_port, net::Ipv4Address destination,
                      std::uint16_t destination_port, ByteSpan payload, std::uint16_t identification);

/// The packet as fragments of at most `mtu` octets (RFC 791, 3.2); empty for a broken packet, one with
/// options, or when a header and 8 octets do not fit. The caller has checked that DF is not set.
std::vector<Bytes> make_fragments(ByteSpan packet, std::size_t mtu);

/// An IP packet in an Ethernet frame from our MAC.
Bytes make_ip_frame(const net::MacAddress& destination, ByteSpan packet);

}  // namespace ipop::router
