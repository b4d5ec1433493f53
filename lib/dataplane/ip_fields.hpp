#pragma once

// IPv4 packets of TCP and UDP as the data plane takes them apart.

#include <cstdint>

#include "base/bytes.hpp"
#include "net/packet_fields.hpp"

namespace ipop::dataplane {

namespace ip = net::ip;
namespace tcp = net::tcp;
namespace udp = net::udp;
using net::ethernet_header;
using net::long_at;
using net::octet_at;
using net::Octets;
using net::set_long;
using net::set_octet;
using net::set_word;
using net::word_at;

/// A whole IPv4 packet of TCP or UDP, with an end to its headers.
struct Transport {
  unsigned protocol = 0;
  std::size_t ip_header = 0;
  std::size_t header = 0;  ///< of both
  std::size_t total = 0;   ///< as the packet says

  [[nodiscard]] std::size_t checksum_at() const {
    return ip_header + (protocol == ip::tcp ? tcp::checksum : udp::checksum);
  }
};

/// Looks at lengths only. False for anything but TCP and UDP, for fragments, and where the lengths contradict one
/// another or the octets that are there; octets behind the packet are padding.
[[nodiscard]] bool find_transport(ByteSpan packet, Transport& out);

/// The sum of the pseudo header (RFC 9293, 3.1), folded, as it stands in a field that is to be completed.
[[nodiscard]] std::uint16_t pseudo_header_sum(ByteSpan packet, unsigned protocol, std::size_t length);
/// Of a whole packet that find_transport has looked at: the IPv4 header's and the transport's.
[[nodiscard]] bool has_good_checksums(ByteSpan packet, const Transport& transport);
/// Writes the IPv4 header's.
void complete_ip_checksum(Octets packet, std::size_t ip_header);
/// Writes the transport's over `packet`, whose length is its own.
void complete_checksum(Octets packet, const Transport& transport);

}  // namespace ipop::dataplane
