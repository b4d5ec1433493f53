#include "overlay/statuses.hpp"

#include <algorithm>
#include <utility>

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

/// How long the peer does without `status`, of which only the list of neighbours is new; else zero.
Duration may_wait(const Link& link, const Status& status, const LinkTable& links) {
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
    const Link* named = links.find(id);
    return named != nullptr && named->own_roles.test(index_of(Role::near)) && std::ranges::find(told, id) == told.end();
  });
  return is_near && names_new ? near_list_waits : far_list_waits;
}

}  // namespace

Status Statuses::status_to_all(const Own& own, const LinkTable& links) const {
  Status status;
  status.instance = own.instance;
  status.nat = own.nat;
  status.relay_load = own.relay_load;
  status.neighbours = links.around(self_, listed_per_side);
  return status;
}

Status Statuses::make_status(const Own& own, const Link& link, const LinkTable& links) const {
  Status status = status_to_all(own, links);
  status.roles = link.own_roles;
  for (const NodeId& id : links.around(link.peer, listed_per_side)) {
    if (std::ranges::find(status.neighbours, id) == status.neighbours.end()) status.neighbours.push_back(id);
  }
  std::erase(status.neighbours, link.peer);
  if (status.neighbours.size() > max_listed_neighbours) status.neighbours.resize(max_listed_neighbours);
  return status;
}

void Statuses::handle_changed_beside(const NodeId& peer, const LinkTable& links) {
  stale_.insert(peer);
  for (const NodeId& id : links.around(peer, listed_per_side))
    stale_.insert(id);
}

void Statuses::handle_lost(const NodeId& peer, LinkTable& links) {
  for (const auto& [other, link] : std::as_const(links).all()) {
    const auto& named = link.status.latest().neighbours;
    if (std::ranges::find(named, peer) == named.end()) continue;
    links.find(other)->status.handle_lost(peer);
    stale_.insert(other);
  }
}

void Statuses::look(TimePoint now, const Own& own, const std::vector<NodeId>& changed, LinkTable& links) {
  Status to_all = status_to_all(own, links);
  if (to_all != told_to_all_) all_stale_ = true;
  told_to_all_ = std::move(to_all);
  if (all_stale_) {
    for (const auto& [peer, link] : links.change_all())
      look_at(now, own, link, links);
  } else {
    std::set<NodeId> to_be_told = stale_;
    to_be_told.insert(changed.begin(), changed.end());
    for (const NodeId& peer : links.due(now))
      to_be_told.insert(peer);
    for (const NodeId& peer : to_be_told) {
      if (Link* link = links.find(peer)) look_at(now, own, *link, links);
    }
  }
  all_stale_ = false;
  stale_.clear();
}

void Statuses::look_at_due(TimePoint now, const Own& own, LinkTable& links) {
  for (const NodeId& peer : links.due(now)) {
    if (Link* link = links.find(peer)) look_at(now, own, *link, links);
  }
}

void Statuses::look_at(TimePoint now, const Own& own, Link& link, const LinkTable& links) {
  if (const auto ack = link.status.take_ack(now)) outputs_.push({link.peer, ack->channel, ack->message});
  if (!link.is_up()) return;
  StatusExchange& exchange = link.status;
  const bool stale = all_stale_ || stale_.contains(link.peer) || exchange.has_waited(now) ||
                     exchange.latest().instance != own.instance || exchange.latest().roles != link.own_roles;
  if (stale) {
    Status status = make_status(own, link, links);
    const Duration waits = may_wait(link, status, links);
    exchange.handle_own(now, std::move(status), waits);
  }
  if (const auto status = exchange.take_status(now)) outputs_.push({link.peer, std::nullopt, *status});
}

bool Statuses::tell_waiting(TimePoint now, const Own& own, Link& link, const LinkTable& links) {
  if (!link.status.is_waiting()) return false;
  link.status.handle_own(now, make_status(own, link, links), Duration{});
  const auto status = link.status.take_status(now);
  if (status) outputs_.push({link.peer, std::nullopt, *status});
  return status.has_value();
}

}  // namespace ipop::overlay
