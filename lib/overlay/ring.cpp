#include "overlay/ring.hpp"

#include <algorithm>
#include <set>

#include "overlay/ring_size.hpp"

namespace ipop::overlay {
namespace {

/// Bootstrap links that a node wants until it has joined; and while its questions for its place bring no answers, since
/// those at the other ends may be silent on purpose.
constexpr std::size_t leaves_wanted = 2;
constexpr std::size_t leaves_wanted_in_vain = LeafLinks::at_once;
constexpr Duration near_refresh = NearLinks::known_lives / 2;

}  // namespace

void Ring::handle_bootstrap(std::vector<net::Endpoint> bootstrap, std::vector<net::Endpoint> known) {
  leaf_.set_endpoints(std::move(bootstrap), std::move(known), rng_);
}

void Ring::begin_anew() {
  near_.clear();
  leaf_.reset();
}

void Ring::forget_what_was_told() {
  told_neighbours_.clear();
  told_size_ = 1;
}

void Ring::handle_accepted(TimePoint now, const NodeId& peer, const net::Endpoint& endpoint) {
  leaf_.handle_accepted(now, endpoint);
  leaf_peers_[peer] = LeafPeer{joined_ ? std::optional(now + leaf_linger) : std::nullopt};
}

void Ring::handle_ended(TimePoint now, const net::Endpoint& endpoint, bool unneeded) {
  if (unneeded) {
    leaf_.handle_unneeded(endpoint);
  } else {
    leaf_.handle_ended(now, endpoint, rng_);
  }
}

bool Ring::handle_way_to_place(TimePoint now, const NodeId& peer, const View& view) {
  const bool is_leaf = leaf_peers_.contains(peer);
  if (!place_.is_waiting(now)) {
    if (!is_leaf && place_.is_known()) return false;
    look_up_own_place(now, peer, view.links);
    return true;
  }
  // It may be in another ring than who is being asked.
  if (is_leaf) requests_.add(now, rng_.next(), {RequestReply::Purpose::own_place, self_, only(Role::near), peer});
  return is_leaf;
}

void Ring::handle_removed(TimePoint now, const NodeId& peer, bool was_near, const View& view) {
  near_.forget(peer);
  shortcuts_.handle_lost(peer);
  leaf_peers_.erase(peer);
  if (view.links.all().empty()) {
    joined_ = false;
    place_.clear();
    near_.clear();
    shortcuts_.clear();
    requests_.clear();
  } else if (was_near) {
    place_.hurry(now);
  }
}

void Ring::handle_neighbours(TimePoint now, const std::vector<NodeId>& neighbours, const NodeId& peer) {
  for (const NodeId& id : neighbours)
    near_.learn(now, id, peer);
}

bool Ring::handle_answer(TimePoint now, const NodeId& source, const ConnectToMe& answer, const View& view) {
  const RequestReply::Request* request = requests_.find(answer.token);
  if (request == nullptr) return false;
  const bool expects_us = request->roles.any();
  const auto purpose = request->purpose;
  const bool first = !requests_.note_answer(now, answer.token);
  if (purpose == RequestReply::Purpose::own_place) {
    handle_place_answer(now, source, expects_us, view);
    return true;
  }
  if (!first) return true;
  const Link* link = view.links.find(source);
  const bool linked = link != nullptr && link->is_up();
  const bool taken = answer.kind == ConnectToMe::Kind::answer;
  const std::vector<NodeId> near = neighbours(view.links);
  const bool useful = taken && std::ranges::find(near, source) == near.end() && !shortcuts_.contains(source) &&
                      (linked || view.may_try(source));
  shortcuts_.handle_drawn(now, useful ? std::optional(source) : std::nullopt, rng_);
  if (useful && !linked) outputs_.push(Seek{source, only(Role::shortcut), source, true});
  return true;
}

void Ring::handle_place_answer(TimePoint now, const NodeId& source, bool expects_us, const View& view) {
  place_.handle_answer(source);
  near_.learn(now, source, expects_us ? source : NodeId{});
  const Link* link = view.links.find(source);
  if (!expects_us || (link != nullptr && link->is_up())) return;
  const auto missing = missing_near(now, near_per_side_, view);
  if (std::ranges::find(missing, source, &NearLinks::Missing::id) == missing.end()) return;
  outputs_.push(Seek{source, only(Role::near), source, true});
}

bool Ring::misses(TimePoint now, const NodeId& peer, const View& view) const {
  const auto missing = near_.missing(now, neighbours(view.links), near_per_side_, [](const NodeId&) { return false; });
  return std::ranges::find(missing, peer, &NearLinks::Missing::id) != missing.end();
}

bool Ring::want(TimePoint now, const NodeId& peer) {
  const bool is_new = !on_demand_.is_wanted(now, peer);
  on_demand_.touch(now, peer);
  return is_new;
}

void Ring::seek_near(TimePoint now, bool changed, const View& view) {
  if (changed || near_refreshed_ + near_refresh <= now) {
    // The lists of the nodes next to us are as good as fresh: each change of theirs is told.
    near_refreshed_ = now;
    for (const NodeId& peer : with_roles_) {
      const Link* link = view.links.find(peer);
      if (link == nullptr || !link->own_roles.test(index_of(Role::near))) continue;
      handle_neighbours(now, link->neighbours, peer);
    }
  }
  // While those next to this node are about to name themselves, others are believed of the nearest only.
  const bool is_listening = place_.is_listening(now);
  const auto nearest = is_listening ? missing_near(now, 1, view) : std::vector<NearLinks::Missing>{};
  for (const NearLinks::Missing& missing : missing_near(now, near_per_side_, view)) {
    if (is_listening && !view.has_spoken(missing.via) &&
        std::ranges::find(nearest, missing.id, &NearLinks::Missing::id) == nearest.end())
      continue;
    outputs_.push(Seek{missing.id, only(Role::near), missing.via, false});
  }
}

void Ring::seek_wanted(TimePoint /*now*/, const View& view) {
  for (const NodeId& peer : on_demand_.wanted()) {
    const Link* link = view.links.find(peer);
    if ((link == nullptr || link->paths.empty()) && view.may_try(peer))
      outputs_.push(Seek{peer, only(Role::on_demand), NodeId{}, false});
  }
}

bool Ring::wants_spare(TimePoint now, const LinkTable& links) {
  std::set<NodeId> direct;
  for (const auto& [peer, link] : links.all()) {
    if (link.is_up() && link.paths.direct() != nullptr) direct.insert(peer);
    if (direct.size() > SpareLinks::direct_wanted) break;
  }
  spare_.handle_direct(now, std::move(direct));
  return joined_ && spare_.is_due(now);
}

void Ring::seek_spare(TimePoint now, const std::vector<NodeId>& offered, const View& view, const MayOpen& may_open) {
  const auto may_seek = [&](const NodeId& id) {
    const Link* link = view.links.find(id);
    return id != self_ && (link == nullptr || link->paths.direct() == nullptr) && view.may_try(id);
  };
  spare_.handle_tried(now, rng_);
  if (const auto endpoint = leaf_.take_untried(now, may_open)) {
    outputs_.push(Open{*endpoint});
    return;
  }
  const auto member = most_linked(offered, may_seek);
  if (!member) return;
  on_demand_.touch(now, *member);
  outputs_.push(Seek{*member, only(Role::on_demand), NodeId{}, false});
}

void Ring::seek_leaves(TimePoint now, std::size_t size, const MayOpen& may_open) {
  if (const std::size_t lacking = leaves_lacking(); lacking > 0) {
    for (const net::Endpoint& endpoint : leaf_.take_due(now, lacking, may_open))
      outputs_.push(Open{endpoint});
  }
  if (const auto endpoint = leaf_.take_probe(now, size, may_open, rng_)) outputs_.push(Open{*endpoint});
}

std::vector<std::pair<NodeId, Roles>> Ring::assign_roles(TimePoint now, const LinkTable& links) {
  std::erase_if(leaf_peers_, [&](const auto& entry) { return entry.second.until && *entry.second.until <= now; });
  // A node has hundreds of links that it wants nothing of: those are not gone through. Who had a role may have none
  // now.
  std::map<NodeId, Roles> roles;
  for (const NodeId& peer : with_roles_)
    roles.try_emplace(peer);
  const auto give = [&](const NodeId& peer, Role role) { roles[peer].set(index_of(role)); };
  for (const NodeId& peer : neighbours(links))
    give(peer, Role::near);
  for (const NodeId& peer : shortcuts_.peers())
    give(peer, Role::shortcut);
  for (const auto& [peer, leaf] : leaf_peers_)
    give(peer, Role::leaf);
  for (const NodeId& peer : on_demand_.wanted()) {
    if (on_demand_.is_wanted(now, peer)) give(peer, Role::on_demand);
  }
  for (const auto& [peer, paths] : links.relays())
    give(peer, Role::on_demand);
  // One of the last two that others can reach this node by is told as its way in: a peer keeps that before others.
  for (const NodeId& peer : spare_.kept()) {
    give(peer, Role::leaf);
    give(peer, Role::on_demand);
  }
  with_roles_.clear();
  std::vector<std::pair<NodeId, Roles>> changed;
  for (const auto& [peer, wanted] : roles) {
    const Link* link = links.find(peer);
    if (link == nullptr) continue;
    // A link that waits for another path keeps what it had.
    const Roles next = link->is_up() ? wanted : link->own_roles | wanted;
    if (next.any()) with_roles_.push_back(peer);
    if (next != link->own_roles) changed.emplace_back(peer, next);
  }
  return changed;
}

void Ring::update(TimePoint now, std::size_t size, const View& view) {
  const std::vector<NodeId> near = neighbours(view.links);
  // Small rings are counted, larger ones estimated: there only a real change is news.
  constexpr std::size_t exact_below = 32;
  const bool resized = std::min(size, told_size_) < exact_below
                           ? size != told_size_
                           : 4 * std::max(size, told_size_) > 5 * std::min(size, told_size_);
  if (near != told_neighbours_ || resized) {
    told_neighbours_ = near;
    told_size_ = size;
    outputs_.push(Changed{near, size});
  }
  if (joined_ || !place_.is_known() || near.empty()) return;
  // Whoever keeps silent, or is only named, keeps nobody out.
  const auto is_silent = [&](const NearLinks::Missing& missing) { return view.is_unheard(missing.id); };
  if (!std::ranges::all_of(missing_near(now, near_per_side_, view), is_silent)) return;
  joined_ = true;
  for (auto& [peer, leaf] : leaf_peers_)
    leaf.until = now + leaf_linger;
  outputs_.push(Joined{near.size(), size});
}

void Ring::seek_shortcuts(TimePoint now, std::size_t size, const View& view) {
  shortcuts_.handle_ring_size(now, size);
  if (!joined_) return;
  const auto target = shortcuts_.take_draw(now, self_, rng_);
  if (!target) return;
  if (!requests_.add(now, rng_.next(),
                     {RequestReply::Purpose::shortcut, *target, only(Role::shortcut), std::nullopt})) {
    shortcuts_.handle_drawn(now, std::nullopt, rng_);
  }
  ask_what_is_due(now, view);
}

bool Ring::handle_timeout(TimePoint now, const View& view) {
  return ask_what_is_due(now, view);
}

std::optional<TimePoint> Ring::poll_timeout(const LinkTable& links) const {
  return earliest(requests_.deadline(), links.all().empty() ? std::nullopt : place_.deadline());
}

std::optional<TimePoint> Ring::next_look(TimePoint now) const {
  std::optional<TimePoint> out = leaf_.deadline(now, leaves_lacking() > 0);
  if (joined_) out = earliest(earliest(out, shortcuts_.deadline()), spare_.deadline());
  if (place_.is_listening(now)) out = earliest(out, place_.listens_until());
  for (const auto& [peer, leaf] : leaf_peers_)
    out = earliest(out, leaf.until);
  return out;
}

void Ring::expire_on_demand(TimePoint now, const LinkTable& links) {
  const std::vector<NodeId> wanted = on_demand_.wanted();
  on_demand_.handle_timeout(now);
  for (const NodeId& peer : wanted) {
    const Link* link = links.find(peer);
    if (link == nullptr || on_demand_.is_wanted(now, peer) || link->last_traffic == TimePoint{}) continue;
    if (link->last_traffic + on_demand_.idle() > now) on_demand_.touch(link->last_traffic, peer);
  }
}

std::size_t Ring::size_estimate(const LinkTable& links) const {
  RingView view;
  view.self = self_;
  view.clockwise = links.clockwise(self_, near_per_side_);
  view.counter_clockwise = links.counter_clockwise(self_, near_per_side_);
  const auto beyond = [&](const std::vector<NodeId>& side, bool clockwise) {
    std::vector<NodeId> out;
    const Link* last = side.empty() ? nullptr : links.find(side.back());
    if (last == nullptr) return out;
    out = last->neighbours;
    std::ranges::sort(out, [&](const NodeId& a, const NodeId& b) {
      return clockwise ? a - last->peer < b - last->peer : last->peer - a < last->peer - b;
    });
    if (out.size() > near_per_side_) out.resize(near_per_side_);
    return out;
  };
  view.beyond_clockwise = beyond(view.clockwise, true);
  view.beyond_counter_clockwise = beyond(view.counter_clockwise, false);
  return estimate_ring_size(view);
}

std::vector<NodeId> Ring::heard_neighbours(TimePoint now, const View& view) const {
  std::vector<NodeId> out;
  if (place_.has_voices()) out = neighbours(view.links);
  for (const NearLinks::Missing& missing : missing_near(now, near_per_side_, view)) {
    if (out.size() < ConnectToMe::max_neighbours && view.has_spoken(missing.id)) out.push_back(missing.id);
  }
  return out;
}

void Ring::look_up_own_place(TimePoint now, const std::optional<NodeId>& first_hop, const LinkTable& links) {
  for (const NodeId& point : place_.begin(now, self_, size_estimate(links), rng_)) {
    const auto hop = point == self_ ? first_hop : random_link(links);
    // Who stands further away only names those that are wanted; so does everybody when the look is for what split.
    const Roles roles = point == self_ && !place_.only_heals() ? only(Role::near) : Roles{};
    requests_.add(now, rng_.next(), {RequestReply::Purpose::own_place, point, roles, hop});
  }
}

bool Ring::ask_what_is_due(TimePoint now, const View& view) {
  const bool begins = place_.deadline() && *place_.deadline() <= now && !view.links.all().empty();
  if (begins) look_up_own_place(now, random_link(view.links), view.links);
  for (const RequestReply::Due& due : requests_.due(now)) {
    const bool own_place = due.request.purpose == RequestReply::Purpose::own_place;
    if (due.given_up) {
      if (!own_place) shortcuts_.handle_drawn(now, std::nullopt, rng_);
      continue;
    }
    outputs_.push(Ask{due.token, due.request.destination, own_place, due.request.roles, due.request.first_hop});
  }
  return begins;
}

std::vector<NearLinks::Missing> Ring::missing_near(TimePoint now, std::size_t per_side, const View& view) const {
  return near_.missing(now, view.links.around(self_, per_side), per_side,
                       [&](const NodeId& id) { return !view.may_try(id); });
}

std::optional<NodeId> Ring::random_link(const LinkTable& links) {
  const std::vector<NodeId> linked = links.clockwise(self_, links.size());
  if (linked.empty()) return std::nullopt;
  return linked[static_cast<std::size_t>(rng_.below(linked.size()))];
}

std::size_t Ring::leaves_lacking() const {
  if (joined_) return 0;
  const std::size_t wanted = place_.is_in_vain() ? leaves_wanted_in_vain : leaves_wanted;
  return wanted - std::min(wanted, leaf_peers_.size());
}

}  // namespace ipop::overlay
