#pragma once

// ARP for IPv4 over Ethernet (RFC 826); probes and announcements: RFC 5227.
//
//   0        2        4    5    6        8          14        18         24        28
//   +--------+--------+----+----+--------+----------+---------+----------+---------+
//   | hw = 1 | 0x0800 | 6  | 4  | opcode | sender   | sender  | target   | target  |
//   |        |        |    |    |        | MAC      | IP      | MAC      | IP      |
//   +--------+--------+----+----+--------+----------+---------+----------+---------+

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "net/ipv4_address.hpp"
#include "net/mac_address.hpp"

namespace ipop::net {

enum class ArpOperation : std::uint16_t { request = 1, reply = 2 };

struct ArpPacket {
  static constexpr std::size_t size = 28;

  ArpOperation operation = ArpOperation::request;
  MacAddress sender_mac{};
  Ipv4Address sender_ip{};
  MacAddress target_mac{};
  Ipv4Address target_ip{};

  /// A host claims its own address: a request, or from some hosts a reply (RFC 5227, 1.1 and 3).
  [[nodiscard]] bool is_announcement() const { return !sender_ip.is_unspecified() && sender_ip == target_ip; }

  friend bool operator==(const ArpPacket&, const ArpPacket&) = default;
};

/// Octets after the packet are Ethernet padding. Errors: `truncated`; `unsupported` for another
/// hardware, protocol, address length or operation.
Result<ArpPacket> decode_arp(ByteSpan payload);
void encode(const ArpPacket& packet, Bytes& out);

}  // namespace ipop::net
