#include "node/end_to_end.hpp"

#include <algorithm>

namespace ipop::node {
namespace {

/// Kind octet of a carrier that is a ring position; the overlay's own kinds are 1 to 3.
constexpr std::byte ring_position{4};
/// Whoever holds a place on the ring also gets the packets for the places around it that nobody holds: positions
/// count by the 256th part of the ring that they are in.
constexpr crypto::Carrier::Prefixes prefixes{.source = 1 + NodeId::size, .network = 1 + 1};
/// Our choice: a peer that answers at all does so sooner.
constexpr Duration silence = 10s;
/// Longer than the longest pause, and than a session without traffic lasts.
constexpr Duration remembered_for = 600s;

crypto::Carrier carrier_of(const NodeId& id) {
  Bytes octets{ring_position};
  append(octets, id.octets());
  return crypto::Carrier(crypto::Carrier::Transport::position, octets, prefixes);
}

NodeId node_of(const crypto::Carrier& carrier) {
  return NodeId::from_prefix(carrier.octets().subspan(1));
}

crypto::ChannelTable::Config config_of(const NodeId& self, ByteSpan name_space) {
  crypto::ChannelTable::Config config;
  config.self = self;
  config.context = to_bytes(as_bytes("ipop end-to-end "));
  append(config.context, name_space);
  // Together with those of the links 8 MB at most.
  config.limits.half_open = {.all = 128, .working = 24};
  return config;
}

std::vector<ByteSpan> spans_of(const std::vector<Bytes>& packets) {
  return {packets.begin(), packets.end()};
}

}  // namespace

EndToEnd::EndToEnd(const NodeId& self, ByteSpan name_space, const crypto::Basis& basis,
                   crypto::HandshakeFactory& handshakes, crypto::AeadFactory& aeads, Rng& rng)
    : rng_(rng), channels_(config_of(self, name_space), basis, handshakes, aeads, rng) {}

void EndToEnd::send(TimePoint now, const NodeId& peer, std::vector<Bytes> packets) {
  if (const auto it = by_peer_.find(peer); it != by_peer_.end()) {
    const auto spans = spans_of(packets);
    if (!channels_.seal(now, it->second, spans)) counters_.add("drop_session_seal", packets.size());
    pump(now);
    return;
  }
  auto it = parked_.find(peer);
  if (it == parked_.end()) {
    if (parked_.size() >= parked_peers) {
      counters_.add("drop_session_parked_peers", packets.size());
      return;
    }
    // A link may come at any time; only the session waits for its turn.
    const TimePoint open_at = std::max(now + link_grace, back_off_of(now, peer).not_before());
    it = parked_.emplace(peer, Parked{{}, open_at, now + parked_for, false}).first;
  }
  for (Bytes& packet : packets) {
    if (it->second.packets.size() >= parked_packets) {
      counters_.add("drop_session_parked_full");
      continue;
    }
    it->second.packets.push_back(std::move(packet));
  }
}

std::vector<Bytes> EndToEnd::take_parked(const NodeId& peer) {
  const auto it = parked_.find(peer);
  if (it == parked_.end()) return {};
  // An opening goes on: the peer may have sealed packets in it already.
  std::vector<Bytes> packets = std::move(it->second.packets);
  parked_.erase(it);
  return packets;
}

void EndToEnd::handle_packet(TimePoint now, const NodeId& from, ByteSpan packet) {
  const crypto::ChannelTable::Incoming incoming{carrier_of(from), packet};
  channels_.handle_packets(now, std::span(&incoming, 1));
  pump(now);
}

void EndToEnd::handle_trust_changed(TimePoint now) {
  channels_.handle_trust_changed(now);
  pump(now);
}

void EndToEnd::drop_all() {
  channels_.drop_all();
  by_peer_.clear();
  by_channel_.clear();
}

void EndToEnd::handle_timeout(TimePoint now) {
  channels_.handle_timeout(now);
  for (auto it = parked_.begin(); it != parked_.end();) {
    Parked& waiting = it->second;
    if (waiting.drop_at <= now) {
      counters_.add("drop_session_timed_out", waiting.packets.size());
      if (waiting.opening) channels_.cancel(carrier_of(it->first));
      it = parked_.erase(it);
      continue;
    }
    if (!waiting.opening && waiting.open_at <= now) {
      waiting.opening = true;
      channels_.open(now, carrier_of(it->first), it->first, 0);
    }
    ++it;
  }
  pump(now);
}

void EndToEnd::pump(TimePoint now) {
  while (auto output = channels_.poll_output()) {
    std::visit(
        Overloaded{
            [&](crypto::ChannelTable::Transmit& transmit) {
              outputs_.push(Route{node_of(transmit.to), std::move(transmit.packets)});
            },
            [&](crypto::ChannelTable::Opened& opened) {
              // Whoever answers for a position has proved to be that node; a session that
              // somebody else opened from a false source is of no use to us.
              if (node_of(opened.carrier) != opened.peer) {
                counters_.add("drop_session_wrong_source");
                channels_.close(now, opened.id);
                return;
              }
              if (const auto old = by_peer_.find(opened.peer); old != by_peer_.end() && old->second != opened.id) {
                by_channel_.erase(old->second);
              }
              by_peer_[opened.peer] = opened.id;
              remember(now, opened.peer, back_off_of(now, opened.peer));
              by_channel_[opened.id] = opened.peer;
              flush(now, opened.peer, opened.id);
            },
            [&](crypto::ChannelTable::Moved&) {},  // a ring position never moves
            [&](crypto::ChannelTable::Received& received) {
              if (const auto it = by_channel_.find(received.id); it != by_channel_.end()) {
                if (auto* back_off = back_off_.find(it->second, now)) back_off->handle_accepted(now);
                outputs_.push(Received{it->second, std::move(received.payloads)});
              }
            },
            [&](crypto::ChannelTable::Closed& closed) {
              if (const auto it = by_channel_.find(closed.id); it != by_channel_.end()) {
                if (const auto peer = by_peer_.find(it->second); peer != by_peer_.end() && peer->second == closed.id) {
                  by_peer_.erase(peer);
                  auto back_off = back_off_of(now, it->second);
                  back_off.handle_ended(now, pace, rng_);
                  remember(now, it->second, back_off);
                }
                by_channel_.erase(it);
              }
            },
            // Packets of a session go through the node: they are routed one by one.
            [](const crypto::ChannelTable::LaneOpened&) {},
            [](const crypto::ChannelTable::LaneClosed&) {},
            [&](crypto::ChannelTable::OpenFailed& failed) {
              counters_.add("session_open_failed");
              const NodeId peer = node_of(failed.carrier);
              parked_.erase(peer);
              auto back_off = back_off_of(now, peer);
              back_off.handle_failed(now, pace, rng_);
              remember(now, peer, back_off);
            },
        },
        *output);
  }
}

overlay::BackOff EndToEnd::back_off_of(TimePoint now, const NodeId& peer) const {
  const overlay::BackOff* known = back_off_.find(peer, now);
  return known == nullptr ? overlay::BackOff() : *known;
}

void EndToEnd::remember(TimePoint now, const NodeId& peer, const overlay::BackOff& back_off) {
  back_off_.put(now, peer, back_off, now + remembered_for);
}

void EndToEnd::flush(TimePoint now, const NodeId& peer, crypto::ChannelId channel) {
  const auto it = parked_.find(peer);
  if (it == parked_.end()) return;
  const std::vector<Bytes> packets = std::move(it->second.packets);
  parked_.erase(it);
  const auto spans = spans_of(packets);
  if (!spans.empty() && !channels_.seal(now, channel, spans)) counters_.add("drop_session_seal", packets.size());
}

bool EndToEnd::hears(TimePoint now, const NodeId& peer) const {
  const auto it = by_peer_.find(peer);
  if (it == by_peer_.end()) return false;
  const auto statistics = channels_.statistics(it->second);
  return statistics && now < statistics->last_received + silence;
}

std::optional<EndToEnd::Output> EndToEnd::poll_output() {
  return outputs_.poll();
}

std::optional<TimePoint> EndToEnd::poll_timeout() const {
  auto next = channels_.poll_timeout();
  for (const auto& [peer, waiting] : parked_) {
    next = earliest(next, waiting.opening ? waiting.drop_at : std::min(waiting.open_at, waiting.drop_at));
  }
  return next;
}

Counters EndToEnd::counters() const {
  Counters all = counters_;
  for (const auto& [name, value] : channels_.counters().all())
    all.add("session_" + name, value);
  return all;
}

}  // namespace ipop::node
