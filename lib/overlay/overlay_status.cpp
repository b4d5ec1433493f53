// Overlay::State: what the two ends of a link tell each other about themselves.

#include <algorithm>
#include <set>
#include <utility>

#include "base/machine.hpp"
#include "overlay/overlay_state.hpp"

namespace ipop::overlay {
namespace {

/// A peer that stands elsewhere on the ring looks ahead one step with the list of this node: what is new in it waits
/// for the next keep-alive, in whose place it goes, on a link with traffic so long; what is undone meanwhile is not
/// told.
constexpr Duration far_list_waits = 300s;
/// A node in the list left, or is silent: until it is told, packets may go there by a detour, and others seek it.
constexpr Duration lost_waits = 5s;

/// Who joins, or takes the place of who left, gets its links beside this node within so long: all are told at once.
constexpr Duration near_list_waits = 600ms;

/// Neighbours on each side that a status names, around the sender and around the receiver.
constexpr std::size_t listed_per_side = 3;

}  // namespace

Status Overlay::State::status_to_all() const {
  Status status;
  status.instance = instance_;
  status.nat = nat_.nat_class();
  status.relay_load = relaying_.load();
  status.neighbours = links_.around(config_.self, listed_per_side);
  return status;
}

Status Overlay::State::make_status(const Link& link) const {
  Status status = status_to_all();
  status.roles = link.own_roles;
  for (const NodeId& id : links_.around(link.peer, listed_per_side)) {
    if (std::ranges::find(status.neighbours, id) == status.neighbours.end()) status.neighbours.push_back(id);
  }
  std::erase(status.neighbours, link.peer);
  if (status.neighbours.size() > max_listed_neighbours) status.neighbours.resize(max_listed_neighbours);
  return status;
}

void Overlay::State::list_changed_beside(const NodeId& peer) {
  view_changed_ = true;
  stale_lists_.insert(peer);
  for (const NodeId& id : links_.around(peer, listed_per_side))
    stale_lists_.insert(id);
}

void Overlay::State::list_lost(const NodeId& peer) {
  for (const auto& [other, link] : std::as_const(links_).all()) {
    if (std::ranges::find(link.status.latest().neighbours, peer) == link.status.latest().neighbours.end()) continue;
    links_.find(other)->status.handle_lost(peer);
    stale_lists_.insert(other);
  }
}

void Overlay::State::sync_status(TimePoint now, const std::vector<NodeId>& changed) {
  Status to_all = status_to_all();
  if (to_all != told_to_all_) all_lists_stale_ = true;
  told_to_all_ = std::move(to_all);
  if (all_lists_stale_) {
    for (auto& [peer, link] : links_.change_all())
      sync_status(now, link);
  } else {
    std::set<NodeId> to_be_told = stale_lists_;
    to_be_told.insert(changed.begin(), changed.end());
    for (const NodeId& peer : links_.due(now))
      to_be_told.insert(peer);
    for (const NodeId& peer : to_be_told) {
      if (Link* link = links_.find(peer)) sync_status(now, *link);
    }
  }
  all_lists_stale_ = false;
  stale_lists_.clear();
}

Duration Overlay::State::may_wait(const Link& link, const Status& status) const {
  Status but_the_list = link.status.latest();
  but_the_list.sequence = status.sequence;
  but_the_list.neighbours = status.neighbours;
  // Who needs the link no more closes it when the other has no use for it either.
  if ((status.roles & ~but_the_list.roles).none()) but_the_list.roles = status.roles;
  if (status != but_the_list) return {};
  const bool is_near = link.own_roles.test(index_of(Role::near)) || link.peer_roles.test(index_of(Role::near));
  if (link.status.names_lost()) return is_near ? Duration{} : lost_waits;
  // Who is only not linked any more lives, and packets for it find their way from here.
  const auto& told = link.status.latest().neighbours;
  const bool names_new = std::ranges::any_of(status.neighbours, [&](const NodeId& id) {
    const Link* named = links_.find(id);
    return named != nullptr && named->own_roles.test(index_of(Role::near)) && std::ranges::find(told, id) == told.end();
  });
  return is_near && names_new ? near_list_waits : far_list_waits;
}

void Overlay::State::sync_status(TimePoint now, Link& link) {
  acknowledge(now, link);
  if (!link.is_up()) return;
  StatusExchange& exchange = link.status;
  const bool stale = all_lists_stale_ || stale_lists_.contains(link.peer) || exchange.has_waited(now) ||
                     exchange.latest().instance != instance_ || exchange.latest().roles != link.own_roles;
  if (stale) {
    Status status = make_status(link);
    const Duration waits = may_wait(link, status);
    exchange.handle_own(now, std::move(status), waits);
    wake_by(exchange.status_due());
  }
  if (const auto status = exchange.take_status(now)) speak(now, link, *status);
}

bool Overlay::State::tell_waiting(TimePoint now, Link& link) {
  if (!link.status.is_waiting()) return false;
  link.status.handle_own(now, make_status(link), Duration{});
  const auto status = link.status.take_status(now);
  if (status) speak(now, link, *status);
  return status.has_value();
}

void Overlay::State::acknowledge(TimePoint now, Link& link) {
  const auto ack = link.status.take_ack(now);
  if (!ack) return;
  if (link.paths.find(ack->channel) != nullptr) {
    send_message(now, link, ack->channel, ack->message);
  } else {
    speak(now, link, ack->message);
  }
}

}  // namespace ipop::overlay
