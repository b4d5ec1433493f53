#include "overlay/connection_table.hpp"

#include <algorithm>

namespace ipop::overlay {

Path* Link::path(crypto::ChannelId channel) {
  const auto it = std::ranges::find(paths, channel, &Path::channel);
  return it == paths.end() ? nullptr : &*it;
}

const Path* Link::primary_path() const {
  const auto it = std::ranges::find(paths, primary, &Path::channel);
  return it == paths.end() ? nullptr : &*it;
}

Path* Link::primary_path() {
  return path(primary);
}

const Path* Link::direct_path() const {
  const Path* sending = primary_path();
  if (sending != nullptr && sending->is_direct()) return sending;
  const auto it = std::ranges::find_if(paths, &Path::is_direct);
  return it == paths.end() ? nullptr : &*it;
}

bool Link::is_direct() const {
  const Path* sending = primary_path();
  return sending != nullptr && sending->is_direct();
}

bool Link::is_sound() const {
  const Path* sending = primary_path();
  return sending != nullptr && !sending->liveness.is_suspect();
}

Connection Link::connection() const {
  Connection out;
  out.peer = peer;
  out.roles = own_roles | peer_roles;
  out.since = since;
  out.last_traffic = last_traffic;
  out.round_trip = round_trip;
  if (const Path* sending = primary_path()) {
    out.channel = sending->channel;
    out.initiated_here = sending->initiated_here;
    out.relay = sending->relay();
    if (const auto* endpoint = std::get_if<net::Endpoint>(&sending->carrier)) out.endpoint = *endpoint;
  }
  return out;
}

Link* ConnectionTable::find(const NodeId& peer) {
  const auto it = links_.find(peer);
  return it == links_.end() ? nullptr : &it->second;
}

const Link* ConnectionTable::find(const NodeId& peer) const {
  const auto it = links_.find(peer);
  return it == links_.end() ? nullptr : &it->second;
}

Link* ConnectionTable::find(crypto::ChannelId channel) {
  const auto it = by_channel_.find(channel);
  return it == by_channel_.end() ? nullptr : find(it->second);
}

Link& ConnectionTable::add(const NodeId& peer) {
  Link& link = links_[peer];
  link.peer = peer;
  return link;
}

void ConnectionTable::add_path(Link& link, Path path) {
  by_channel_[path.channel] = link.peer;
  link.paths.push_back(std::move(path));
}

void ConnectionTable::remove_path(Link& link, crypto::ChannelId channel) {
  by_channel_.erase(channel);
  std::erase_if(link.paths, [&](const Path& path) { return path.channel == channel; });
}

void ConnectionTable::erase(const NodeId& peer) {
  const auto it = links_.find(peer);
  if (it == links_.end()) return;
  for (const Path& path : it->second.paths)
    by_channel_.erase(path.channel);
  links_.erase(it);
}

void ConnectionTable::clear() {
  links_.clear();
  by_channel_.clear();
}

std::vector<NodeId> ConnectionTable::clockwise(const NodeId& from, std::size_t count) const {
  std::vector<NodeId> out;
  auto it = links_.upper_bound(from);
  for (std::size_t seen = 0; seen < links_.size() && out.size() < count; ++seen, ++it) {
    if (it == links_.end()) it = links_.begin();
    if (it->first != from && it->second.is_up()) out.push_back(it->first);
  }
  return out;
}

std::vector<NodeId> ConnectionTable::counter_clockwise(const NodeId& from, std::size_t count) const {
  std::vector<NodeId> out;
  auto it = links_.lower_bound(from);
  for (std::size_t seen = 0; seen < links_.size() && out.size() < count; ++seen) {
    if (it == links_.begin()) it = links_.end();
    --it;
    if (it->first != from && it->second.is_up()) out.push_back(it->first);
  }
  return out;
}

std::vector<NodeId> ConnectionTable::around(const NodeId& point, std::size_t per_side) const {
  std::vector<NodeId> out = clockwise(point, per_side);
  std::vector<NodeId> behind = counter_clockwise(point, per_side);
  for (auto it = behind.rbegin(); it != behind.rend(); ++it) {
    if (std::ranges::find(out, *it) == out.end()) out.push_back(*it);
  }
  return out;
}

}  // namespace ipop::overlay
