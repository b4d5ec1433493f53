#include "router/stream_turn.hpp"

#include "net/checksum.hpp"

namespace ipop::router {
namespace {

constexpr std::uint16_t port_dns = 53;
constexpr std::size_t smallest_segment = 20;  // RFC 9293, 3.1
constexpr std::size_t segment_checksum_at = 16;

void put_word(Bytes& octets, std::size_t at, std::uint16_t value) {
  octets[at] = static_cast<std::byte>(value >> 8U);
  octets[at + 1] = static_cast<std::byte>(value & 0xffU);
}

}  // namespace

std::optional<Bytes> turn_stream(const net::Ipv4Packet& packet, std::uint16_t listener) {
  if (packet.header.protocol != net::IpProtocol::tcp || packet.header.is_fragment()) return std::nullopt;
  if (packet.payload.size() < smallest_segment) return std::nullopt;
  ByteReader in(packet.payload);
  const auto source = in.read<std::uint16_t>();
  const auto destination = in.read<std::uint16_t>();
  if (source == port_dns) return std::nullopt;
  const bool is_question = destination == port_dns;
  if (!is_question && source != listener) return std::nullopt;

  Bytes segment = to_bytes(packet.payload);
  const std::uint16_t before = is_question ? destination : source;
  const std::uint16_t after = is_question ? listener : port_dns;
  put_word(segment, is_question ? 2 : 0, after);
  // The addresses change places, which no sum sees; one port is another.
  in.take(segment_checksum_at - 4);
  put_word(segment, segment_checksum_at, net::update_checksum(in.read<std::uint16_t>(), before, after));

  net::Ipv4Packet out = packet;
  out.header.source = packet.header.destination;
  out.header.destination = packet.header.source;
  out.payload = segment;
  Bytes octets;
  net::encode(out, octets);
  return octets;
}

}  // namespace ipop::router
