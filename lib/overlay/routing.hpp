#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/counters.hpp"
#include "base/expiring_map.hpp"
#include "base/node_id.hpp"
#include "base/time.hpp"
#include "overlay/foreign_requests.hpp"
#include "overlay/greedy_routing.hpp"
#include "overlay/link_table.hpp"
#include "overlay/packet.hpp"
#include "overlay/payload_parts.hpp"

namespace ipop::overlay {

/// Passes routed packets on: reads them, puts together what came in parts, says where each goes next, and finds the
/// way back for the answer to a question.
class Routing {
 public:
  static constexpr Duration way_back_lives = 10s;
  /// A question that comes again after so long was asked again, over another way maybe; before, it is a copy.
  static constexpr Duration asked_again_after = std::chrono::milliseconds(400);
  static constexpr std::size_t max_ways_back = 4096;

  explicit Routing(const NodeId& self) : self_(self), way_back_(max_ways_back) {}

  /// A packet as it came over a link, behind the octet that says so; nothing when it is dropped.
  std::optional<RoutedPacket> handle_packet(ByteSpan octets);
  /// A part of one, that octet included; the packet when it was the last.
  std::optional<RoutedPacket> handle_part(TimePoint now, const NodeId& peer, ByteSpan payload);
  /// Parts that came from there will not be completed.
  void handle_lost(const NodeId& peer) { parts_.erase(peer); }

  /// Where `packet` goes from here, over `first_hop` where that link is up. `previous`: the link that it came over;
  /// none for our own. What goes on has one hop less to live. `nowhere`: it is dropped.
  Hop next(TimePoint now, RoutedPacket& packet, const std::optional<NodeId>& previous,
           const std::optional<NodeId>& first_hop, const LinkTable& links);
  /// The payloads that bring it over a path which carries so many octets.
  std::vector<Bytes> pack(const RoutedPacket& packet, std::size_t carries);

  /// A request that came over the link to `previous` may be answered and followed: its source may be invented, the
  /// link is not.
  bool may_answer(TimePoint now, const NodeId& previous);
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  struct WayBack {
    NodeId hop{};  ///< that the question came from
    TimePoint since{};
  };
  void mark(TimePoint now, std::uint64_t question, const NodeId& previous);

  NodeId self_;
  ExpiringMap<std::uint64_t, WayBack> way_back_;  ///< by question
  ForeignRequests foreign_;
  std::map<NodeId, PartCollector> parts_;
  std::uint32_t next_payload_ = 1;  ///< that travels in parts
  Counters counters_;
};

}  // namespace ipop::overlay
