// ChannelTable::State: the lanes of a session, with which others seal and open.

#include <algorithm>
#include <array>

#include "crypto/channel_table_state.hpp"

namespace ipop::crypto {
namespace {

// An offer may be lost: it is made again while data goes on coming over the channel itself.
constexpr Duration offer_pause = 1s;
// Data comes so now and then while lanes are in use, and where there are several the peer may know of fewer.
constexpr Duration offer_pause_in_use = 10s;

}  // namespace

std::unique_ptr<Session> ChannelTable::State::make_session(const Agreement& agreement) {
  auto session = std::make_unique<Session>(aeads_, agreement.keys, agreement.remote.spi(), agreement.own.spi());
  if (agreement.lane_secret) session->lanes.emplace(*agreement.lane_secret);
  return session;
}

/// Nothing that arrives for it is taken any more.
void ChannelTable::State::drop_session(std::unique_ptr<Session>& session) {
  if (!session) return;
  spis_.release(session->receive_at());
  for (const Spi lane : lanes_lent(*session))
    outputs_.emit(LaneClosed{lane});
  session.reset();
}

std::vector<Spi> ChannelTable::State::lanes_lent(const Session& session) {
  std::vector<Spi> out;
  for (unsigned number = 0; session.lanes && number < session.lanes->lent; ++number)
    out.push_back(lane_of(session.receive_at(), number));
  return out;
}

void ChannelTable::State::lend_lanes(const Channel& channel, Session& session, unsigned wanted) {
  // Each only once: whoever has the keys counts from zero.
  for (unsigned& lent = session.lanes->lent; lent < wanted; ++lent)
    outputs_.emit(LaneOpened{lane_of(session.receive_at(), lent), lane_of(session.send_to(), lent),
                             session.lanes->secret.keys(lent), channel.peer});
}

/// As many as the end with more hands has hands.
void ChannelTable::State::tell_lanes(TimePoint now, Channel& channel) {
  Session::LaneUse& lanes = *channel.current->lanes;
  const unsigned wanted = std::max(config_.hands, lanes.peer_takes);
  channel.lanes_offered = now;
  lanes.offered = wanted;
  lend_lanes(channel, *channel.current, wanted);
  const std::array body = {static_cast<std::byte>(wanted)};
  send_inner(now, channel, InnerMessage::lanes, body);
}

void ChannelTable::State::handle_lanes(TimePoint now, Channel& channel, Session& session, ByteSpan body) {
  const unsigned taken = body.size() == 1 ? std::to_integer<unsigned>(body.front()) : 0;
  if (!session.lanes) return counters_.add("drop_channel_inner_unknown");
  if (taken == 0 || taken > most_lanes) return counters_.add("drop_channel_inner_malformed");
  Session::LaneUse& lanes = *session.lanes;
  lanes.peer_takes = std::max(lanes.peer_takes, taken);
  const unsigned wanted = std::max(config_.hands, lanes.peer_takes);
  lend_lanes(channel, session, wanted);
  // Who has fewer hands learns how many lanes are needed. Each answer names more than the one before.
  const bool knows_fewer = taken < wanted || lanes.offered != 0;
  if (&session == channel.current.get() && lanes.offered < wanted && knows_fewer) tell_lanes(now, channel);
}

void ChannelTable::State::offer_lanes(TimePoint now, ChannelId id) {
  const auto it = channels_.find(id);
  if (it == channels_.end() || !it->second.current->lanes) return;
  Channel& channel = it->second;
  const bool is_heard = channel.lane_heard && now < *channel.lane_heard + offer_pause;
  if (is_heard && std::max(config_.hands, channel.current->lanes->peer_takes) == 1) return;
  if (channel.lanes_offered && now < *channel.lanes_offered + (is_heard ? offer_pause_in_use : offer_pause)) return;
  tell_lanes(now, channel);
  flush(now);
}

std::optional<Lanes> ChannelTable::State::lanes_to(ChannelId id) const {
  const auto it = channels_.find(id);
  if (it == channels_.end()) return std::nullopt;
  const Session& session = *it->second.current;
  if (!session.lanes || session.lanes->peer_takes == 0) return std::nullopt;
  return Lanes{session.receive_at(), session.lanes->peer_takes};
}

bool ChannelTable::State::hears_lanes(TimePoint now, ChannelId id) const {
  const auto it = channels_.find(id);
  return it != channels_.end() && it->second.lane_heard && now < *it->second.lane_heard + offer_pause;
}

void ChannelTable::State::handle_opened(TimePoint now, Spi lane, std::span<const ByteSpan> packets) {
  Channel* channel = spis_.channel_at(session_of(lane));
  if (channel == nullptr) return counters_.add("drop_channel_lane", packets.size());
  channel->lane_heard = now;
  channel->statistics.last_received = now;
  for (const ByteSpan packet : packets) {
    // The table's own messages come over the channel itself.
    if (packet.empty() || packet.front() == std::byte{0}) {
      counters_.add("drop_channel_inner_unknown");
    } else {
      receive(now, *channel, to_bytes(packet));
    }
  }
  flush(now);
}

std::optional<ChannelId> ChannelTable::State::handle_traffic(TimePoint now, const LaneTraffic& traffic) {
  Channel* channel = spis_.channel_at(session_of(traffic.lane));
  if (channel == nullptr) return std::nullopt;
  const ChannelId id = channel->id;
  Session* session = channel->session_at(session_of(traffic.lane));
  Statistics& statistics = channel->statistics;
  statistics.packets_sent += traffic.packets_sent;
  statistics.octets_sent += traffic.octets_sent;
  statistics.octets_received += traffic.octets_received;
  channel->last_payload = now;
  if (traffic.packets_sent != 0) statistics.last_sent = now;
  if (traffic.packets_received != 0) {
    channel->lane_heard = now;
    const bool is_late = session == channel->previous.get();
    note_authenticated(now, *channel, *session);
    statistics.packets_received += traffic.packets_received - 1;
    if (traffic.from && *traffic.from != channel->carrier)
      note_elsewhere(now, *channel, *traffic.from, !is_late, traffic.octets_received);
  }
  rekeyings_.handle_sealed(now, id, traffic.sealed_in_all);
  flush(now);
  return id;
}

}  // namespace ipop::crypto
