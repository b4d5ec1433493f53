#include "overlay/side_channels.hpp"

#include "base/machine.hpp"

namespace ipop::overlay {

std::vector<crypto::ChannelId> SideChannels::add(TimePoint now, crypto::ChannelId channel, const Side& side) {
  std::vector<crypto::ChannelId> out;
  const auto make_room = [&](const std::vector<crypto::ChannelId>& among, std::size_t bound) {
    if (among.size() < bound) return;
    crypto::ChannelId first = among.front();
    for (const crypto::ChannelId id : among) {
      if (sides_.at(id).until < sides_.at(first).until) first = id;
    }
    sides_.erase(first);
    out.push_back(first);
  };
  make_room(of(side.peer), most_of_a_peer);
  make_room(all(), most);
  sides_[channel] = {side, now + lives};
  return out;
}

const SideChannels::Side* SideChannels::find(crypto::ChannelId channel) const {
  const auto it = sides_.find(channel);
  return it == sides_.end() ? nullptr : &it->second.side;
}

std::vector<crypto::ChannelId> SideChannels::of(const NodeId& peer) const {
  std::vector<crypto::ChannelId> out;
  for (const auto& [id, entry] : sides_) {
    if (entry.side.peer == peer) out.push_back(id);
  }
  return out;
}

std::vector<crypto::ChannelId> SideChannels::all() const {
  std::vector<crypto::ChannelId> out;
  for (const auto& [id, entry] : sides_)
    out.push_back(id);
  return out;
}

std::vector<crypto::ChannelId> SideChannels::take_expired(TimePoint now) {
  std::vector<crypto::ChannelId> out;
  for (const auto& [id, entry] : sides_) {
    if (entry.until <= now) out.push_back(id);
  }
  for (const crypto::ChannelId id : out)
    sides_.erase(id);
  return out;
}

std::optional<TimePoint> SideChannels::deadline() const {
  std::optional<TimePoint> out;
  for (const auto& [id, entry] : sides_)
    out = earliest(out, entry.until);
  return out;
}

}  // namespace ipop::overlay
