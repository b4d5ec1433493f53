#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/node_id.hpp"
#include "base/result.hpp"
#include "net/endpoint.hpp"
#include "overlay/connection.hpp"
#include "overlay/nat_behavior.hpp"

namespace ipop::overlay {

// Messages between the two ends of one link, inside its sealed packets; docs/wire/overlay.md.
// Each starts with LinkPayload::link_message and a type octet. Octets behind the last field are
// an error.

/// Ids in one neighbour list.
inline constexpr std::size_t max_listed_neighbours = 12;

/// What the other end must know; sent on each new link and upon each change, until acknowledged.
struct Status {
  std::uint64_t instance = 0;  ///< drawn at each start: another one means that the peer restarted
  std::uint32_t sequence = 0;  ///< rises with each change
  Roles roles{};               ///< why the sender wants this link
  NatClass nat = NatClass::unknown;
  std::uint8_t relay_load = 0;       ///< log2 of KiB/s that the sender relays, 0 for none
  std::vector<NodeId> neighbours{};  ///< linked to the sender: those next to it and those next to the receiver

  friend bool operator==(const Status&, const Status&) = default;
};
struct StatusAck {
  std::uint32_t sequence = 0;
  friend bool operator==(const StatusAck&, const StatusAck&) = default;
};

/// Probe or keep-alive; `observed` is where the sender sees the receiver (none over a relay).
struct Ping {
  std::uint32_t id = 0;
  std::optional<net::Endpoint> observed{};
  friend bool operator==(const Ping&, const Ping&) = default;
};
struct Pong {
  std::uint32_t id = 0;  ///< of the ping
  std::optional<net::Endpoint> observed{};
  friend bool operator==(const Pong&, const Pong&) = default;
};

/// The node with the lower id has chosen the path on which this arrives; the others will be closed.
struct Select {
  friend bool operator==(const Select&, const Select&) = default;
};

enum class CloseReason : std::uint8_t {
  leaving = 1,    ///< the sender stops
  unneeded = 2,   ///< no end has a reason for the link
  full = 3,       ///< the sender has as many links as it takes
  duplicate = 4,  ///< only this path: another one between the two stays
};
std::string_view to_string(CloseReason reason);

/// The last message on a path.
struct Close {
  CloseReason reason = CloseReason::leaving;
  friend bool operator==(const Close&, const Close&) = default;
};

/// The sender can't relay to `peer` (any more): it has no direct link to it.
struct Unreachable {
  NodeId peer{};
  friend bool operator==(const Unreachable&, const Unreachable&) = default;
};

/// Closed groups: the number of the sender's revocation list, 0 for none.
struct ListNumber {
  std::uint64_t number = 0;
  bool asks = false;  ///< the receiver's number is not known here, or older
  friend bool operator==(const ListNumber&, const ListNumber&) = default;
};
/// "Send me your list `number` from `offset` on."
struct ListRequest {
  std::uint64_t number = 0;
  std::uint32_t offset = 0;
  friend bool operator==(const ListRequest&, const ListRequest&) = default;
};
/// Octets of a list; also unasked, when the whole list fits.
struct ListPiece {
  std::uint64_t number = 0;
  std::uint32_t total = 0;  ///< octets of the list, at most max_list
  std::uint32_t offset = 0;
  Bytes octets{};  ///< at least one
  friend bool operator==(const ListPiece&, const ListPiece&) = default;
};
/// 100,000 users with names of the greatest length.
inline constexpr std::size_t max_list = 8'000'000;

/// A ping of the size of data: what answers it has shown that the path carries such packets both ways.
struct Probe {
  std::uint32_t id = 0;
  std::uint16_t padding = 0;  ///< octets of zero behind it
  friend bool operator==(const Probe&, const Probe&) = default;
};
struct ProbeEcho {
  std::uint32_t id = 0;       ///< of the probe
  std::uint16_t padding = 0;  ///< of the probe
  friend bool operator==(const ProbeEcho&, const ProbeEcho&) = default;
};
/// "Your echo reached me": so its sender knows as well that the path carries data.
struct Carried {
  std::uint32_t id = 0;      ///< of the probe
  std::uint16_t octets = 0;  ///< of its payload
  friend bool operator==(const Carried&, const Carried&) = default;
};
/// From a relay to the ends of a pair whose packets had to wait in it, or were dropped for want of room.
struct Shaped {
  NodeId other{};             ///< the other end of the pair
  std::uint32_t delayed = 0;  ///< packets of both directions since the last such message
  std::uint32_t dropped = 0;
  std::uint32_t kib_a_second = 0;  ///< that the sender passes on for all pairs together
  friend bool operator==(const Shaped&, const Shaped&) = default;
};
/// "Another node has a link to me under your id": what `instance` it shows.
struct OtherInstance {
  std::uint64_t instance = 0;
  friend bool operator==(const OtherInstance&, const OtherInstance&) = default;
};
/// What the holder of a key claims towards the other holder, by the peer that told both of each other. The peer
/// passes it on unread.
struct InstanceClaim {
  bool passed_on = false;                   ///< the receiver is who it is for
  std::optional<net::Endpoint> observed{};  ///< where the peer that passes it on has it from
  Bytes octets{};                           ///< 1 to 255
  friend bool operator==(const InstanceClaim&, const InstanceClaim&) = default;
};
/// A probe whose payload has `octets` in all.
Probe make_probe(std::uint32_t id, std::size_t octets);
/// Octets of a probe's payload.
std::size_t probe_octets(const Probe& probe);

using LinkMessage = std::variant<Status, StatusAck, Ping, Pong, Select, Close, Unreachable, ListNumber, ListRequest,
                                 ListPiece, Probe, ProbeEcho, Carried, Shaped, OtherInstance, InstanceClaim>;

/// Reads a whole payload, its first octet (LinkPayload::link_message) included.
/// Errors: truncated, malformed (tail, unknown enumerator, piece outside its list), too_large (list),
/// unsupported (type).
Result<LinkMessage> decode_link_message(ByteSpan payload);
void encode(const LinkMessage& message, Bytes& out);

}  // namespace ipop::overlay
