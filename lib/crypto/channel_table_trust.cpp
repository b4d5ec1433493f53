// ChannelTable::State: who may stay.

#include "crypto/channel_table_state.hpp"

namespace ipop::crypto {

void ChannelTable::State::handle_trust_changed(TimePoint now) {
  const bool is_other_group = admission_.take_group_changed();
  // Within a group a handshake that runs is judged at its end, when the peer is known; one that renews keys ends with
  // its channel.
  if (is_other_group) openings_.end_all(now);
  carry_out(now);
  end_channels_unless_trusted(now, is_other_group);
  flush(now);
}

void ChannelTable::State::end_channels_unless_trusted(TimePoint now, bool is_other_group) {
  std::vector<ChannelId> ending;
  for (const auto& [id, channel] : channels_) {
    if (is_other_group || !admission_.admits(channel.peer_key, channel.peer_user)) ending.push_back(id);
  }
  for (const ChannelId id : ending) {
    Channel& channel = channels_.at(id);
    counters_.add("channel_revoked");
    send_inner(now, channel, InnerMessage::close, {});
    end_channel(channel, Ending::revoked);
  }
}

}  // namespace ipop::crypto
