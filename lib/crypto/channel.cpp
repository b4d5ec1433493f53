#include "crypto/channel.hpp"

#include <algorithm>
#include <utility>

namespace ipop::crypto {

Channel Channel::with(TimePoint now, ChannelId id, const PeerIdentity& peer, const Carrier& carrier) {
  Channel out;
  out.id = id;
  out.peer = peer.id;
  out.peer_key = peer.key;
  out.peer_user = peer.user;
  out.carrier = carrier;
  out.last_payload = now;
  out.statistics.last_received = now;
  out.statistics.last_sent = now;
  return out;
}

void Channel::note_traffic(TimePoint now, const ChannelTable::LaneTraffic& traffic) {
  last_payload = now;
  statistics.octets_sent += traffic.octets_sent;
  statistics.octets_received += traffic.octets_received;
  if (traffic.packets_sent != 0) note_sent(now, traffic.packets_sent);
  if (traffic.packets_received != 0) lane_offers.note_heard(now);
}

void Channel::rotate(std::unique_ptr<Session> session, TimePoint until) {
  previous = std::exchange(current, std::move(session));
  previous_until = until;
}

TimePoint Channel::due_at(Duration idle_close) const {
  TimePoint when = last_payload + idle_close;
  if (previous) when = std::min(when, previous_until);
  if (elsewhere) when = std::min(when, elsewhere->due_at());
  return when;
}

}  // namespace ipop::crypto
