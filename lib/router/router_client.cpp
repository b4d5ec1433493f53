// Router's side of the TAP: frames of the client, and the node's own services.

#include "net/arp.hpp"
#include "net/dhcp_message.hpp"
#include "net/ipv4.hpp"
#include "net/udp.hpp"
#include "router/arp_responder.hpp"
#include "router/lease_record.hpp"
#include "router/router_state.hpp"
#include "router/server_answers.hpp"
#include "router/stream_turn.hpp"

namespace ipop::router {
namespace {

constexpr std::uint16_t tcp_port_dns = 53;
// An ARP request whose target is being looked up; the kernel asks again after 1 s, three times.
constexpr Duration arp_patience = 3s;
constexpr Duration client_search_pause = 1s;

std::optional<std::uint16_t> tcp_destination_port(const net::Ipv4Packet& packet) {
  if (packet.header.protocol != net::IpProtocol::tcp || packet.header.fragment_offset != 0) return std::nullopt;
  ByteReader in(packet.payload);
  in.take(2);
  const auto port = in.read<std::uint16_t>();
  return in.ok() ? std::optional(port) : std::nullopt;
}

}  // namespace

void Router::State::handle_frames(TimePoint now, std::span<const ByteSpan> frames) {
  const SwitchView view{config_.prefix, lease() ? std::optional(lease()->address) : std::nullopt};
  last_destination_.reset();
  for (const ByteSpan frame : frames) {
    const FrameDecision decision = classify(frame, view);
    macs_.learn(now, decision.source_mac);
    dhcp_.handle_client_seen(now, decision.source_mac);
    switch (decision.kind) {
      case FrameKind::unicast:
        macs_.learn(now, decision.source_mac, decision.addresses.source);
        handle_unicast(now, decision.payload, decision.addresses.destination);
        break;
      case FrameKind::arp: handle_arp(now, decision); break;
      case FrameKind::dhcp: handle_dhcp(now, decision); break;
      case FrameKind::server:
        macs_.learn(now, decision.source_mac, decision.addresses.source);
        handle_for_server(now, decision);
        break;
      case FrameKind::drop: counters.add(decision.reason); break;
    }
  }
  pass_values(now);
}

void Router::State::handle_arp(TimePoint now, const FrameDecision& frame) {
  const auto packet = net::decode_arp(frame.payload);
  if (!packet) return counters.add("drop_arp_malformed");
  // A sender that differs from the frame's is a proxy or a lie; its packets would miss the bridge's table.
  if (packet->sender_mac != frame.source_mac) return counters.add("drop_arp_sender");
  macs_.learn(now, packet->sender_mac, packet->sender_ip);
  const auto leased = lease() ? std::optional(lease()->address) : std::nullopt;
  switch (ask_of(*packet, leased, config_.prefix)) {
    case ArpQuestion::none: return counters.add("arp_silence");
    case ArpQuestion::server: counters.add("arp_reply"); return write(make_arp_frame(make_arp_reply(*packet)));
    case ArpQuestion::peer: break;
  }
  const AddressResolver::Entry& entry = resolver_.resolve(now, packet->target_ip);
  switch (entry.knowledge) {
    case AddressResolver::Knowledge::holder:
      if (entry.holder == config_.self) return counters.add("arp_silence");
      want_link(now, entry.holder);
      counters.add("arp_reply");
      return write(make_arp_frame(make_arp_reply(*packet)));
    case AddressResolver::Knowledge::asking:
      waiting_arps_.put(now, packet->target_ip, *packet, now + arp_patience);
      return;
    case AddressResolver::Knowledge::nobody:
    case AddressResolver::Knowledge::unknown: return counters.add("arp_silence");
  }
}

void Router::State::handle_dhcp(TimePoint now, const FrameDecision& frame) {
  const auto packet = net::decode_ipv4(frame.payload);
  if (!packet) return counters.add("drop_dhcp_ip");
  if (packet->header.is_fragment()) return counters.add("drop_dhcp_fragment");
  const auto datagram = net::decode_udp(packet->payload, packet->header.source, packet->header.destination);
  if (!datagram) return counters.add("drop_dhcp_udp");
  const auto message = net::decode_dhcp(datagram->payload);
  if (!message) return counters.add("drop_dhcp_malformed");
  // A SimpleNode has no address to lend.
  if (!config_.claim_address) return counters.add("drop_dhcp_no_service");
  dhcp_.handle_message(now, *message, macs_.knows(now, message->chaddr));
}

void Router::State::handle_for_server(TimePoint now, const FrameDecision& frame) {
  const auto packet = net::decode_ipv4(frame.payload);
  if (!packet) return counters.add("drop_server_ip");
  if (packet->header.protocol == net::IpProtocol::udp && !packet->header.is_fragment()) {
    const auto datagram = net::decode_udp(packet->payload, packet->header.source, packet->header.destination);
    if (!datagram) return counters.add("drop_server_udp");
    if (datagram->destination_port != net::udp_port_dns) return counters.add("drop_server_port");
    return dns_.handle_query(now, DnsDesk::TapClient{frame.source_mac, packet->header.source, datagram->source_port},
                             datagram->payload);
  }
  auto answer = make_echo_reply(*packet);
  if (!answer && dns_listener_) answer = turn_stream(*packet, *dns_listener_);
  if (!answer && tcp_destination_port(*packet) == tcp_port_dns) answer = make_tcp_reset(*packet);
  if (!answer) return counters.add("drop_server_protocol");
  write(make_ip_frame(frame.source_mac, *answer));
}

void Router::State::handle_dhcp_output(TimePoint now, const DhcpServer::Output& output) {
  std::visit(Overloaded{
                 [&](const DhcpServer::Reply& reply) {
                   Bytes message;
                   if (!net::encode(reply.message, message, reply.max_size)) return counters.add("drop_dhcp_too_large");
                   if (reply.message.options.message_type() == net::DhcpMessageType::ack)
                     macs_.learn(now, reply.message.chaddr, reply.message.yiaddr);
                   write(make_ip_frame(
                       reply.to_mac, make_udp_packet(config_.prefix.server_address(), net::udp_port_dhcp_server,
                                                     reply.to, net::udp_port_dhcp_client, message, identification_++)));
                 },
                 [&](const DhcpServer::WantAddress& want) {
                   if (!holdings_.want(now, want.address)) dhcp_.handle_address_taken(now, want.address);
                 },
                 [&](const DhcpServer::ForgetWish&) { holdings_.forget_wish(now); },
                 [&](const DhcpServer::InUse&) { holdings_.keep(now); },
                 [&](const DhcpServer::Prefers& prefers) { holdings_.prefer(prefers.address); },
                 [&](const DhcpServer::Released&) { holdings_.let_lapse(); },
                 [&](const DhcpServer::Declined&) {
                   if (holdings_.is_served()) return counters.add("drop_dhcp_decline_server");
                   if (!holdings_.decline(now)) counters.add("drop_dhcp_decline_limit");
                 },
                 [&](const DhcpServer::FindClient& client) {
                   write(make_arp_frame(make_arp_request(config_.prefix.server_address(), client.address)));
                 },
             },
             output);
}

void Router::State::answer_dns(DnsDesk::Answer& answer) {
  std::visit(Overloaded{
                 [&](const DnsDesk::ControlClient& client) {
                   dns_answers.push(DnsAnswer{client.tag, std::move(answer.message)});
                 },
                 [&](const DnsDesk::StreamClient& client) {
                   outputs.push(DnsStreamAnswer{client.tag, std::move(answer.message)});
                 },
                 [&](const DnsDesk::TapClient& client) {
                   write(make_ip_frame(
                       client.mac, make_udp_packet(config_.prefix.server_address(), net::udp_port_dns, client.address,
                                                   client.port, answer.message, identification_++)));
                 },
             },
             answer.to);
}

void Router::State::write_ip(TimePoint now, net::Ipv4Address to, ByteSpan packet) {
  if (const auto mac = macs_.find(to)) return write(make_ip_frame(*mac, packet));
  // Nobody said that he uses the address, and several machines may be there: everybody gets the
  // packet, and ARP asks whose it is.
  if (!client_looked_for_ || *client_looked_for_ + client_search_pause <= now) {
    client_looked_for_ = now;
    write(make_arp_frame(make_arp_request(config_.prefix.server_address(), to)));
  }
  write(make_ip_frame(net::MacAddress::broadcast(), packet));
}

}  // namespace ipop::router
