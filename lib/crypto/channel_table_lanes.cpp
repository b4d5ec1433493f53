// ChannelTable::State: the lanes of a session, with which others seal and open.

#include <array>

#include "crypto/channel_table_state.hpp"

namespace ipop::crypto {

std::unique_ptr<Session> ChannelTable::State::make_session(const Agreement& agreement) {
  auto session = std::make_unique<Session>(aeads_, agreement.keys, agreement.remote.spi(), agreement.own.spi());
  if (agreement.lane_secret) {
    session->lanes.emplace(*agreement.lane_secret, session->receive_at(), session->send_to(), config_.hands);
  }
  return session;
}

/// Nothing that arrives for it is taken any more.
void ChannelTable::State::drop_session(std::unique_ptr<Session>& session) {
  if (!session) return;
  spis_.release(session->receive_at());
  close_lanes(*session);
  session.reset();
}

void ChannelTable::State::close_lanes(const Session& session) {
  if (!session.lanes) return;
  for (const Spi lane : session.lanes->lent())
    outputs_.emit(LaneClosed{lane});
}

void ChannelTable::State::lend_lanes(const Channel& channel, SessionLanes& lanes) {
  while (const auto lane = lanes.lend_next())
    outputs_.emit(LaneOpened{lane->receive_at, lane->send_to, lane->keys, channel.peer});
}

void ChannelTable::State::tell_lanes(TimePoint now, Channel& channel) {
  SessionLanes& lanes = *channel.current->lanes;
  channel.lane_offers.note_made(now);
  const std::array body = {static_cast<std::byte>(lanes.offer())};
  lend_lanes(channel, lanes);
  send_inner(now, channel, InnerMessage::lanes, body);
}

void ChannelTable::State::handle_lanes(TimePoint now, Channel& channel, Session& session, ByteSpan body) {
  const unsigned count = body.size() == 1 ? std::to_integer<unsigned>(body.front()) : 0;
  if (!session.lanes) return counters_.add("drop_channel_inner_unknown");
  if (count == 0 || count > most_lanes) return counters_.add("drop_channel_inner_malformed");
  const bool has_to_hear = session.lanes->handle_offer(count);
  lend_lanes(channel, *session.lanes);
  if (has_to_hear && &session == channel.current.get()) tell_lanes(now, channel);
}

void ChannelTable::State::offer_lanes(TimePoint now, ChannelId id) {
  const auto it = channels_.find(id);
  if (it == channels_.end() || !it->second.current->lanes) return;
  Channel& channel = it->second;
  if (!channel.lane_offers.is_due(now, channel.current->lanes->wanted())) return;
  tell_lanes(now, channel);
  flush(now);
}

std::optional<Lanes> ChannelTable::State::lanes_to(ChannelId id) const {
  const auto it = channels_.find(id);
  if (it == channels_.end() || !it->second.current->lanes) return std::nullopt;
  return it->second.current->lanes->to_send_on();
}

bool ChannelTable::State::hears_lanes(TimePoint now, ChannelId id) const {
  const auto it = channels_.find(id);
  return it != channels_.end() && it->second.lane_offers.hears(now);
}

void ChannelTable::State::handle_opened(TimePoint now, Spi lane, std::span<const ByteSpan> packets) {
  Channel* channel = spis_.channel_at(session_of(lane));
  if (channel == nullptr) return counters_.add("drop_channel_lane", packets.size());
  channel->lane_offers.note_heard(now);
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
  const Session* session = channel->session_at(session_of(traffic.lane));
  channel->note_traffic(now, traffic);
  if (traffic.packets_received != 0) {
    const bool is_late = session == channel->previous.get();
    note_authenticated(now, *channel, *session, traffic.packets_received);
    if (traffic.from && *traffic.from != channel->carrier)
      note_elsewhere(now, *channel, *traffic.from, !is_late, traffic.octets_received);
  }
  rekeyings_.handle_sealed(now, id, traffic.sealed_in_all);
  flush(now);
  return id;
}

}  // namespace ipop::crypto
