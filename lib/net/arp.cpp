#include "net/arp.hpp"

#include "net/ethernet.hpp"

namespace ipop::net {
namespace {

constexpr std::uint16_t arp_ethernet = 1;  // RFC 826: ar$hrd
constexpr std::uint8_t ipv4_size = 4;

}  // namespace

Result<ArpPacket> decode_arp(ByteSpan payload) {
  ByteReader in(payload);
  const auto hardware = in.read<std::uint16_t>();
  const auto protocol = in.read<std::uint16_t>();
  const auto hardware_size = in.read<std::uint8_t>();
  const auto protocol_size = in.read<std::uint8_t>();
  const auto operation = in.read<std::uint16_t>();
  ArpPacket packet;
  packet.sender_mac = MacAddress(in.take_array<MacAddress::size>());
  packet.sender_ip = Ipv4Address(in.read<std::uint32_t>());
  packet.target_mac = MacAddress(in.take_array<MacAddress::size>());
  packet.target_ip = Ipv4Address(in.read<std::uint32_t>());
  if (!in.ok()) return {Errc::truncated, "ARP packet"};
  if (hardware != arp_ethernet || hardware_size != MacAddress::size) {
    return {Errc::unsupported, "ARP hardware type"};
  }
  if (protocol != static_cast<std::uint16_t>(EtherType::ipv4) || protocol_size != ipv4_size) {
    return {Errc::unsupported, "ARP protocol type"};
  }
  if (operation != static_cast<std::uint16_t>(ArpOperation::request) &&
      operation != static_cast<std::uint16_t>(ArpOperation::reply)) {
    return {Errc::unsupported, "ARP operation"};
  }
  packet.operation = ArpOperation{operation};
  return packet;
}

void encode(const ArpPacket& packet, Bytes& out) {
  ByteWriter writer(out);
  writer.write(arp_ethernet);
  writer.write(static_cast<std::uint16_t>(EtherType::ipv4));
  writer.write(static_cast<std::uint8_t>(MacAddress::size));
  writer.write(ipv4_size);
  writer.write(static_cast<std::uint16_t>(packet.operation));
  writer.write(packet.sender_mac.octets());
  writer.write(packet.sender_ip.value());
  writer.write(packet.target_mac.octets());
  writer.write(packet.target_ip.value());
}

}  // namespace ipop::net
