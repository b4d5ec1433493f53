#pragma once

#include <optional>

#include "net/arp.hpp"
#include "net/ipv4_address.hpp"
#include "net/ipv4_prefix.hpp"
#include "router/address_resolver.hpp"

namespace ipop::router {

/// What an ARP packet of the client's side asks for, before it is known who holds the target.
enum class ArpQuestion {
  none,    ///< silence
  server,  ///< for the server address: answered always
  peer,    ///< for an address that a peer may hold: the resolver decides
};

/// Decides by the packet alone. A pure function.
///
/// Silence for: replies and announcements; anything about the client's own address, a probe
/// above all: a client that gets an answer to its probe declines the address, again and again;
/// senders of 255.255.255.255; targets that nobody can hold.
ArpQuestion ask_of(const net::ArpPacket& packet, std::optional<net::Ipv4Address> leased, const net::Ipv4Prefix& prefix);

/// The answer that makes the client send packets for `request.target_ip` to us. The target is never
/// the client's own address: two such within 10 s and the client gives its address up (RFC 5227, 2.4).
net::ArpPacket make_arp_reply(const net::ArpPacket& request);

/// Asks for the MAC of the client that uses `address`.
net::ArpPacket make_arp_request(net::Ipv4Address server, net::Ipv4Address address);

/// An ARP packet in its Ethernet frame, from our MAC.
Bytes make_arp_frame(const net::ArpPacket& packet);

}  // namespace ipop::router
