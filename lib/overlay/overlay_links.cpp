// Overlay::State: the life of a link.

#include <algorithm>
#include <utility>

#include "overlay/overlay_state.hpp"

namespace ipop::overlay {
namespace {

constexpr std::size_t max_links = 1024;
/// Until then every path of a new double has shown whether it works both ways.
constexpr Duration paths_settle_after = 2s;
/// Packets on their way over the path that goes away still arrive.
constexpr Duration paths_drain = 1s;
/// A relayed link whose relay died is given so long to find another before it is down.
constexpr Duration relay_recovery = 5s;

std::string describe(const Path& path) {
  if (const auto* endpoint = std::get_if<net::Endpoint>(&path.carrier)) return "direct to " + net::to_string(*endpoint);
  return "relayed by " + to_short_string(path.relay());
}

}  // namespace

void Overlay::State::path_opened(TimePoint now, const crypto::ChannelTable::Opened& opened, const LinkCarrier& carrier,
                                 bool leaf) {
  const auto* endpoint = std::get_if<net::Endpoint>(&carrier);
  if (opened.peer == config_.self) {
    counters_.add("drop_link_to_self");
    if (endpoint != nullptr) leaf_.handle_own(*endpoint);
    table_.close(now, opened.id);
    dirty_ = true;
    return;
  }
  if (endpoint != nullptr && !policy_.allows(*endpoint)) {
    counters_.add("drop_link_forbidden_endpoint");
    table_.close(now, opened.id);
    return;
  }
  Link* known = links_.find(opened.peer);
  if (known == nullptr && links_.size() >= max_links) {
    counters_.add("drop_link_full");
    Bytes payload;
    encode(LinkMessage(Close{CloseReason::full}), payload);
    const ByteSpan span(payload);
    if (!table_.seal(now, opened.id, {&span, 1})) counters_.add("drop_seal_failed");
    table_.close(now, opened.id);
    return;
  }

  Link& link = known != nullptr ? *known : links_.add(opened.peer);
  const bool first = link.paths.empty();
  const bool recovered = link.recover_until.has_value();
  if (link.paths.size() >= Link::max_paths) {
    const auto oldest = std::ranges::find_if(link.paths, [&](const Path& p) { return p.channel != link.primary; });
    close_path(now, link, oldest->channel, CloseReason::duplicate);
  }
  Path path;
  path.channel = opened.id;
  path.carrier = carrier;
  path.initiated_here = opened.attempt.has_value();
  path.opened = now;
  path.last_received = now;
  path.liveness = Liveness(now, config_.keep_alive, rng_);
  links_.add_path(link, path);
  link.recover_until.reset();
  if (first && !recovered) link.since = now;
  journal_.add(now, link.peer, "open: " + describe(path));
  choose_primary(link);

  if (!first) {
    // Which of the paths live is found out before one is chosen for good.
    link.settle_at = now + paths_settle_after;
    for (Path& other : link.paths) {
      if (other.channel != opened.id) other.liveness.probe_now(now);
    }
    // The other end may have started anew behind the new path: it must learn our state there.
    if (link.status.latest.instance == instance_) send_message(now, link, opened.id, link.status.latest);
  }
  send_ping(now, link, *link.path(opened.id));

  if (leaf) {
    if (endpoint != nullptr) leaf_.handle_opened(*endpoint);
    leaf_peers_[link.peer] = LeafPeer{joined_ ? std::optional(now + leaf_linger) : std::nullopt};
  }
  if (endpoint != nullptr) {
    retry_.handle_reached(link.peer);
    relay_wanted_.erase(link.peer);
    seeking_.erase(link.peer);
    cancel_openings(link.peer, true);
  }
  dirty_ = true;
  if (!first) {
    announce(now, link);
    if (link.admitted && (leaf || !place_known_)) look_up_own_place(now, link.peer);
  } else if (link.admitted || trust_->kind() == crypto::GroupKind::open) {
    admit(now, link);
  } else {
    spread_.handle_linked(now, link.peer);
    send_list_messages(now);
    wake_by(spread_.poll_timeout());
  }
}

void Overlay::State::admit(TimePoint now, Link& link) {
  const bool recovered = std::exchange(link.admitted, true);
  view_changed_ = true;
  dirty_ = true;
  link.status.pending = true;
  link.status.tries = 0;
  link.status.due = now;
  wake_by(now);
  if (recovered) {
    announce(now, link);
  } else {
    link.announced_direct = link.is_direct();
    outputs_.push(LinkUp{link.peer, link.announced_direct});
  }
  // A bootstrap node may be in another ring: ask there as well.
  if (leaf_peers_.contains(link.peer) || !place_known_) look_up_own_place(now, link.peer);
}

void Overlay::State::choose_primary(Link& link) {
  // The latest path is taken, since the other end may have opened it for want of any other; a
  // relayed one does not displace a direct one.
  const Path* best = nullptr;
  for (const Path& path : link.paths) {
    if (best == nullptr || path.is_direct() || !best->is_direct()) best = &path;
  }
  if (best != nullptr) link.primary = best->channel;
}

void Overlay::State::announce(TimePoint now, Link& link) {
  if (!link.is_up() || link.announced_direct == link.is_direct()) return;
  link.announced_direct = link.is_direct();
  journal_.add(now, link.peer, link.announced_direct ? "the link is direct" : "the link is relayed");
  outputs_.push(LinkUp{link.peer, link.announced_direct});
}

void Overlay::State::close_path(TimePoint now, Link& link, crypto::ChannelId channel, CloseReason reason) {
  send_message(now, link, channel, Close{reason});
  table_.close(now, channel);
  links_.remove_path(link, channel);
}

void Overlay::State::path_lost(TimePoint now, const NodeId& peer, crypto::ChannelId channel, const std::string& why) {
  Link* link = links_.find(peer);
  const Path* path = link == nullptr ? nullptr : link->path(channel);
  if (path == nullptr) return;
  dirty_ = true;
  const bool was_direct = path->is_direct();
  const NodeId relay = path->relay();
  journal_.add(now, peer, "lost: " + describe(*path) + ": " + why);
  links_.remove_path(*link, channel);
  view_changed_ = true;
  if (!link->paths.empty()) {
    if (link->path(link->primary) == nullptr) choose_primary(*link);
    announce(now, *link);
    if (was_direct && link->direct_path() == nullptr) drop_relayed_paths(now, peer, std::nullopt);
    return;
  }
  if (was_direct) {
    remove_link(now, peer, why);
    return;
  }
  // Most likely the member between is gone and the peer is not.
  relay_failed(now, peer, relay);
  link->recover_until = now + relay_recovery;
  link->settle_at.reset();
  if (link->own_roles.none() && link->peer_roles.none()) {
    remove_link(now, peer, why);
    return;
  }
  use_relay(now, peer);
  seek(now, peer, link->own_roles, NodeId{});
}

void Overlay::State::drop_relayed_paths(TimePoint now, const NodeId& relay, const std::optional<NodeId>& only_peer) {
  std::vector<std::pair<NodeId, crypto::ChannelId>> lost;
  for (const auto& [peer, link] : links_.all()) {
    if (only_peer && peer != *only_peer) continue;
    for (const Path& path : link.paths) {
      if (!path.is_direct() && path.relay() == relay) lost.emplace_back(peer, path.channel);
    }
  }
  for (const auto& [peer, channel] : lost) {
    table_.close(now, channel);
    path_lost(now, peer, channel, "the relay is gone");
  }
  for (auto it = openings_.begin(); it != openings_.end();) {
    const auto carrier = from_carrier(it->first);
    const auto* path = carrier ? std::get_if<RelayPath>(&*carrier) : nullptr;
    if (path == nullptr || path->relay != relay || (only_peer && path->peer != *only_peer)) {
      ++it;
      continue;
    }
    const NodeId peer = path->peer;
    table_.cancel(it->first);
    openings_.erase(it);
    relay_failed(now, peer, relay);
    use_relay(now, peer);
    it = openings_.begin();
  }
}

void Overlay::State::relay_failed(TimePoint now, const NodeId& peer, const NodeId& relay) {
  Reach* reach = reach_.find(peer, now);
  if (reach == nullptr || std::ranges::find(reach->failed_relays, relay) != reach->failed_relays.end()) return;
  reach->failed_relays.push_back(relay);
}

void Overlay::State::close_link(TimePoint now, const NodeId& peer, CloseReason reason, const std::string& why) {
  Link* link = links_.find(peer);
  if (link == nullptr) return;
  if (!link->paths.empty()) send_message(now, *link, link->primary, Close{reason});
  remove_link(now, peer, why);
}

void Overlay::State::remove_link(TimePoint now, const NodeId& peer, const std::string& why) {
  Link* link = links_.find(peer);
  if (link == nullptr) return;
  for (const Path& path : link->paths)
    table_.close(now, path.channel);
  const bool was_near = link->own_roles.test(index_of(Role::near));
  const bool was_admitted = link->admitted;
  links_.erase(peer);
  spread_.handle_lost(peer);
  nat_.forget(peer);
  near_.forget(peer);
  shortcuts_.handle_lost(peer);
  leaf_peers_.erase(peer);
  journal_.add(now, peer, "down: " + why);
  if (was_admitted) outputs_.push(LinkDown{peer, why});
  view_changed_ = true;
  dirty_ = true;
  drop_relayed_paths(now, peer, std::nullopt);
  if (links_.all().empty()) {
    joined_ = false;
    place_known_ = false;
    near_.clear();
    shortcuts_.clear();
    requests_.clear();
    next_look_up_.reset();
  } else if (was_near) {
    next_look_up_ = now;
  }
}

void Overlay::State::check_links(TimePoint now) {
  std::vector<NodeId> due;
  for (const auto& [peer, link] : links_.all()) {
    const auto is_over = [&](const std::optional<TimePoint>& deadline) { return deadline && *deadline <= now; };
    if (is_over(link.recover_until) || is_over(link.settle_at) ||
        (link.unused_since && *link.unused_since + unused_linger <= now) ||
        std::ranges::any_of(link.paths, [&](const Path& path) { return path.liveness.deadline() <= now; }))
      due.push_back(peer);
  }
  for (const NodeId& peer : due) {
    check_liveness(now, peer);
    Link* link = links_.find(peer);
    if (link == nullptr) continue;
    if (link->recover_until && *link->recover_until <= now) {
      remove_link(now, peer, "no other relay was found");
      continue;
    }
    if (link->settle_at && *link->settle_at <= now) settle_paths(now, *link);
    if (!link->unused_since || *link->unused_since + unused_linger > now) continue;
    if (is_used(now, *link)) {
      link->unused_since = link->last_traffic + config_.on_demand_idle;
    } else {
      close_link(now, peer, CloseReason::unneeded, "nobody needs the link");
    }
  }
}

bool Overlay::State::is_used(TimePoint now, const Link& link) const {
  return link.last_traffic != TimePoint{} && link.last_traffic + config_.on_demand_idle > now;
}

void Overlay::State::mark_unused(TimePoint now) {
  for (auto& [peer, link] : links_.all()) {
    if (link.own_roles.any() || link.peer_roles.any()) {
      link.unused_since.reset();
    } else if (!link.unused_since) {
      link.unused_since = now;
    }
  }
}

void Overlay::State::check_liveness(TimePoint now, const NodeId& peer) {
  std::vector<crypto::ChannelId> dead;
  Link* link = links_.find(peer);
  if (link == nullptr) return;
  for (Path& path : link->paths) {
    switch (path.liveness.handle_timeout(now)) {
      case Liveness::Action::none: break;
      case Liveness::Action::probe:
        send_ping(now, *link, path);
        // A link that may be dead is replaced before it is.
        if (path.liveness.is_suspect()) dirty_ = true;
        break;
      case Liveness::Action::dead: dead.push_back(path.channel); break;
    }
  }
  for (const crypto::ChannelId channel : dead) {
    counters_.add("paths_dead");
    table_.close(now, channel);
    path_lost(now, peer, channel, "no answer");
  }
  if (!dead.empty() && links_.find(peer) == nullptr) {
    // Neighbours go on naming it until they notice as well.
    retry_.handle_failed(now, peer, rng_);
  }
}

void Overlay::State::settle_paths(TimePoint now, Link& link) {
  link.settle_at.reset();
  if (link.paths.size() < 2) return;
  TimePoint newest{};
  for (const Path& path : link.paths)
    newest = std::max(newest, path.opened);

  // Only the node with the lower id chooses: two choosers could close each other's choice.
  if (config_.self > link.peer) {
    std::vector<crypto::ChannelId> silent;
    for (const Path& path : link.paths) {
      if (path.last_received < newest && path.channel != link.primary) silent.push_back(path.channel);
    }
    for (const crypto::ChannelId channel : silent)
      close_path(now, link, channel, CloseReason::duplicate);
    return;
  }
  const auto rank = [&](const Path& path) {
    const bool alive = path.last_received > newest;
    return (alive ? 4 : 0) + (path.is_direct() ? 2 : 0) + (path.channel == link.primary ? 1 : 0);
  };
  const auto best = std::ranges::max_element(link.paths, {}, rank);
  const crypto::ChannelId chosen = best->channel;
  if (link.selected != chosen) {
    link.selected = chosen;
    link.primary = chosen;
    send_message(now, link, chosen, Select{});
    link.settle_at = now + paths_drain;
    announce(now, link);
    return;
  }
  std::vector<crypto::ChannelId> others;
  for (const Path& path : link.paths) {
    if (path.channel != chosen) others.push_back(path.channel);
  }
  for (const crypto::ChannelId channel : others)
    close_path(now, link, channel, CloseReason::duplicate);
  counters_.add("duplicate_paths_closed", others.size());
  announce(now, link);
}

void Overlay::State::probe_all(TimePoint now) {
  for (auto& [peer, link] : links_.all()) {
    for (Path& path : link.paths)
      path.liveness.probe_now(now);
  }
}

}  // namespace ipop::overlay
