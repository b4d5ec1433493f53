#include "overlay/link_table.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/machine.hpp"

namespace ipop::overlay {

bool Link::has_path(crypto::ChannelId channel) const {
  return std::ranges::any_of(paths, [&](const Path& path) { return path.channel == channel; });
}

bool Link::is_direct() const {
  const Path* sending = in_use();
  return sending != nullptr && sending->is_direct();
}

bool Link::is_sound() const {
  const Path* sending = in_use();
  return sending != nullptr && sending->is_sound();
}

bool Link::is_patient() const {
  return ((own_roles | peer_roles) & ~only(Role::shortcut)).none();
}

void Link::handle_roles_changed() {
  for (Path& path : paths)
    path.liveness.set_patient(is_patient());
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

std::optional<TimePoint> Link::deadline() const {
  std::optional<TimePoint> out;
  const auto by = [&](const std::optional<TimePoint>& when) { out = earliest(out, when); };
  for (const Path& path : paths) {
    by(path.liveness.deadline());
    by(path.proof.deadline());
  }
  by(choose_at);
  by(stands_at);
  by(recover_until);
  by(status.ack_due());
  if (is_up()) by(status.status_due());
  if (unused_since) by(*unused_since + unused_linger);
  return out;
}

Link* LinkTable::handed_out(Link* link) {
  if (link != nullptr && !std::exchange(link->may_have_changed_, true)) changed_.push_back(link);
  return link;
}

void LinkTable::read_changed() {
  for (Link* link : changed_) {
    link->may_have_changed_ = false;
    timed_[link->place_].due = link->deadline().value_or(TimePoint::max());
    const Path* sending = std::as_const(*link).in_use();
    if (sending != nullptr && !(sending->is_direct() && sending->is_sound())) {
      imperfect_.insert(link->peer);
    } else if (!imperfect_.empty()) {
      imperfect_.erase(link->peer);
    }
    if (!std::exchange(link->is_to_be_looked_at_, true)) to_be_looked_at_.push_back(link);
  }
  changed_.clear();
}

std::vector<NodeId> LinkTable::take_changed() {
  read_changed();
  std::vector<NodeId> out;
  out.reserve(to_be_looked_at_.size());
  for (Link* link : to_be_looked_at_) {
    link->is_to_be_looked_at_ = false;
    out.push_back(link->peer);
  }
  to_be_looked_at_.clear();
  std::ranges::sort(out);
  return out;
}

std::vector<NodeId> LinkTable::imperfect() {
  read_changed();
  return {imperfect_.begin(), imperfect_.end()};
}

std::vector<NodeId> LinkTable::due(TimePoint now) {
  read_changed();
  std::vector<NodeId> out;
  for (const Timed& timed : timed_) {
    if (timed.due <= now) out.push_back(timed.link->peer);
  }
  std::ranges::sort(out);
  return out;
}

std::optional<TimePoint> LinkTable::next_deadline() {
  read_changed();
  const auto first = std::ranges::min_element(timed_, {}, &Timed::due);
  return first == timed_.end() || first->due == TimePoint::max() ? std::nullopt : std::optional(first->due);
}

LinksInOrder<Link> LinkTable::change_all() {
  for (const auto& [peer, link] : links_)
    handed_out(link.get());
  return LinksInOrder<Link>(links_);
}

LinkTable::Row::const_iterator LinkTable::at_or_after(const NodeId& peer) const {
  return std::ranges::lower_bound(links_, peer, {}, &Row::value_type::first);
}

Link* LinkTable::find(const NodeId& peer) {
  const auto it = at_or_after(peer);
  return handed_out(it == links_.end() || it->first != peer ? nullptr : it->second.get());
}

const Link* LinkTable::find(const NodeId& peer) const {
  const auto it = at_or_after(peer);
  return it == links_.end() || it->first != peer ? nullptr : it->second.get();
}

Link* LinkTable::find(crypto::ChannelId channel) {
  const auto it = by_channel_.find(channel);
  return it == by_channel_.end() ? nullptr : find(it->second);
}

Link& LinkTable::add(const NodeId& peer) {
  auto it = at_or_after(peer);
  const bool is_new = it == links_.end() || it->first != peer;
  if (is_new) it = links_.emplace(it, peer, std::make_unique<Link>());
  Link& link = *it->second;
  if (is_new) {
    link.peer = peer;
    link.place_ = timed_.size();
    timed_.push_back({TimePoint::max(), &link});
  }
  handed_out(&link);
  return link;
}

void LinkTable::add_path(Link& link, Path path) {
  by_channel_[path.channel] = link.peer;
  if (!path.is_direct()) ++relays_[path.relay()];
  link.paths.add(std::move(path));
}

void LinkTable::remove_path(Link& link, crypto::ChannelId channel) {
  if (const Path* path = link.paths.find(channel)) forget_path(*path);
  link.heard_before = link.heard();
  link.paths.remove(channel);
}

void LinkTable::forget_path(const Path& path) {
  by_channel_.erase(path.channel);
  if (path.is_direct()) return;
  const auto relay = relays_.find(path.relay());
  if (relay != relays_.end() && --relay->second == 0) relays_.erase(relay);
}

void LinkTable::erase(const NodeId& peer) {
  const auto it = at_or_after(peer);
  if (it == links_.end() || it->first != peer) return;
  const Link& link = *it->second;
  for (const Path& path : link.paths)
    forget_path(path);
  if (link.may_have_changed_) std::erase(changed_, &link);
  if (link.is_to_be_looked_at_) std::erase(to_be_looked_at_, &link);
  imperfect_.erase(peer);
  timed_[link.place_] = timed_.back();
  timed_[link.place_].link->place_ = link.place_;
  timed_.pop_back();
  links_.erase(it);
}

std::optional<crypto::ChannelId> LinkTable::speaking_with(const NodeId& peer) const {
  const Link* link = find(peer);
  const Path* path = link == nullptr ? nullptr : link->paths.speaking();
  return path == nullptr ? std::nullopt : std::optional(path->channel);
}

const Path* LinkTable::direct_path(const NodeId& peer) const {
  const Link* link = find(peer);
  return link == nullptr ? nullptr : link->paths.direct();
}

void LinkTable::clear() {
  links_.clear();
  by_channel_.clear();
  timed_.clear();
  changed_.clear();
  to_be_looked_at_.clear();
  imperfect_.clear();
  relays_.clear();
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
    return entry.first != peer && std::ranges::any_of(entry.second->paths, is_there);
  }));
}

std::vector<NodeId> LinkTable::clockwise(const NodeId& from, std::size_t count) const {
  std::vector<NodeId> out;
  auto it = std::ranges::upper_bound(links_, from, {}, &Row::value_type::first);
  for (std::size_t seen = 0; seen < links_.size() && out.size() < count; ++seen, ++it) {
    if (it == links_.end()) it = links_.begin();
    if (it->first != from && it->second->is_up()) out.push_back(it->first);
  }
  return out;
}

std::vector<NodeId> LinkTable::counter_clockwise(const NodeId& from, std::size_t count) const {
  std::vector<NodeId> out;
  auto it = at_or_after(from);
  for (std::size_t seen = 0; seen < links_.size() && out.size() < count; ++seen) {
    if (it == links_.begin()) it = links_.end();
    --it;
    if (it->first != from && it->second->is_up()) out.push_back(it->first);
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
