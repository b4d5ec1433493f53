#include "net/ethernet.hpp"

namespace ipop::net {
namespace {

constexpr std::uint16_t first_ether_type = 0x0600;  // IEEE 802.3, 3.2.6: below it, a length

}  // namespace

Result<EthernetFrame> decode_ethernet(ByteSpan octets) {
  ByteReader in(octets);
  EthernetFrame frame;
  frame.header.destination = MacAddress(in.take_array<MacAddress::size>());
  frame.header.source = MacAddress(in.take_array<MacAddress::size>());
  const auto type = in.read<std::uint16_t>();
  frame.header.ether_type = EtherType{type};
  frame.payload = in.take_rest();
  if (!in.ok()) return {Errc::truncated, "Ethernet header"};
  if (type < first_ether_type) return {Errc::unsupported, "802.3 length field"};
  return frame;
}

void encode(const EthernetHeader& header, Bytes& out) {
  ByteWriter writer(out);
  writer.write(header.destination.octets());
  writer.write(header.source.octets());
  writer.write(static_cast<std::uint16_t>(header.ether_type));
}

}  // namespace ipop::net
