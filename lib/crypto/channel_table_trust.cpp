#include <cassert>

#include "crypto/channel_table_state.hpp"

namespace ipop::crypto {

void ChannelTable::State::handle_trust(TimePoint now, std::shared_ptr<const TrustStore> trust) {
  assert(trust != nullptr);
  const bool is_other_group = !trust->is_same_group(*trust_);
  trust_ = std::move(trust);
  // Within a group a handshake that runs is judged at its end, when the peer is known.
  if (is_other_group) end_attempts(now);
  end_channels_unless_trusted(now, is_other_group);
  flush(now);
}

bool ChannelTable::State::is_still_trusted(const PeerIdentity& peer) const {
  return !trust_->is_revoked(peer.key, peer.user);
}

/// Those that renew keys end with their channels.
void ChannelTable::State::end_attempts(TimePoint now) {
  std::vector<Spi> ending;
  for (const auto& [spi, attempt] : attempts_) {
    if (attempt.is_open_ended() && !attempt.is_rekey) ending.push_back(spi);
  }
  for (const Spi spi : ending)
    fail_attempt(now, attempts_.at(spi), Ending::revoked, "this node changed its group");
}

void ChannelTable::State::end_channels_unless_trusted(TimePoint now, bool is_other_group) {
  std::vector<ChannelId> ending;
  for (const auto& [id, channel] : channels_) {
    if (is_other_group || trust_->is_revoked(channel.peer_key, channel.peer_user)) ending.push_back(id);
  }
  for (const ChannelId id : ending) {
    Channel& channel = channels_.at(id);
    counters_.add("channel_revoked");
    send_inner(now, channel, InnerMessage::close, {});
    end_channel(channel, Ending::revoked);
  }
}

}  // namespace ipop::crypto
