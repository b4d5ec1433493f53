#pragma once

// Ethernet II frames (IEEE 802.3, 3.2), without preamble and frame check sequence:
//
//    0                   6                  12        14
//   +-------------------+-------------------+---------+----------
//   | destination       | source            | type    | payload
//   +-------------------+-------------------+---------+----------

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "net/mac_address.hpp"

namespace ipop::net {

/// What the payload is; numbers without a name are kept.
enum class EtherType : std::uint16_t {
  ipv4 = 0x0800,
  arp = 0x0806,
  vlan = 0x8100,
  ipv6 = 0x86dd,
};

struct EthernetHeader {
  static constexpr std::size_t size = 14;

  MacAddress destination{};
  MacAddress source{};
  EtherType ether_type{};

  friend bool operator==(const EthernetHeader&, const EthernetHeader&) = default;
};

/// A header and a view of what follows it. Frames shorter than 60 octets may be padded, so the
/// payload's own length field decides where it ends.
struct EthernetFrame {
  EthernetHeader header{};
  ByteSpan payload{};
};

/// Errors: `truncated`; `unsupported` for a type field below 0x0600, which is an 802.3 length.
Result<EthernetFrame> decode_ethernet(ByteSpan octets);
void encode(const EthernetHeader& header, Bytes& out);

}  // namespace ipop::net
