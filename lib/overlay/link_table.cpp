#include "overlay/link_table.hpp"

#include <algorithm>
#include <variant>

namespace ipop::overlay {

bool Link::is_direct() const {
  const Path* sending = in_use();
  return sending != nullptr && sending->is_direct();
}

bool Link::is_sound() const {
  const Path* sending = in_use();
  return sending != nullptr && sending->is_sound();
}

TimePoint Link::heard() const {
  TimePoint out = heard_before;
  for (const Path& path : paths)
    out = std::max(out, path.liveness.last_received());
  return out;
}

Duration Link::round_trip() const {
  const Path* sending = in_use();
  return sending == nullptr ? Duration{} : sending->round_trip;
}

Connection Link::connection() const {
  Connection out;
  out.peer = peer;
  out.roles = own_roles | peer_roles;
  out.since = since;
  out.last_traffic = last_traffic;
  if (const Path* sending = in_use()) {
    out.channel = sending->channel;
    out.initiated_here = sending->initiated_here;
    out.relay = sending->relay();
    out.round_trip = sending->round_trip;
    out.carries = sending->proof.carries();
    out.is_failing = sending->proof.is_failing();
    out.suite = sending->suite;
    out.proven_at = sending->proof.proven_at().value_or(TimePoint{});
    if (const auto* endpoint = std::get_if<net::Endpoint>(&sending->carrier)) out.endpoint = *endpoint;
  }
  return out;
}

Standing Link::standing() const {
  return {.is_linked = true,
          .has_path = !paths.empty(),
          .is_up = is_up(),
          .is_sound = is_sound(),
          .has_direct_on_trial = paths.has_direct_on_trial()};
}

Link* LinkTable::find(const NodeId& peer) {
  const auto it = links_.find(peer);
  return it == links_.end() ? nullptr : &it->second;
}

const Link* LinkTable::find(const NodeId& peer) const {
  const auto it = links_.find(peer);
  return it == links_.end() ? nullptr : &it->second;
}

Link* LinkTable::find(crypto::ChannelId channel) {
  const auto it = by_channel_.find(channel);
  return it == by_channel_.end() ? nullptr : find(it->second);
}

Link& LinkTable::add(const NodeId& peer) {
  Link& link = links_[peer];
  link.peer = peer;
  return link;
}

void LinkTable::add_path(Link& link, Path path) {
  by_channel_[path.channel] = link.peer;
  link.paths.add(std::move(path));
}

void LinkTable::remove_path(Link& link, crypto::ChannelId channel) {
  by_channel_.erase(channel);
  link.heard_before = link.heard();
  link.paths.remove(channel);
}

void LinkTable::erase(const NodeId& peer) {
  const auto it = links_.find(peer);
  if (it == links_.end()) return;
  for (const Path& path : it->second.paths)
    by_channel_.erase(path.channel);
  links_.erase(it);
}

void LinkTable::clear() {
  links_.clear();
  by_channel_.clear();
}

std::size_t LinkTable::peers_at(const LinkCarrier& carrier, const NodeId& peer) const {
  const auto* endpoint = std::get_if<net::Endpoint>(&carrier);
  const auto is_there = [&](const Path& path) {
    const auto* other = std::get_if<net::Endpoint>(&path.carrier);
    if ((endpoint == nullptr) != (other == nullptr)) return false;
    return endpoint != nullptr ? place_of(*endpoint) == place_of(*other)
                               : std::get<RelayPath>(carrier).relay == std::get<RelayPath>(path.carrier).relay;
  };
  return static_cast<std::size_t>(std::ranges::count_if(links_, [&](const auto& entry) {
    return entry.first != peer && std::ranges::any_of(entry.second.paths, is_there);
  }));
}

std::vector<NodeId> LinkTable::clockwise(const NodeId& from, std::size_t count) const {
  std::vector<NodeId> out;
  auto it = links_.upper_bound(from);
  for (std::size_t seen = 0; seen < links_.size() && out.size() < count; ++seen, ++it) {
    if (it == links_.end()) it = links_.begin();
    if (it->first != from && it->second.is_up()) out.push_back(it->first);
  }
  return out;
}

std::vector<NodeId> LinkTable::counter_clockwise(const NodeId& from, std::size_t count) const {
  std::vector<NodeId> out;
  auto it = links_.lower_bound(from);
  for (std::size_t seen = 0; seen < links_.size() && out.size() < count; ++seen) {
    if (it == links_.begin()) it = links_.end();
    --it;
    if (it->first != from && it->second.is_up()) out.push_back(it->first);
  }
  return out;
}

std::vector<NodeId> LinkTable::around(const NodeId& point, std::size_t per_side) const {
  std::vector<NodeId> out = clockwise(point, per_side);
  std::vector<NodeId> behind = counter_clockwise(point, per_side);
  for (auto it = behind.rbegin(); it != behind.rend(); ++it) {
    if (std::ranges::find(out, *it) == out.end()) out.push_back(*it);
  }
  return out;
}

}  // namespace ipop::overlay
