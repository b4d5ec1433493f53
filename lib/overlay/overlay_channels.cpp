// Overlay::State: channels, and what travels over them.

#include <algorithm>

#include "overlay/overlay_state.hpp"
#include "overlay/payload_sorting.hpp"

namespace ipop::overlay {

void Overlay::State::pump(TimePoint now) {
  while (auto output = table.poll_output()) {
    std::visit([&](auto&& value) { handle_channel(now, std::forward<decltype(value)>(value)); }, std::move(*output));
  }
}

void Overlay::State::handle_channel(TimePoint now, crypto::ChannelTable::Transmit transmit) {
  const auto to = from_carrier(transmit.to);
  if (!to) return;
  if (const auto* endpoint = std::get_if<net::Endpoint>(&*to)) {
    reachability.handle_sent(now, *endpoint, openings.contains(transmit.to));
    outputs.push(SendDatagrams{*endpoint, std::move(transmit.packets)});
    return;
  }
  const auto& relayed = std::get<RelayPath>(*to);
  Link* link = links.table().find(relayed.relay);
  Path* direct = link == nullptr ? nullptr : link->paths.direct();
  if (direct == nullptr) {
    counters.add("drop_relay_gone", transmit.packets.size());
    return;
  }
  const auto wrapped = wrap_for_relay(relayed.peer, transmit.packets, transmit.content == LinkSender::Content::data);
  const std::vector<ByteSpan> spans(wrapped.begin(), wrapped.end());
  sender.send(now, *link, *direct, spans, LinkSender::Content::control);
}

void Overlay::State::handle_channel(TimePoint now, const crypto::ChannelTable::Opened& opened) {
  auto carrier = from_carrier(opened.carrier);
  const auto opening = openings.take(opened);
  const bool is_bootstrap = opening && opening->expected.is_zero();
  if (opening && carrier) {
    // The endpoint that was asked is not the link's: it is asked again, but not at once.
    const auto* endpoint = std::get_if<net::Endpoint>(&opening->asked);
    if (is_bootstrap && endpoint != nullptr && opening->asked != *carrier) finder.handle_open_failed(now, *opening);
    // As with a move: a relay that answers from its own endpoint does not become the peer's.
    if (endpoint == nullptr && std::holds_alternative<net::Endpoint>(*carrier)) {
      counters.add("moves_refused");
      table.move(opened.id, to_carrier(opening->asked));
      carrier = opening->asked;
    }
  }
  if (!carrier) {
    table.close(now, opened.id);
    return;
  }
  const auto* from = opened.attempt ? nullptr : std::get_if<net::Endpoint>(&*carrier);
  if (from != nullptr && reachability.handle_opened(now, *from)) {
    links.journal().add(now, opened.peer, "came in unasked: this node can be reached from outside");
  }
  handle_path(now, opened, *carrier, is_bootstrap);
}

void Overlay::State::handle_path(TimePoint now, const crypto::ChannelTable::Opened& opened, const LinkCarrier& carrier,
                                 bool is_bootstrap) {
  const auto* endpoint = std::get_if<net::Endpoint>(&carrier);
  if (opened.peer == config.self) {
    counters.add("drop_link_to_self");
    if (endpoint != nullptr) finder.handle_own(*endpoint);
    table.close(now, opened.id);
    look_due = true;
    return;
  }
  if (endpoint != nullptr && !reachability.policy().allows(*endpoint)) {
    counters.add("drop_link_forbidden_endpoint");
    table.close(now, opened.id);
    return;
  }
  if (!links.has_room(now, opened.peer, carrier, membership.is_open())) {
    sender.send(now, opened.id, Close{CloseReason::full});
    table.close(now, opened.id);
    return;
  }
  carry_out_links(now);
  const bool is_new = links.add_path(now, opened, carrier, is_bootstrap, instance);
  carry_out_links(now);
  look_due = true;
  if (!is_new) return;
  membership.handle_linked(now, opened.peer);
  carry_out_membership(now);
  if (!membership.is_open()) return;
  links.admit(now, opened.peer);
  carry_out_links(now);
}

void Overlay::State::handle_channel(TimePoint now, const crypto::ChannelTable::Moved& moved) {
  const auto carrier = from_carrier(moved.carrier);
  const auto* endpoint = carrier ? std::get_if<net::Endpoint>(&*carrier) : nullptr;
  const bool allowed = endpoint != nullptr && reachability.policy().allows(*endpoint);
  if (const auto back = links.handle_moved(now, moved.id, allowed ? std::optional(*endpoint) : std::nullopt))
    table.move(moved.id, to_carrier(*back));
  carry_out_links(now);
  // It asks anew whether the path carries data.
  if (const Link* link = links.table().find(moved.id)) wake_by(link->deadline());
}

void Overlay::State::handle_channel(TimePoint now, crypto::ChannelTable::Received received) {
  Link* link = links.table().find(received.id);
  if (const auto twin = link == nullptr ? twins.peer_of(received.id) : std::nullopt) {
    twins.handle_received(received.id, received.payloads, links.table().speaking_with(*twin));
    return carry_out_twins(now);
  }
  if (link == nullptr) {
    counters.add("drop_no_link", received.payloads.size());
    return;
  }
  const NodeId peer = link->peer;
  Path* path = link->paths.find(received.id);
  path->liveness.handle_received(now, rng);
  SortedPayloads sorted = sort_payloads(std::move(received.payloads), path->is_direct(), link->admitted);
  for (const auto& [reason, count] :
       {std::pair("drop_payload_empty", sorted.empty), std::pair("drop_not_admitted", sorted.not_admitted),
        std::pair("drop_relayed_nested", sorted.nested)}) {
    if (count > 0) counters.add(reason, count);
  }
  // Before the packets: what the owner decides of them may need the lane.
  if (sorted.ip_packets.size() + sorted.to_pass_on.size() + sorted.relayed_here.size() > 0)
    table.offer_lanes(now, received.id);
  if (!sorted.ip_packets.empty()) {
    link->last_traffic = now;
    outputs.push(LinkPackets{peer, std::move(sorted.ip_packets)});
  }
  if (!sorted.to_pass_on.empty()) {
    relaying.handle_payloads(now, peer, std::move(sorted.to_pass_on),
                             [&](const NodeId& id) { return links.table().direct_path(id) != nullptr; });
    carry_out_relaying(now);
  }
  if (!sorted.relayed_here.empty()) take_relayed(now, peer, sorted.relayed_here);
  for (const Bytes& payload : sorted.control) {
    if (payload.front() == static_cast<std::byte>(LinkPayload::link_message)) {
      handle_link_message(now, received.id, payload);
    } else if (payload.front() == static_cast<std::byte>(LinkPayload::routed)) {
      if (auto packet = routing.handle_packet(ByteSpan(payload).subspan(1)))
        route(now, *std::move(packet), peer, std::nullopt);
    } else if (payload.front() == static_cast<std::byte>(LinkPayload::part)) {
      // What came before may have ended the link.
      if (links.table().find(peer) == nullptr) continue;
      if (auto packet = routing.handle_part(now, peer, payload)) route(now, *std::move(packet), peer, std::nullopt);
    } else {
      counters.add("drop_payload_unknown");
    }
  }
}

void Overlay::State::handle_channel(TimePoint now, const crypto::ChannelTable::Closed& closed) {
  twins.handle_closed(closed.id);
  links.handle_lost(now, closed.peer, closed.id, std::string(crypto::to_string(closed.why)),
                    closed.why == crypto::ChannelTable::Ending::revoked ? LinkEnd::revoked : LinkEnd::lost);
  carry_out_links(now);
}

void Overlay::State::handle_channel(TimePoint now, const crypto::ChannelTable::OpenFailed& failed) {
  const auto opening = openings.take(failed.carrier);
  if (!opening) return;
  look_due = true;
  if (!opening->expected.is_zero()) {
    const auto* endpoint = std::get_if<net::Endpoint>(&opening->asked);
    const std::string where = endpoint != nullptr
                                  ? net::to_string(*endpoint)
                                  : "over " + to_short_string(std::get<RelayPath>(opening->asked).relay);
    links.journal().add(now, opening->expected,
                        where + ": " + std::string(crypto::to_string(failed.why)) +
                            (failed.detail.empty() ? "" : " (" + failed.detail + ")"));
  }
  finder.handle_open_failed(now, *opening);
  carry_out_finder(now);
}

void Overlay::State::handle_link_message(TimePoint now, crypto::ChannelId channel, ByteSpan payload) {
  auto message = decode_link_message(payload);
  Link* link = links.table().find(channel);
  if (!message || link == nullptr) {
    counters.add(link == nullptr ? "drop_no_link" : "drop_link_message_malformed");
    return;
  }
  std::visit(
      [&](auto&& value) {
        if constexpr (requires { checks.handle_message(now, *link, channel, value); }) {
          checks.handle_message(now, *link, channel, value);
          carry_out_checks(now);
        } else if constexpr (requires { links.handle_message(now, *link, channel, value); }) {
          links.handle_message(now, *link, channel, std::forward<decltype(value)>(value));
          carry_out_links(now);
        } else if constexpr (requires { membership.handle_message(now, link->peer, channel, value); }) {
          membership.handle_message(now, link->peer, channel, value);
          carry_out_membership(now);
          admit_level_peers(now);
        } else if constexpr (std::is_same_v<std::remove_cvref_t<decltype(value)>, StatusAck>) {
          link->status.handle_ack(value);
        } else {
          handle_twin(now, *link, channel, std::forward<decltype(value)>(value));
        }
      },
      std::move(*message));
  if (const Link* after = links.table().find(channel)) wake_by(after->deadline());
}

void Overlay::State::handle_twin(TimePoint now, const Link& link, crypto::ChannelId channel,
                                 const OtherInstance& other) {
  if (other.instance == instance) return;
  // The peer may have taken the other one for us, and this path for a dead one.
  links.table().find(link.peer)->paths.find(channel)->proof.ask_again(now);
  outputs.push(OtherInstanceTold{link.peer, channel, other.instance});
}

void Overlay::State::handle_twin(TimePoint now, const Link& link, crypto::ChannelId channel, InstanceClaim claim) {
  if (claim.passed_on) {
    outputs.push(ClaimTold{link.peer, channel, claim.observed, std::move(claim.octets)});
    return;
  }
  const LinkCarrier carrier = links.table().find(link.peer)->paths.find(channel)->carrier;
  twins.pass_on(link.peer, channel, carrier, std::move(claim.octets), std::nullopt);
  carry_out_twins(now);
}

void Overlay::State::open_path(TimePoint now, const LinkCarrier& carrier, const NodeId& expected) {
  const auto order = openings.open(now, carrier, expected);
  if (!order) return;
  std::visit(
      Overloaded{[&](const PathOpenings::Open& open) { table.open(now, open.carrier, open.expected, open.attempt); },
                 [&](const PathOpenings::Nudge& nudge) { table.nudge(now, nudge.carrier); }},
      *order);
}

void Overlay::State::route(TimePoint now, RoutedPacket packet, const std::optional<NodeId>& previous,
                           const std::optional<NodeId>& first_hop) {
  const Hop hop = routing.next(now, packet, previous, first_hop, links.table());
  switch (hop.kind) {
    case Hop::Kind::nowhere: return;
    case Hop::Kind::here:
      if (packet.source == config.self && packet.type == PacketType::connect_to_me) return;
      take_routed(now, std::move(packet), previous.value_or(config.self));
      return;
    case Hop::Kind::forward: break;
  }
  Link* link = links.table().find(hop.peer);
  Path* path = link == nullptr ? nullptr : link->in_use();
  if (path == nullptr) return;
  const std::vector<Bytes> payloads = routing.pack(packet, path->proof.carries());
  const std::vector<ByteSpan> spans(payloads.begin(), payloads.end());
  sender.send(now, *link, *path, spans, LinkSender::Content::control, LinkSender::AnswerComes::anywhere);
}

void Overlay::State::take_routed(TimePoint now, RoutedPacket packet, const NodeId& previous) {
  if (packet.type != PacketType::connect_to_me) {
    outputs.push(Delivered{std::move(packet), previous});
    return;
  }
  if (packet.source == config.self) return;
  const auto message = decode_connect_to_me(packet.payload);
  if (!message) {
    counters.add("drop_connect_to_me_malformed");
    return;
  }
  if (message->kind == ConnectToMe::Kind::request && !routing.may_answer(now, previous)) return;
  finder.handle_message(now, packet, *message, previous);
  carry_out_finder(now);
}

void Overlay::State::pass_on(TimePoint now, const Relaying::Pass& pass) {
  Link* link = links.table().find(pass.destination);
  Path* direct = link == nullptr ? nullptr : link->paths.direct();
  if (direct == nullptr) {
    counters.add("drop_relay_unreachable", pass.packets.size());
    return;
  }
  if (pass.has_data) {
    link->relayed_at = now;
    if (Link* from = links.table().find(pass.source)) from->relayed_at = now;
  }
  // Keep-alives of a pair are no reason to ask whether the path carries data; what goes back beside data is.
  const std::vector<ByteSpan> spans(pass.packets.begin(), pass.packets.end());
  sender.send(now, *link, *direct, spans,
              Relaying::is_relaying(now, link->relayed_at) ? LinkSender::Content::data : LinkSender::Content::control);
  if (!pass.measure) return;
  checks.probe(now, pass.destination, *direct);
  carry_out_checks(now);
}

void Overlay::State::let_pass(TimePoint now, const NodeId& source, const NodeId& destination) {
  const Path* in = links.table().direct_path(source);
  const Path* out = links.table().direct_path(destination);
  // What is lent to who sends nothing over his lane would be lost.
  if (in == nullptr || out == nullptr || !table.hears_lanes(now, in->channel)) return;
  const auto lanes = table.lanes_to(out->channel);
  const std::uint64_t octets = lanes ? relaying.lend(now, source, destination) : 0;
  if (octets == 0) return;
  outputs.push(MayPass{source, destination, *lanes, std::get<net::Endpoint>(out->carrier), octets,
                       now + RelayLending::lent_for});
}

void Overlay::State::take_relayed(TimePoint now, const NodeId& relay, const std::vector<Bytes>& payloads) {
  std::vector<crypto::ChannelTable::Incoming> incoming;
  std::vector<LanePackets> of_lanes;
  const Unwrapped unwrapped = unwrap_relayed(payloads, config.self, relay);
  if (unwrapped.malformed > 0) counters.add("drop_relayed_malformed", unwrapped.malformed);
  for (const auto& [peer, octets] : unwrapped.packets) {
    if (config.hands == 0 || !crypto::is_lane(crypto::Spi{ByteReader(octets).read<std::uint32_t>()})) {
      incoming.push_back({to_carrier(RelayPath{relay, peer}), octets});
      continue;
    }
    if (of_lanes.empty() || of_lanes.back().peer != peer) of_lanes.push_back({peer, {}});
    of_lanes.back().packets.push_back(to_bytes(octets));
  }
  for (LanePackets& packets : of_lanes)
    outputs.push(std::move(packets));
  if (!incoming.empty()) table.handle_packets(now, incoming);
}

}  // namespace ipop::overlay
