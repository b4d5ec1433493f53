#include "router/arp_responder.hpp"

#include "net/ethernet.hpp"
#include "router/lease_candidates.hpp"
#include "router/mac_table.hpp"

namespace ipop::router {

ArpQuestion ask_of(const net::ArpPacket& packet, std::optional<net::Ipv4Address> leased,
                   const net::Ipv4Prefix& prefix) {
  if (packet.operation != net::ArpOperation::request || packet.is_announcement()) return ArpQuestion::none;
  if (packet.sender_ip.is_broadcast()) return ArpQuestion::none;
  if (leased && packet.target_ip == *leased) return ArpQuestion::none;
  if (packet.target_ip == prefix.server_address()) return ArpQuestion::server;
  return is_leasable(packet.target_ip, prefix) ? ArpQuestion::peer : ArpQuestion::none;
}

net::ArpPacket make_arp_reply(const net::ArpPacket& request) {
  return {net::ArpOperation::reply, server_mac, request.target_ip, request.sender_mac, request.sender_ip};
}

net::ArpPacket make_arp_request(net::Ipv4Address server, net::Ipv4Address address) {
  return {net::ArpOperation::request, server_mac, server, {}, address};
}

Bytes make_arp_frame(const net::ArpPacket& packet) {
  Bytes frame;
  frame.reserve(net::EthernetHeader::size + net::ArpPacket::size);
  const bool is_request = packet.operation == net::ArpOperation::request;
  encode(net::EthernetHeader{is_request ? net::MacAddress::broadcast() : packet.target_mac, server_mac,
                             net::EtherType::arp},
         frame);
  encode(packet, frame);
  return frame;
}

}  // namespace ipop::router
