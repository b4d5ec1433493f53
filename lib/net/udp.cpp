#include "net/udp.hpp"

#include <cassert>

#include "net/checksum.hpp"
#include "net/ipv4.hpp"

namespace ipop::net {
namespace {

constexpr auto protocol_udp = static_cast<std::uint8_t>(IpProtocol::udp);
constexpr std::size_t max_payload = 65507;  // 65535 less the IPv4 and UDP headers

}  // namespace

Result<UdpDatagram> decode_udp(ByteSpan octets, Ipv4Address source, Ipv4Address destination) {
  ByteReader in(octets);
  UdpDatagram datagram;
  datagram.source_port = in.read<std::uint16_t>();
  datagram.destination_port = in.read<std::uint16_t>();
  const std::size_t length = in.read<std::uint16_t>();
  const auto checksum = in.read<std::uint16_t>();
  if (!in.ok()) return {Errc::truncated, "UDP header"};
  if (length < UdpDatagram::header_size) return {Errc::malformed, "UDP length"};
  if (length > octets.size()) return {Errc::truncated, "UDP datagram"};
  if (checksum != 0) {
    ChecksumSum sum;
    sum.add_pseudo_header(source, destination, protocol_udp, length);
    sum.add(octets.first(length));
    if (sum.finish() != 0) return {Errc::bad_checksum, "UDP checksum"};
  }
  datagram.payload = octets.subspan(UdpDatagram::header_size, length - UdpDatagram::header_size);
  return datagram;
}

void encode(const UdpDatagram& datagram, Ipv4Address source, Ipv4Address destination, Bytes& out) {
  assert(datagram.payload.size() <= max_payload);
  const std::size_t length = UdpDatagram::header_size + datagram.payload.size();
  ChecksumSum sum;
  sum.add_pseudo_header(source, destination, protocol_udp, length);
  sum.add(datagram.source_port);
  sum.add(datagram.destination_port);
  sum.add(static_cast<std::uint16_t>(length));
  sum.add(datagram.payload);
  // Zero on the wire means "no checksum"; its other form in ones' complement is all ones.
  const std::uint16_t checksum = sum.finish() == 0 ? std::uint16_t{0xffff} : sum.finish();

  ByteWriter writer(out);
  writer.write(datagram.source_port);
  writer.write(datagram.destination_port);
  writer.write(static_cast<std::uint16_t>(length));
  writer.write(checksum);
  writer.write(datagram.payload);
}

}  // namespace ipop::net
