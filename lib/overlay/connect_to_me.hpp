#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/node_id.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "net/endpoint.hpp"
#include "overlay/connection.hpp"
#include "overlay/nat_behavior.hpp"

namespace ipop::overlay {

/// A direct link of the sender, by which the two nodes may be able to talk.
struct RelayOffer {
  NodeId id{};
  std::uint16_t round_trip_ms = 0;

  friend bool operator==(const RelayOffer&, const RelayOffer&) = default;
};

/// "Here I am, let us link": travels over the ring as the payload of a RoutedPacket whose source is
/// the sender, and is answered by the same message with kind `answer`. docs/wire/overlay.md
///
///    kind 1 | flags 1 | roles 1 | NAT class 1 | token 8 | instance 8
///    | count 1 | endpoints | count 1 | neighbours 20 each | count 1 | relay offers 22 each | count 1 | endpoints
struct ConnectToMe {
  enum class Kind : std::uint8_t {
    request = 1,
    answer = 2,
    refusal = 3,  ///< the receiver takes no more links of that role; its neighbours are told all the same
  };
  static constexpr std::size_t max_neighbours = 8;
  static constexpr std::size_t max_relays = 12;
  static constexpr std::size_t max_ways_in = 3;

  Kind kind = Kind::request;
  /// The receiver passes the request on to the nodes next to the source that it has links to.
  bool spread = false;
  Roles roles{};  ///< what the sender wants the link for; none: it only asks who is there
  NatClass nat = NatClass::unknown;
  std::uint64_t token = 0;     ///< of the request
  std::uint64_t instance = 0;  ///< of the sender (Status::instance): a link to a former one is dead
  std::vector<net::Endpoint> candidates{};
  std::vector<NodeId> neighbours{};  ///< answer: nodes next to the source of the request
  std::vector<RelayOffer> relays{};  ///< the sender's direct links, quickest first
  /// Where members are that may let anybody in, as the sender has direct links with them: for who loses all its links.
  std::vector<net::Endpoint> ways_in{};

  friend bool operator==(const ConnectToMe&, const ConnectToMe&) = default;
};

/// Errors: truncated, malformed (tail, flags, enumerator), too_large (list), unsupported (kind).
Result<ConnectToMe> decode_connect_to_me(ByteSpan payload);
void encode(const ConnectToMe& message, Bytes& out);

/// For RelayOffer: whole milliseconds, at least 1 once measured, at most 65535.
std::uint16_t to_offer_ms(Duration round_trip);

}  // namespace ipop::overlay
