#pragma once

// Packets as a guest makes them, for the tests of the data plane.

#include <vector>

#include "base/rng.hpp"
#include "dataplane/ip_fields.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::dataplane::test {

struct PacketShape {
  unsigned protocol = ip::tcp;
  net::Ipv4Address source{10, 128, 0, 1};
  net::Ipv4Address destination{10, 128, 0, 2};
  std::uint16_t source_port = 40'000;
  std::uint16_t destination_port = 5201;
  std::uint16_t identification = 1;
  unsigned type_of_service = 0;
  unsigned time_to_live = 64;
  bool dont_fragment = true;
  unsigned fragment = 0;  ///< more fragments and offset
  std::uint32_t sequence = 1000;
  std::uint32_t acknowledged = 7;
  unsigned flags = 0x10;
  unsigned window = 512;
  unsigned urgent = 0;
  bool has_checksum = true;  ///< of UDP, which may go without: then the octets sum up to none, and only the field tells
  Bytes ip_options{};
  Bytes tcp_options{};
  Bytes payload{};
};

/// A whole packet with right checksums, as far as it has them.
inline Bytes make_packet(const PacketShape& shape) {
  const bool is_tcp = shape.protocol == ip::tcp;
  const std::size_t ip_header = ip::header + shape.ip_options.size();
  const std::size_t header = ip_header + (is_tcp ? tcp::header + shape.tcp_options.size() : udp::header);
  Bytes out(header + shape.payload.size());
  const Octets octets(out);
  set_octet(octets, 0, static_cast<unsigned>(0x40 | ip_header / 4));
  set_octet(octets, ip::type_of_service, shape.type_of_service);
  set_word(octets, ip::total_length, out.size());
  set_word(octets, ip::identification, shape.identification);
  set_word(octets, ip::fragment, (shape.dont_fragment ? 0x4000U : 0U) | shape.fragment);
  set_octet(octets, ip::time_to_live, shape.time_to_live);
  set_octet(octets, ip::protocol, shape.protocol);
  set_long(octets, ip::source, shape.source.value());
  set_long(octets, ip::destination, shape.destination.value());
  std::ranges::copy(shape.ip_options, out.begin() + ip::header);
  const Octets behind = octets.subspan(ip_header);
  set_word(behind, 0, shape.source_port);
  set_word(behind, 2, shape.destination_port);
  if (is_tcp) {
    set_long(behind, tcp::sequence, shape.sequence);
    set_long(behind, tcp::acknowledged, shape.acknowledged);
    set_octet(behind, tcp::data_offset, static_cast<unsigned>((tcp::header + shape.tcp_options.size()) / 4) << 4U);
    set_octet(behind, tcp::flags, shape.flags);
    set_word(behind, tcp::window, shape.window);
    set_word(behind, tcp::urgent, shape.urgent);
    std::ranges::copy(shape.tcp_options, behind.begin() + tcp::header);
  } else {
    set_word(behind, udp::length, behind.size());
  }
  std::ranges::copy(shape.payload, out.begin() + static_cast<std::ptrdiff_t>(header));
  complete_ip_checksum(octets, ip_header);
  Transport transport;
  if (!find_transport(octets, transport)) return out;
  const bool has_checksum = is_tcp || shape.has_checksum;
  const bool has_room = out.size() >= header + 2;
  if (!has_checksum && has_room) set_word(octets, header, 0);
  complete_checksum(octets, transport);
  if (has_checksum) return out;
  if (has_room) set_word(octets, header, word_at(octets, transport.checksum_at()));
  set_word(octets, transport.checksum_at(), 0);
  return out;
}

inline Bytes random_octets(Rng& rng, std::size_t size) {
  Bytes out(size);
  rng.fill(out);
  return out;
}

/// What a kernel hands over in one piece: `size` octets of payload to be cut every `segment`.
struct LargeFrame {
  net::VnetHeader header{};
  Bytes packet{};
};
inline LargeFrame make_large(PacketShape shape, std::size_t segment) {
  LargeFrame out;
  out.packet = make_packet(shape);
  Transport transport;
  const bool found = find_transport(out.packet, transport);
  if (!found) return out;
  out.header.has_checksum_to_do = true;
  out.header.cut = shape.protocol == ip::tcp ? net::VnetHeader::Cut::tcp4 : net::VnetHeader::Cut::udp;
  out.header.segment = static_cast<std::uint16_t>(segment);
  out.header.header_length = static_cast<std::uint16_t>(ethernet_header + transport.header);
  out.header.checksum_start = static_cast<std::uint16_t>(ethernet_header + transport.ip_header);
  out.header.checksum_offset = static_cast<std::uint16_t>(transport.checksum_at() - transport.ip_header);
  set_word(out.packet, transport.checksum_at(),
           pseudo_header_sum(out.packet, shape.protocol, out.packet.size() - transport.ip_header));
  return out;
}

}  // namespace ipop::dataplane::test
