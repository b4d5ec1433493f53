// Overlay::State: channels and the data path.

#include <algorithm>

#include "overlay/overlay_state.hpp"

namespace ipop::overlay {
namespace {

bool is_direct(const LinkCarrier& carrier) {
  return std::holds_alternative<net::Endpoint>(carrier);
}

}  // namespace

void Overlay::State::pump(TimePoint now) {
  while (auto output = table_.poll_output()) {
    std::visit([&](auto&& value) { handle_channel(now, std::forward<decltype(value)>(value)); }, std::move(*output));
  }
}

void Overlay::State::handle_channel(TimePoint now, crypto::ChannelTable::Transmit transmit) {
  const auto to = from_carrier(transmit.to);
  if (!to) return;
  if (const auto* endpoint = std::get_if<net::Endpoint>(&*to)) {
    strangers_.handle_sent(now, *endpoint, openings_.contains(transmit.to));
    outputs_.push(SendDatagrams{*endpoint, std::move(transmit.packets)});
    return;
  }
  const auto& relayed = std::get<RelayPath>(*to);
  Link* link = links_.find(relayed.relay);
  Path* direct = link == nullptr ? nullptr : link->paths.direct();
  if (direct == nullptr) {
    counters_.add("drop_relay_gone", transmit.packets.size());
    return;
  }
  const bool data = transmit.content == Content::data;
  const LinkPayload kind = data ? LinkPayload::relayed : LinkPayload::relayed_control;
  std::vector<Bytes> wrapped(transmit.packets.size());
  for (std::size_t i = 0; i < wrapped.size(); ++i) {
    wrapped[i].reserve(RelayedView::header_size + transmit.packets[i].size());
    encode_relayed(kind, relayed.peer, transmit.packets[i], wrapped[i]);
  }
  const std::vector<ByteSpan> spans(wrapped.begin(), wrapped.end());
  seal(now, *link, *direct, spans, Content::control);
}

void Overlay::State::handle_channel(TimePoint now, const crypto::ChannelTable::Opened& opened) {
  auto carrier = from_carrier(opened.carrier);
  const auto opening = opening_of(opened);
  bool leaf = false;
  if (opening != openings_.end()) {
    leaf = opening->second.expected.is_zero();
    const auto asked = from_carrier(opening->first);
    const bool elsewhere = opening->first != opened.carrier;
    openings_.erase(opening);
    // The endpoint that was asked is not the link's: it is asked again, but not at once.
    if (const auto* endpoint = asked && leaf && elsewhere ? std::get_if<net::Endpoint>(&*asked) : nullptr) {
      ring_.handle_open_failed(now, *endpoint);
    }
    // As with a move: a relay that answers from its own endpoint does not become the peer's.
    if (carrier && is_direct(*carrier) && asked && !is_direct(*asked)) {
      counters_.add("moves_refused");
      table_.move(opened.id, to_carrier(*asked));
      carrier = asked;
    }
  }
  if (!carrier) {
    table_.close(now, opened.id);
    return;
  }
  const auto* from = opened.attempt ? nullptr : std::get_if<net::Endpoint>(&*carrier);
  if (from != nullptr && strangers_.handle_opened(now, *from)) {
    journal_.add(now, opened.peer, "came in unasked: this node can be reached from outside");
  }
  path_opened(now, opened, *carrier, leaf);
}

std::map<crypto::Carrier, Overlay::State::Opening>::iterator Overlay::State::opening_of(
    const crypto::ChannelTable::Opened& opened) {
  if (opened.attempt) {
    const auto asked =
        std::ranges::find_if(openings_, [&](const auto& entry) { return entry.second.attempt == *opened.attempt; });
    if (asked != openings_.end()) return asked;
  }
  return openings_.find(opened.carrier);
}

void Overlay::State::handle_channel(TimePoint now, const crypto::ChannelTable::Moved& moved) {
  const auto carrier = from_carrier(moved.carrier);
  Link* link = links_.find(moved.id);
  if (!carrier || link == nullptr) return;
  Path* path = link->paths.find(moved.id);
  const auto* endpoint = std::get_if<net::Endpoint>(&*carrier);
  // A relayed channel stays where it was opened: its relay could else pass as the peer itself.
  if (endpoint == nullptr || !path->is_direct() || !policy_.allows(*endpoint)) {
    counters_.add("moves_refused");
    table_.move(moved.id, to_carrier(path->carrier));
    return;
  }
  path->carrier = *carrier;
  counters_.add("links_moved");
  journal_.add(now, link->peer, "moved to " + net::to_string(*endpoint));
  // The peer learns its new endpoint from the ping at once.
  send_ping(now, *link, *path);
  path->proof.ask_again(now);
  wake_by(path->proof.deadline());
}

void Overlay::State::handle_channel(TimePoint now, crypto::ChannelTable::Received received) {
  Link* link = links_.find(received.id);
  if (const auto twin = link == nullptr ? twins_.peer_of(received.id) : std::nullopt) {
    twins_.handle_received(received.id, received.payloads, speaking_with(*twin));
    return carry_out_twins(now);
  }
  if (link == nullptr) {
    counters_.add("drop_no_link", received.payloads.size());
    return;
  }
  const NodeId peer = link->peer;
  Path* path = link->paths.find(received.id);
  path->liveness.handle_received(now, rng_);
  const bool direct = path->is_direct();
  const bool admitted = link->admitted;

  std::vector<Bytes> ip_packets;
  std::vector<Bytes> to_pass_on;
  std::vector<Bytes> relayed_here;
  std::vector<Bytes> control;
  for (Bytes& payload : received.payloads) {
    if (payload.empty()) {
      counters_.add("drop_payload_empty");
    } else if (!admitted && payload.front() != static_cast<std::byte>(LinkPayload::link_message)) {
      counters_.add("drop_not_admitted");
    } else if (is_ip_packet(payload.front())) {
      ip_packets.push_back(std::move(payload));
    } else if (is_to_pass_on(payload.front())) {
      to_pass_on.push_back(std::move(payload));
    } else if (payload.front() == static_cast<std::byte>(LinkPayload::relayed_final)) {
      relayed_here.push_back(std::move(payload));
    } else {
      control.push_back(std::move(payload));
    }
  }
  if (!ip_packets.empty()) {
    link->last_traffic = now;
    // Before the packets: what the owner decides of them may need the lane.
    table_.offer_lanes(now, received.id);
    outputs_.push(LinkPackets{peer, std::move(ip_packets)});
  }
  if (!direct && to_pass_on.size() + relayed_here.size() > 0) {
    counters_.add("drop_relayed_nested", to_pass_on.size() + relayed_here.size());
  } else {
    if (to_pass_on.size() + relayed_here.size() > 0) table_.offer_lanes(now, received.id);
    if (!to_pass_on.empty()) {
      relaying_.handle_payloads(now, peer, std::move(to_pass_on), [&](const NodeId& id) {
        const Link* other = std::as_const(links_).find(id);
        return other != nullptr && other->paths.direct() != nullptr;
      });
      carry_out_relaying(now);
    }
    if (!relayed_here.empty()) take_relayed(now, peer, relayed_here);
  }
  for (const Bytes& payload : control) {
    if (payload.front() == static_cast<std::byte>(LinkPayload::link_message)) {
      handle_link_message(now, received.id, payload);
    } else if (payload.front() == static_cast<std::byte>(LinkPayload::routed)) {
      if (auto packet = routing_.handle_packet(ByteSpan(payload).subspan(1)))
        route(now, *std::move(packet), peer, std::nullopt);
    } else if (payload.front() == static_cast<std::byte>(LinkPayload::part)) {
      // What came before may have ended the link.
      if (links_.find(peer) == nullptr) continue;
      if (auto packet = routing_.handle_part(now, peer, payload)) route(now, *std::move(packet), peer, std::nullopt);
    } else {
      counters_.add("drop_payload_unknown");
    }
  }
}

void Overlay::State::handle_channel(TimePoint now, const crypto::ChannelTable::Closed& closed) {
  twins_.handle_closed(closed.id);
  path_lost(now, closed.peer, closed.id, std::string(crypto::to_string(closed.why)),
            closed.why == crypto::ChannelTable::Ending::revoked ? LinkEnd::revoked : LinkEnd::lost);
}

void Overlay::State::handle_channel(TimePoint now, const crypto::ChannelTable::OpenFailed& failed) {
  const auto opening = openings_.find(failed.carrier);
  if (opening == openings_.end()) return;
  const NodeId expected = opening->second.expected;
  openings_.erase(opening);
  const auto carrier = from_carrier(failed.carrier);
  if (!carrier) return;
  dirty_ = true;
  if (const auto* endpoint = std::get_if<net::Endpoint>(&*carrier)) {
    if (expected.is_zero()) {
      ring_.handle_open_failed(now, *endpoint);
      return;
    }
    journal_.add(now, expected,
                 net::to_string(*endpoint) + ": " + std::string(crypto::to_string(failed.why)) +
                     (failed.detail.empty() ? "" : " (" + failed.detail + ")"));
    seeker_.drop_candidate(expected, *endpoint);
    return;
  }
  const NodeId relay = std::get<RelayPath>(*carrier).relay;
  journal_.add(now, expected, "over " + to_short_string(relay) + ": " + std::string(crypto::to_string(failed.why)));
  seeker_.handle_relay_failed(now, expected, relay);
  use_relay(now, expected);
}

void Overlay::State::open_path(TimePoint now, const LinkCarrier& carrier, const NodeId& expected) {
  const crypto::Carrier octets = to_carrier(carrier);
  const auto running = openings_.find(octets);
  if (running != openings_.end()) {
    // Another attempt holds this endpoint (equal private addresses at two sites): it goes first.
    const auto* at = std::get_if<net::Endpoint>(&carrier);
    if (running->second.expected != expected || (at != nullptr && !shots_.may_shoot(now, *at))) return;
    table_.nudge(now, octets);
    return;
  }
  const auto* endpoint = std::get_if<net::Endpoint>(&carrier);
  if (endpoint != nullptr && !expected.is_zero() && !shots_.may_shoot(now, *endpoint)) {
    counters_.add("drop_shot_pace");
    return;
  }
  const std::uint64_t attempt = next_attempt_++;
  openings_[octets] = Opening{expected, attempt};
  table_.open(now, octets, expected.is_zero() ? std::nullopt : std::optional(expected), attempt);
}

void Overlay::State::cancel_openings(const NodeId& expected, bool direct_only) {
  for (auto it = openings_.begin(); it != openings_.end();) {
    const auto carrier = from_carrier(it->first);
    const bool direct = carrier && std::holds_alternative<net::Endpoint>(*carrier);
    if (it->second.expected == expected && (direct || !direct_only)) {
      table_.cancel(it->first);
      it = openings_.erase(it);
    } else {
      ++it;
    }
  }
}

bool Overlay::State::seal(TimePoint now, Link& link, Path& path, std::span<const ByteSpan> payloads, Content content,
                          AnswerComes answer) {
  const auto sealed = table_.seal(now, path.channel, payloads, content);
  if (!sealed) {
    counters_.add("drop_seal_failed", payloads.size());
    journal_.add(now, link.peer, "sealing failed: " + sealed.error().message());
    return false;
  }
  std::size_t octets = 0;
  for (const ByteSpan payload : payloads)
    octets += payload.size();
  relaying_.handle_sent(now, octets);
  if (answer == AnswerComes::here) {
    path.liveness.handle_sent(now);
  } else {
    path.liveness.handle_routed(now);
  }
  wake_by(path.liveness.deadline());
  if (content == Content::data) path.proof.handle_data(now);
  wake_by(path.proof.deadline());
  return true;
}

void Overlay::State::send_message(TimePoint now, Link& link, crypto::ChannelId channel, const LinkMessage& message) {
  Bytes payload;
  encode(message, payload);
  const ByteSpan span(payload);
  if (!table_.seal(now, channel, {&span, 1})) {
    counters_.add("drop_seal_failed");
    journal_.add(now, link.peer, "sealing failed");
  }
}

void Overlay::State::tell_peer(TimePoint now, const NodeId& peer, const std::optional<crypto::ChannelId>& channel,
                               const LinkMessage& message) {
  Link* link = links_.find(peer);
  if (link == nullptr) return;
  if (channel && link->paths.find(*channel) != nullptr) {
    send_message(now, *link, *channel, message);
  } else {
    speak(now, *link, message);
  }
}

void Overlay::State::speak(TimePoint now, Link& link, const LinkMessage& message) {
  if (const Path* path = link.paths.speaking()) send_message(now, link, path->channel, message);
}

void Overlay::State::send_probe(TimePoint now, Link& link, Path& path) {
  const PathProof::Ping ping = path.proof.next_ping(now);
  send_message(now, link, path.channel, make_probe(ping.id, ping.octets));
}

void Overlay::State::send_ping(TimePoint now, Link& link, Path& path) {
  Ping ping{path.liveness.next_ping(now), std::nullopt};
  if (const auto* endpoint = std::get_if<net::Endpoint>(&path.carrier)) ping.observed = *endpoint;
  send_message(now, link, path.channel, ping);
}

}  // namespace ipop::overlay
