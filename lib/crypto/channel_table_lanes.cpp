// ChannelTable::State: the second keys of a session, which somebody else seals and opens with.

#include "crypto/channel_table_state.hpp"

namespace ipop::crypto {
namespace {

// An offer may be lost: it is made again while data goes on coming over the channel itself.
constexpr Duration offer_pause = 1s;

}  // namespace

std::unique_ptr<Session> ChannelTable::State::make_session(const Agreement& agreement) {
  auto session = std::make_unique<Session>(aeads_, agreement.keys, agreement.remote.spi(), agreement.own.spi());
  if (agreement.lane) session->lane = Session::Lane{*agreement.lane};
  return session;
}

/// Nothing that arrives for it is taken any more.
void ChannelTable::State::drop_session(std::unique_ptr<Session>& session) {
  if (!session) return;
  spis_.release(session->receive_at());
  if (session->lane && session->lane->is_lent) emit(LaneClosed{lane_of(session->receive_at())});
  session.reset();
}

void ChannelTable::State::lend_lane(const Channel& channel, Session& session) {
  Session::Lane& lane = *session.lane;
  // Only once: whoever has the keys counts from zero.
  if (std::exchange(lane.is_lent, true)) return;
  emit(LaneOpened{lane_of(session.receive_at()), lane_of(session.send_to()), lane.keys, channel.peer});
  lane.keys = {};
}

void ChannelTable::State::offer_lane(TimePoint now, ChannelId id) {
  const auto it = channels_.find(id);
  if (it == channels_.end() || !it->second.current->lane) return;
  Channel& channel = it->second;
  if (channel.lane_heard && now < *channel.lane_heard + offer_pause) return;
  if (channel.lane_offered && now < *channel.lane_offered + offer_pause) return;
  channel.lane_offered = now;
  lend_lane(channel, *channel.current);
  send_inner(now, channel, InnerMessage::lane, {});
  flush(now);
}

std::optional<Spi> ChannelTable::State::lane_to(ChannelId id) const {
  const auto it = channels_.find(id);
  if (it == channels_.end()) return std::nullopt;
  const Session& session = *it->second.current;
  if (!session.lane || !session.lane->peer_takes) return std::nullopt;
  return lane_of(session.receive_at());
}

bool ChannelTable::State::hears_lane(TimePoint now, ChannelId id) const {
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
