#include "router/frame_switch.hpp"

#include "net/packet_fields.hpp"
#include "net/udp.hpp"
#include "router/mac_table.hpp"

namespace ipop::router {
namespace {

FrameDecision drop(std::string_view reason, const net::MacAddress& source = {}) {
  return {FrameKind::drop, reason, source, {}, {}};
}

/// A DHCP client talks to everybody, from 0.0.0.0 or from the address it had, or to the server.
bool is_for_dhcp_server(ByteSpan packet, net::Ipv4Address destination, const net::Ipv4Prefix& prefix) {
  const bool heard =
      destination.is_broadcast() || destination == prefix.broadcast() || destination == prefix.server_address();
  return heard && udp_destination_port(packet) == net::udp_port_dhcp_server;
}

}  // namespace

FrameDecision classify(ByteSpan frame, const SwitchView& view) {
  const auto decoded = net::decode_ethernet(frame);
  if (!decoded) return drop("drop_frame_malformed");
  const net::EthernetHeader& header = decoded->header;
  if (header.source == server_mac || header.source.is_group()) return drop("drop_frame_echo");
  if (!header.destination.is_group() && header.destination != server_mac)
    return drop("drop_frame_other_mac", header.source);

  FrameDecision out{FrameKind::arp, {}, header.source, decoded->payload, {}};
  if (header.ether_type == net::EtherType::arp) return out;
  if (header.ether_type == net::EtherType::ipv6) return drop("drop_frame_ipv6", header.source);
  if (header.ether_type != net::EtherType::ipv4) return drop("drop_frame_type", header.source);

  const auto addresses = net::ipv4_addresses(out.payload);
  if (!addresses) return drop("drop_ip_malformed", header.source);
  out.addresses = *addresses;
  out.payload = out.payload.first(net::word_at(out.payload, 2));

  if (is_for_dhcp_server(out.payload, addresses->destination, view.prefix)) {
    out.kind = FrameKind::dhcp;
    return out;
  }
  if (addresses->destination.is_multicast()) return drop("drop_ip_multicast", header.source);
  if (header.destination.is_group() || addresses->destination.is_broadcast() ||
      addresses->destination == view.prefix.broadcast()) {
    return drop("drop_ip_broadcast", header.source);
  }
  if (!view.leased || addresses->source != *view.leased) return drop("drop_ip_source", header.source);
  if (addresses->destination == view.prefix.server_address()) {
    out.kind = FrameKind::server;
    return out;
  }
  if (!view.prefix.contains(addresses->destination)) return drop("drop_ip_outside", header.source);
  if (addresses->destination == view.prefix.address()) return drop("drop_ip_broadcast", header.source);
  if (addresses->destination == *view.leased) return drop("drop_ip_to_self", header.source);
  out.kind = FrameKind::unicast;
  return out;
}

std::optional<std::uint16_t> udp_destination_port(ByteSpan packet) {
  if (packet.size() < net::Ipv4Header::min_size) return std::nullopt;
  const std::size_t header = std::size_t{net::octet_at(packet, 0) & 0x0fU} * 4;
  if (net::octet_at(packet, 9) != static_cast<std::uint8_t>(net::IpProtocol::udp)) return std::nullopt;
  const bool is_later_fragment = (net::word_at(packet, 6) & 0x1fffU) != 0;
  if (is_later_fragment || packet.size() < header + 4) return std::nullopt;
  return static_cast<std::uint16_t>(net::word_at(packet, header + 2));
}

}  // namespace ipop::router
