#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "net/ethernet.hpp"
#include "net/ipv4.hpp"
#include "net/ipv4_address.hpp"
#include "net/ipv4_prefix.hpp"
#include "net/mac_address.hpp"

namespace ipop::router {

/// Who takes a frame of the client's side.
enum class FrameKind {
  arp,      ///< payload is an ARP packet
  dhcp,     ///< an IP packet, UDP to port 67 of the server or of everybody
  server,   ///< an IP packet for the server address
  unicast,  ///< an IP packet for another address of the virtual network
  drop,     ///< nobody; `reason` is the counter
};

/// What classify found.
struct FrameDecision {
  FrameKind kind = FrameKind::drop;
  std::string_view reason{};  ///< of a drop: a name for Counters
  net::MacAddress source_mac{};
  ByteSpan payload{};  ///< what follows the Ethernet header; an IP packet without padding
  net::Ipv4Addresses addresses{};
};

/// What classify must know of the node.
struct SwitchView {
  net::Ipv4Prefix prefix{};
  std::optional<net::Ipv4Address> leased{};  ///< the address that the client may use
};

/// Decides what a frame from the TAP is. A pure function; it looks at headers only.
///
/// Dropped are: what is broken; frames that carry our own MAC as their source (echoes of a
/// bridge); frames for another machine's MAC; all but ARP and IPv4; broadcast and multicast except
/// DHCP; packets whose source is not the leased address (S7), or whose destination is not on the
/// virtual network.
FrameDecision classify(ByteSpan frame, const SwitchView& view);

/// The destination port of a UDP packet (first fragments only); nullopt for anything else.
std::optional<std::uint16_t> udp_destination_port(ByteSpan packet);

}  // namespace ipop::router
