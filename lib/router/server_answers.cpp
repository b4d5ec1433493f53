#include "router/server_answers.hpp"

#include <algorithm>

#include "net/checksum.hpp"
#include "net/ethernet.hpp"
#include "net/icmp.hpp"
#include "net/udp.hpp"
#include "router/mac_table.hpp"

namespace ipop::router {
namespace {

constexpr std::size_t tcp_header_size = 20;
constexpr std::uint8_t tcp_fin = 0x01;
constexpr std::uint8_t tcp_syn = 0x02;
constexpr std::uint8_t tcp_rst = 0x04;
constexpr std::uint8_t tcp_ack = 0x10;

net::Ipv4Header answer_header(const net::Ipv4Header& to) {
  net::Ipv4Header header;
  header.dont_fragment = to.dont_fragment;
  header.identification = to.identification;
  header.protocol = to.protocol;
  header.source = to.destination;
  header.destination = to.source;
  return header;
}

}  // namespace

std::optional<Bytes> make_echo_reply(const net::Ipv4Packet& packet) {
  if (packet.header.protocol != net::IpProtocol::icmp || packet.header.is_fragment()) return std::nullopt;
  const auto echo = net::decode_icmp_echo(packet.payload);
  if (!echo || echo->is_reply) return std::nullopt;
  Bytes icmp;
  net::encode(net::IcmpEcho{true, echo->identifier, echo->sequence_number, echo->data}, icmp);
  Bytes out;
  net::encode(net::Ipv4Packet{answer_header(packet.header), {}, icmp}, out);
  return out;
}

std::optional<Bytes> make_tcp_reset(const net::Ipv4Packet& packet) {
  if (packet.header.protocol != net::IpProtocol::tcp || packet.header.is_fragment()) return std::nullopt;
  ByteReader in(packet.payload);
  const auto source_port = in.read<std::uint16_t>();
  const auto destination_port = in.read<std::uint16_t>();
  const auto sequence = in.read<std::uint32_t>();
  const auto acknowledgment = in.read<std::uint32_t>();
  const std::size_t header_size = std::size_t{in.read<std::uint8_t>()} / 16 * 4;
  const auto flags = in.read<std::uint8_t>();
  if (!in.ok() || header_size < tcp_header_size || header_size > packet.payload.size()) return std::nullopt;
  if ((flags & tcp_rst) != 0) return std::nullopt;

  // The reset takes the sequence that the other side expects; without an ACK it acknowledges instead.
  const bool has_ack = (flags & tcp_ack) != 0;
  const auto occupied = static_cast<std::uint32_t>(packet.payload.size() - header_size) + ((flags & tcp_syn) != 0) +
                        ((flags & tcp_fin) != 0);
  Bytes segment;
  ByteWriter out(segment);
  out.write(destination_port);
  out.write(source_port);
  out.write(has_ack ? acknowledgment : 0U);
  out.write(has_ack ? 0U : sequence + occupied);
  out.write(static_cast<std::uint8_t>(tcp_header_size / 4 * 16));
  out.write(static_cast<std::uint8_t>(has_ack ? tcp_rst : tcp_rst | tcp_ack));
  out.write_zeros(6);  // window, checksum, urgent pointer
  net::ChecksumSum sum;
  sum.add_pseudo_header(packet.header.destination, packet.header.source,
                        static_cast<std::uint8_t>(net::IpProtocol::tcp), segment.size());
  sum.add(segment);
  const std::uint16_t checksum = sum.finish();
  segment[16] = static_cast<std::byte>(checksum >> 8U);
  segment[17] = static_cast<std::byte>(checksum & 0xffU);
  Bytes answer;
  net::encode(net::Ipv4Packet{answer_header(packet.header), {}, segment}, answer);
  return answer;
}

Bytes make_udp_packet(net::Ipv4Address source, std::uint16_t source_port, net::Ipv4Address destination,
                      std::uint16_t destination_port, ByteSpan payload, std::uint16_t identification) {
  Bytes datagram;
  net::encode(net::UdpDatagram{source_port, destination_port, payload}, source, destination, datagram);
  net::Ipv4Header header;
  header.identification = identification;
  header.protocol = net::IpProtocol::udp;
  header.source = source;
  header.destination = destination;
  Bytes out;
  net::encode(net::Ipv4Packet{header, {}, datagram}, out);
  return out;
}

std::vector<Bytes> make_fragments(ByteSpan packet, std::size_t mtu) {
  const auto decoded = net::decode_ipv4(packet);
  if (!decoded || !decoded->options.empty()) return {};
  const std::size_t room = mtu > decoded->header_length() ? (mtu - decoded->header_length()) / 8 * 8 : 0;
  if (room == 0) return {};
  std::vector<Bytes> out;
  for (std::size_t at = 0; at < decoded->payload.size(); at += room) {
    const std::size_t size = std::min(room, decoded->payload.size() - at);
    net::Ipv4Packet part = *decoded;
    part.payload = decoded->payload.subspan(at, size);
    part.header.fragment_offset = static_cast<std::uint16_t>(decoded->header.fragment_offset + at / 8);
    part.header.more_fragments = decoded->header.more_fragments || at + size < decoded->payload.size();
    net::encode(part, out.emplace_back());
  }
  return out;
}

Bytes make_ip_frame(const net::MacAddress& destination, ByteSpan packet) {
  Bytes frame;
  frame.reserve(net::EthernetHeader::size + packet.size());
  net::encode(net::EthernetHeader{destination, server_mac, net::EtherType::ipv4}, frame);
  append(frame, packet);
  return frame;
}

}  // namespace ipop::router
