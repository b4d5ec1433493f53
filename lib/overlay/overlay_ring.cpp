// Overlay::State: which links the ring wants.

#include <algorithm>
#include <map>
#include <utility>

#include "overlay/greedy_routing.hpp"
#include "overlay/overlay_state.hpp"
#include "overlay/ring_size.hpp"

namespace ipop::overlay {
namespace {

/// Bootstrap links that a node wants until it has joined; and while its questions for its place bring no answers, since
/// those at the other ends may be silent on purpose.
constexpr std::size_t leaves_wanted = 2;
constexpr std::size_t leaves_wanted_in_vain = LeafLinks::at_once;
constexpr Duration near_refresh = NearLinks::known_lives / 2;

}  // namespace

std::vector<NodeId> Overlay::State::neighbours() const {
  return links_.around(config_.self, config_.near_per_side);
}

std::size_t Overlay::State::size_estimate() const {
  RingView view;
  view.self = config_.self;
  view.clockwise = links_.clockwise(config_.self, config_.near_per_side);
  view.counter_clockwise = links_.counter_clockwise(config_.self, config_.near_per_side);
  const auto beyond = [&](const std::vector<NodeId>& side, bool clockwise) {
    std::vector<NodeId> out;
    const Link* last = side.empty() ? nullptr : links_.find(side.back());
    if (last == nullptr) return out;
    out = last->neighbours;
    std::ranges::sort(out, [&](const NodeId& a, const NodeId& b) {
      return clockwise ? a - last->peer < b - last->peer : last->peer - a < last->peer - b;
    });
    if (out.size() > config_.near_per_side) out.resize(config_.near_per_side);
    return out;
  };
  view.beyond_clockwise = beyond(view.clockwise, true);
  view.beyond_counter_clockwise = beyond(view.counter_clockwise, false);
  return estimate_ring_size(view);
}

void Overlay::State::look_up_own_place(TimePoint now, const std::optional<NodeId>& first_hop) {
  for (const NodeId& point : place_.begin(now, config_.self, size_estimate(), rng_)) {
    const auto hop = point == config_.self ? first_hop : random_link();
    requests_.add(now, rng_.next(), {RequestReply::Purpose::own_place, point, hop});
  }
  dirty_ = true;
}

void Overlay::State::handle_way_to_place(TimePoint now, const Link& link) {
  const bool is_leaf = leaf_peers_.contains(link.peer);
  if (!place_.is_waiting(now)) {
    if (is_leaf || !place_.is_known()) look_up_own_place(now, link.peer);
  } else if (is_leaf) {
    // It may be in another ring than who is being asked.
    requests_.add(now, rng_.next(), {RequestReply::Purpose::own_place, config_.self, link.peer});
    dirty_ = true;
  }
}

void Overlay::State::send_due_requests(TimePoint now) {
  if (place_.deadline() && *place_.deadline() <= now && !links_.all().empty()) look_up_own_place(now, random_link());
  for (const RequestReply::Due& due : requests_.due(now)) {
    const bool own_place = due.request.purpose == RequestReply::Purpose::own_place;
    if (due.given_up) {
      if (!own_place) shortcuts_.handle_drawn(now, std::nullopt, rng_);
      continue;
    }
    Roles roles = only(own_place ? Role::near : Role::shortcut);
    // Who stands further away only names those that are wanted.
    if (own_place && due.request.destination != config_.self) roles.reset();
    send_request(now, due.token, due.request.destination, RouteMode::nearest, own_place, roles, due.request.first_hop);
  }
}

std::vector<NearLinks::Missing> Overlay::State::missing_near(TimePoint now, std::size_t per_side) const {
  return near_.missing(now, links_.around(config_.self, per_side), per_side,
                       [&](const NodeId& id) { return !seeker_.may_try(now, id); });
}

std::optional<NodeId> Overlay::State::random_link() {
  const std::vector<NodeId> linked = links_.clockwise(config_.self, links_.size());
  if (linked.empty()) return std::nullopt;
  return linked[static_cast<std::size_t>(rng_.below(linked.size()))];
}

void Overlay::State::assign_roles(TimePoint now) {
  for (auto it = leaf_peers_.begin(); it != leaf_peers_.end();) {
    it = it->second.until && *it->second.until <= now ? leaf_peers_.erase(it) : std::next(it);
  }
  // A node has hundreds of links that it wants nothing of: those are not gone through. Who had a role may have none
  // now.
  std::map<NodeId, Roles> roles;
  for (const NodeId& peer : with_roles_)
    roles.try_emplace(peer);
  const auto give = [&](const NodeId& peer, Role role) { roles[peer].set(index_of(role)); };
  // One more on each side than the ring needs: the spare is there when a neighbour dies.
  for (const NodeId& peer : links_.around(config_.self, config_.near_per_side + 1))
    give(peer, Role::near);
  for (const NodeId& peer : shortcuts_.peers())
    give(peer, Role::shortcut);
  for (const auto& [peer, leaf] : leaf_peers_)
    give(peer, Role::leaf);
  for (const NodeId& peer : on_demand_.wanted()) {
    if (on_demand_.is_wanted(now, peer)) give(peer, Role::on_demand);
  }
  for (const auto& [peer, paths] : links_.relays())
    give(peer, Role::on_demand);
  // One of the last two that others can reach this node by is told as its way in: a peer keeps that before others.
  for (const NodeId& peer : spare_.kept()) {
    give(peer, Role::leaf);
    give(peer, Role::on_demand);
  }
  with_roles_.clear();
  for (const auto& [peer, wanted] : roles) {
    const Link* seen = std::as_const(links_).find(peer);
    if (seen == nullptr) continue;
    // A link that waits for another path keeps what it had.
    const Roles next = seen->is_up() ? wanted : seen->own_roles | wanted;
    if (next.any()) with_roles_.push_back(peer);
    if (next == seen->own_roles) continue;
    // How long a list may wait depends on who is near.
    if ((next ^ seen->own_roles).test(index_of(Role::near))) all_lists_stale_ = true;
    links_.find(peer)->own_roles = next;
  }
}

void Overlay::State::seek_links(TimePoint now) {
  if (view_changed_ || near_refreshed_ + near_refresh <= now) {
    // The lists of the nodes next to us are as good as fresh: each change of theirs is told.
    near_refreshed_ = now;
    for (const NodeId& peer : with_roles_) {
      const Link* link = std::as_const(links_).find(peer);
      if (link == nullptr || !link->own_roles.test(index_of(Role::near))) continue;
      for (const NodeId& id : link->neighbours)
        near_.learn(now, id, peer);
    }
  }
  // While those next to this node are about to name themselves, others are believed of the nearest only.
  const bool is_listening = place_.is_listening(now);
  const auto nearest = is_listening ? missing_near(now, 1) : std::vector<NearLinks::Missing>{};
  for (const NearLinks::Missing& missing : missing_near(now, config_.near_per_side + 1)) {
    if (is_listening && seeker_.reach(now, missing.via) == nullptr &&
        std::ranges::find(nearest, missing.id, &NearLinks::Missing::id) == nearest.end())
      continue;
    seek(now, missing.id, only(Role::near), missing.via);
  }
  for (const NodeId& peer : on_demand_.wanted()) {
    const Link* link = links_.find(peer);
    if ((link == nullptr || link->paths.empty()) && seeker_.may_try(now, peer))
      seek(now, peer, only(Role::on_demand), NodeId{});
  }
  // Relayed links try to become direct, as often as the pace of the retries allows; links that do
  // not answer get another path before the old one is given up.
  std::vector<std::pair<NodeId, Roles>> improvable;
  std::vector<std::pair<NodeId, NodeId>> relay_silent;
  for (const NodeId& peer : links_.imperfect()) {
    const Link& link = *std::as_const(links_).find(peer);
    const Path* path = link.in_use();
    if (!path->is_direct() && !path->is_sound() && !is_opening(peer)) relay_silent.emplace_back(peer, path->relay());
    const bool wanting = (link.paths.direct() == nullptr || !path->is_sound()) && !link.paths.has_direct_on_trial();
    if (wanting && link.own_roles.any() && seeker_.may_try(now, peer)) improvable.emplace_back(peer, link.own_roles);
  }
  for (const auto& [peer, roles] : improvable)
    seek(now, peer, roles, NodeId{});
  for (const auto& [peer, relay] : relay_silent) {
    seeker_.handle_relay_failed(now, peer, relay);
    use_relay(now, peer);
  }
  const std::vector<NodeId> waiting = seeker_.waiting_for_relay(now);
  if (waiting.empty()) return;
  // One list for all of them: any member can have many peers wait.
  const std::vector<RelayCandidate> ours = able_to_relay();
  for (const NodeId& peer : waiting)
    use_relay(now, peer, ours);
}

void Overlay::State::seek_spare(TimePoint now) {
  std::set<NodeId> direct;
  for (const auto& [peer, link] : links_.all()) {
    if (link.is_up() && link.paths.direct() != nullptr) direct.insert(peer);
    if (direct.size() > SpareLinks::direct_wanted) break;
  }
  spare_.handle_direct(now, std::move(direct));
  if (!joined_ || !spare_.is_due(now)) return;
  std::vector<NodeId> offered;
  seeker_.for_each_reach([&](const NodeId&, const Reach& reach) {
    for (const RelayOffer& offer : reach.relays)
      offered.push_back(offer.id);
  });
  const auto may_seek = [&](const NodeId& id) {
    const Link* link = links_.find(id);
    return id != config_.self && (link == nullptr || link->paths.direct() == nullptr) && seeker_.may_try(now, id);
  };
  spare_.handle_tried(now, rng_);
  const auto member = most_linked(offered, may_seek);
  if (!member) return;
  on_demand_.touch(now, *member);
  seek(now, *member, only(Role::on_demand), NodeId{});
}

bool Overlay::State::is_opening(const NodeId& peer) const {
  return std::ranges::any_of(openings_, [&](const auto& entry) { return entry.second.expected == peer; });
}

bool Overlay::State::is_on_path(const NodeId& peer, const net::Endpoint& endpoint) const {
  const Link* link = links_.find(peer);
  return link != nullptr &&
         std::ranges::any_of(link->paths, [&](const Path& path) { return path.carrier == LinkCarrier(endpoint); });
}

std::size_t Overlay::State::leaves_lacking() const {
  if (joined_) return 0;
  const std::size_t wanted = place_.is_in_vain() ? leaves_wanted_in_vain : leaves_wanted;
  return wanted - std::min(wanted, leaf_peers_.size());
}

bool Overlay::State::may_use(const net::Endpoint& endpoint) const {
  if (!policy_.allows(endpoint) || openings_.contains(to_carrier(endpoint))) return false;
  return std::ranges::none_of(links_.all(), [&](const auto& entry) { return is_on_path(entry.first, endpoint); });
}

void Overlay::State::seek_leaves(TimePoint now, std::size_t ring_size) {
  const auto usable = [&](const net::Endpoint& endpoint) { return may_use(endpoint); };
  if (const std::size_t lacking = leaves_lacking(); lacking > 0) {
    for (const net::Endpoint& endpoint : leaf_.take_due(now, lacking, usable))
      open_path(now, endpoint, NodeId{});
  }
  if (const auto endpoint = leaf_.take_probe(now, ring_size, usable, rng_)) open_path(now, *endpoint, NodeId{});
}

void Overlay::State::seek_shortcuts(TimePoint now, std::size_t ring_size) {
  shortcuts_.handle_ring_size(now, ring_size);
  if (!joined_) return;
  const auto target = shortcuts_.take_draw(now, config_.self, rng_);
  if (!target) return;
  if (!requests_.add(now, rng_.next(), {RequestReply::Purpose::shortcut, *target, std::nullopt})) {
    shortcuts_.handle_drawn(now, std::nullopt, rng_);
  }
  send_due_requests(now);
}

void Overlay::State::update_ring(TimePoint now, std::size_t size) {
  const std::vector<NodeId> near = neighbours();
  // Small rings are counted, larger ones estimated: there only a real change is news.
  constexpr std::size_t exact_below = 32;
  const bool resized = std::min(size, told_size_) < exact_below
                           ? size != told_size_
                           : 4 * std::max(size, told_size_) > 5 * std::min(size, told_size_);
  if (near != told_neighbours_ || resized) {
    told_neighbours_ = near;
    told_size_ = size;
    outputs_.push(RingChanged{near, size});
  }
  if (joined_ || !place_.is_known() || near.empty()) return;
  // Whoever keeps silent, or is only named, keeps nobody out.
  const auto is_silent = [&](const NearLinks::Missing& missing) { return seeker_.is_unheard(missing.id); };
  if (!std::ranges::all_of(missing_near(now, config_.near_per_side), is_silent)) return;
  joined_ = true;
  for (auto& [peer, leaf] : leaf_peers_)
    leaf.until = now + leaf_linger;
  outputs_.push(Joined{});
  log(LogLevel::info, "joined the ring", {{"neighbours", std::to_string(near.size())}, {"size", std::to_string(size)}});
}

void Overlay::State::update_reachability() {
  const std::vector<net::Endpoint> observed = nat_.observed();
  const NatClass nat = nat_.nat_class();
  if (nat == told_nat_ && std::ranges::is_permutation(observed, told_observed_)) return;
  if (nat != told_nat_) {
    dirty_ = true;
    if (told_nat_ != NatClass::unknown) seeker_.handle_moved();
  }
  // Elsewhere for most who see us: what could not be reached may be. Who is seen at another port by each peer has
  // moved when the address is another one.
  if (!observed.empty() && !told_observed_.empty()) {
    const net::Endpoint &here = observed.front(), &before = told_observed_.front();
    if (nat == NatClass::address_dependent ? here.address != before.address : here != before) seeker_.handle_moved();
  }
  told_nat_ = nat;
  told_observed_ = observed;
  outputs_.push(ReachabilityChanged{observed, nat});
}

}  // namespace ipop::overlay
