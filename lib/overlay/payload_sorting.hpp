#pragma once

#include <cstddef>
#include <vector>

#include "base/bytes.hpp"
#include "overlay/packet.hpp"

namespace ipop::overlay {

/// What came over one path, by who is to have it; each kind in the order in which it came.
struct SortedPayloads {
  std::vector<Bytes> ip_packets{};
  std::vector<Bytes> to_pass_on{};    ///< of pairs that have this node between them
  std::vector<Bytes> relayed_here{};  ///< for this node, over the member at the other end
  std::vector<Bytes> control{};       ///< link messages, routed packets and parts
  std::size_t not_admitted = 0;       ///< dropped: only link messages count before the link is admitted
  std::size_t nested = 0;             ///< dropped: relayed payloads over a path that is relayed itself
  std::size_t empty = 0;              ///< dropped
};

/// `is_direct`: the path is. `is_admitted`: its link is.
SortedPayloads sort_payloads(std::vector<Bytes> payloads, bool is_direct, bool is_admitted);

/// For a member to pass on to `peer`.
std::vector<Bytes> wrap_for_relay(const NodeId& peer, const std::vector<Bytes>& packets, bool is_data);

/// Packets that a member brought, by the peer that they come from.
struct Unwrapped {
  struct Packet {
    NodeId peer{};
    ByteSpan octets{};  ///< of the payload
  };
  std::vector<Packet> packets{};
  std::size_t malformed = 0;  ///< dropped: no relayed payload, or said to come from `self` or `relay`
};
Unwrapped unwrap_relayed(const std::vector<Bytes>& payloads, const NodeId& self, const NodeId& relay);

}  // namespace ipop::overlay
