#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "base/node_id.hpp"
#include "base/result.hpp"

namespace ipop::overlay {

/// Who takes a routed packet.
enum class RouteMode : std::uint8_t {
  exact = 0,    ///< only the node whose id is the destination; else dropped (and counted)
  nearest = 1,  ///< the node nearest to the destination on the ring
  /// As exact, for an answer: it goes back the way that its question came, since the ring may not know the asker yet,
  /// or think that he is behind somebody who passes nothing on.
  back = 2,
};

/// What a routed packet carries. The overlay handles its own types and hands the others up.
enum class PacketType : std::uint8_t {
  connect_to_me = 1,  ///< overlay
  dht = 2,            ///< dht::Dht
  channel = 3,        ///< end-to-end session (crypto::ChannelTable), owned by node
  query = 4,          ///< question and answer between nodes: who are you, who is next (node)
};

/// A packet that travels over several links; sealed anew on each. docs/wire/overlay.md
///
///    type 1 | mode 1 | hops 1 | ttl 1 | question 8 | source 20 | destination 20 | payload
struct RoutedPacket {
  static constexpr std::size_t header_size = 52;
  static constexpr std::uint8_t default_ttl = 32;

  PacketType type{};
  RouteMode mode = RouteMode::exact;
  std::uint8_t hops = 0;  ///< links travelled so far
  std::uint8_t ttl = default_ttl;
  /// Drawn at random by who asks and expects an answer; with mode back, of the question that is answered. 0: none.
  std::uint64_t question = 0;
  NodeId source{};
  NodeId destination{};
  Bytes payload{};

  friend bool operator==(const RoutedPacket&, const RoutedPacket&) = default;
};

/// Errors: truncated, unsupported (type or mode). Everything after the header is payload.
Result<RoutedPacket> decode_routed_packet(ByteSpan octets);
void encode(const RoutedPacket& packet, Bytes& out);

/// The first octet of every sealed payload of a link tells what follows. IP packets stand for
/// themselves: 0x4N is IPv4, 0x6N is IPv6 (kept free for later).
enum class LinkPayload : std::uint8_t {
  link_message = 1,   ///< between the two ends of the link
  routed = 2,         ///< a RoutedPacket
  relayed = 3,        ///< a packet of a relayed link, to pass on to a direct neighbour
  relayed_final = 4,  ///< the same on its last link: never passed on, so no loop can form
  part = 5,           ///< of a routed packet that the path does not carry whole (PayloadPart)
  /// As `relayed`; a relay passes it on before others of the same pair.
  relayed_control = 6,
};

/// True when the payload is to be passed on to a direct neighbour.
constexpr bool is_to_pass_on(std::byte first) {
  return first == static_cast<std::byte>(LinkPayload::relayed) ||
         first == static_cast<std::byte>(LinkPayload::relayed_control);
}

/// True when the payload is an IP packet by its first octet.
constexpr bool is_ip_packet(std::byte first) {
  const auto version = std::to_integer<unsigned>(first) >> 4U;
  return version == 4 || version == 6;
}

/// A packet of a relayed link. `other` is whom it goes to on the first link (`relayed`, `relayed_control`), whom
/// it comes from on the last (`relayed_final`): the member between rewrites these 21 octets in place.
///
///    payload type 1 | other 20 | inner
struct RelayedView {
  static constexpr std::size_t header_size = 21;

  LinkPayload kind{};
  NodeId other{};
  ByteSpan inner{};
};

/// Reads a whole payload, its first octet included. Errors: truncated (no inner octets), unsupported.
Result<RelayedView> decode_relayed(ByteSpan payload);
void encode_relayed(LinkPayload kind, const NodeId& other, ByteSpan inner, Bytes& out);
/// Makes a `relayed` or `relayed_control` payload the `relayed_final` one that comes from `source`. The payload was
/// decoded.
void rewrite_relayed(Bytes& payload, const NodeId& source);

}  // namespace ipop::overlay
