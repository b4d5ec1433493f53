#include "overlay/routing.hpp"

#include <algorithm>

namespace ipop::overlay {

std::optional<RoutedPacket> Routing::handle_packet(ByteSpan octets) {
  auto packet = decode_routed_packet(octets);
  if (!packet) {
    counters_.add("drop_routed_malformed");
    return std::nullopt;
  }
  if (packet->hops < 255) ++packet->hops;
  // Whoever made it may have written more.
  packet->ttl = std::min(packet->ttl, RoutedPacket::default_ttl);
  if (packet->source == self_) {
    counters_.add("drop_routed_own");
    return std::nullopt;
  }
  return *std::move(packet);
}

std::optional<RoutedPacket> Routing::handle_part(TimePoint now, const NodeId& peer, ByteSpan payload) {
  const auto part = decode_payload_part(payload);
  if (!part) {
    counters_.add("drop_part_malformed");
    return std::nullopt;
  }
  const auto whole = parts_[peer].handle_part(now, *part);
  if (!whole) return std::nullopt;
  if (whole->front() != static_cast<std::byte>(LinkPayload::routed)) {
    counters_.add("drop_part_kind");
    return std::nullopt;
  }
  return handle_packet(ByteSpan(*whole).subspan(1));
}

Hop Routing::next(TimePoint now, RoutedPacket& packet, const std::optional<NodeId>& previous,
                  const std::optional<NodeId>& first_hop, const LinkTable& links) {
  const auto is_up = [&](const NodeId& peer) {
    const Link* link = links.find(peer);
    return link != nullptr && link->is_up();
  };
  // Who looks for a place, his own or another one, is not the answer to it.
  const std::optional<NodeId> exclude = packet.mode == RouteMode::nearest && packet.type == PacketType::connect_to_me
                                            ? std::optional(packet.source)
                                            : std::nullopt;
  Hop hop = next_hop(links, self_, packet.destination, packet.mode, exclude, previous);
  if (packet.mode == RouteMode::back) {
    const WayBack* back = way_back_.find(packet.question, now);
    if (back != nullptr && hop.kind != Hop::Kind::here && previous != back->hop && is_up(back->hop))
      hop = {Hop::Kind::forward, back->hop};
  } else if (previous) {
    if (packet.type == PacketType::connect_to_me && hop.kind == Hop::Kind::forward &&
        !foreign_.may_pass_on(now, *previous)) {
      counters_.add("drop_request_pace");
      return {};
    }
    if (packet.question != 0) mark(now, packet.question, *previous);
  }
  if (first_hop && is_up(*first_hop)) hop = {Hop::Kind::forward, *first_hop};

  if (hop.kind == Hop::Kind::nowhere) counters_.add("drop_routed_nowhere");
  if (hop.kind != Hop::Kind::forward) return hop;
  if (packet.ttl == 0) {
    counters_.add("drop_routed_ttl");
    return {};
  }
  --packet.ttl;
  if (previous) counters_.add("routed_forwarded");
  return hop;
}

void Routing::mark(TimePoint now, std::uint64_t question, const NodeId& previous) {
  const WayBack* known = way_back_.find(question, now);
  if (known != nullptr && now < known->since + asked_again_after) return;
  way_back_.put(now, question, {previous, now}, now + way_back_lives);
}

std::vector<Bytes> Routing::pack(const RoutedPacket& packet, std::size_t carries) {
  Bytes payload;
  payload.reserve(1 + RoutedPacket::header_size + packet.payload.size());
  payload.push_back(static_cast<std::byte>(LinkPayload::routed));
  encode(packet, payload);
  if (payload.size() > carries) {
    std::vector<Bytes> parts = split_payload(next_payload_++, payload, carries);
    if (!parts.empty()) {
      counters_.add("sent_in_parts");
      return parts;
    }
  }
  std::vector<Bytes> whole;
  whole.push_back(std::move(payload));
  return whole;
}

bool Routing::may_answer(TimePoint now, const NodeId& previous) {
  if (foreign_.may_answer(now, previous)) return true;
  counters_.add("drop_request_pace");
  return false;
}

}  // namespace ipop::overlay
