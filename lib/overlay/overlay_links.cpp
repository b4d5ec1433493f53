// Overlay::State: the life of a link.

#include <algorithm>
#include <utility>

#include "overlay/overlay_state.hpp"

namespace ipop::overlay {
namespace {

/// Until then a peer has not said what it needs the link for.
constexpr Duration room_after = 10s;
/// Until then every path of a new double has shown whether it carries data.
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

/// Sealed twice, a packet is to leave room in what a path of the internet carries all the same.
std::uint16_t Overlay::State::largest_wanted(const Path& path) const {
  constexpr std::uint16_t relayed = 1500 - 40 - 8 - 2 * crypto::Session::overhead - RelayedView::header_size;
  return path.is_direct() ? config_.mtu : std::min(config_.mtu, relayed);
}

std::uint16_t Overlay::State::heads_of(const Path& path) {
  constexpr std::uint16_t udp = 8 + crypto::Session::overhead;
  const auto* endpoint = std::get_if<net::Endpoint>(&path.carrier);
  if (endpoint != nullptr) return udp + (endpoint->is_ipv4() ? 20 : 40);
  // The endpoint of the member between may be of either kind.
  return 40 + udp + crypto::Session::overhead + RelayedView::header_size;
}

void Overlay::State::path_opened(TimePoint now, const crypto::ChannelTable::Opened& opened, const LinkCarrier& carrier,
                                 bool leaf) {
  const auto* endpoint = std::get_if<net::Endpoint>(&carrier);
  if (opened.peer == config_.self) {
    counters_.add("drop_link_to_self");
    if (endpoint != nullptr) ring_.handle_own(*endpoint);
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
  // Keys of an open group cost nothing, addresses do; in a closed one the authority counts.
  const bool place_is_full = membership_.is_open() && links_.peers_at(carrier, opened.peer) >= LinkTable::peers_a_place;
  if (place_is_full || (known == nullptr && links_.size() >= config_.most_links && !make_room(now, carrier))) {
    counters_.add(place_is_full ? "drop_link_place" : "drop_link_full");
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
  if (link.paths.size() >= LinkPaths::max_paths) {
    close_path(now, link, link.paths.spare()->channel, CloseReason::duplicate);
  }
  Path path;
  path.channel = opened.id;
  path.carrier = carrier;
  path.suite = opened.suite;
  path.initiated_here = opened.attempt.has_value();
  path.to_bootstrap = leaf;
  path.opened = now;
  path.liveness = Liveness(now, config_.keep_alive, rng_);
  path.proof = PathProof(now, config_.self < link.peer, largest_wanted(path), heads_of(path));
  links_.add_path(link, path);
  link.recover_until.reset();
  if (first && !recovered) link.since = now;
  journal_.add(now, link.peer, "open: " + describe(path));

  if (!first) {
    // Which of the paths carry data is found out before one is chosen for good.
    link.settle_at = now + paths_settle_after;
    for (Path& other : link.paths) {
      if (other.channel != opened.id) other.proof.ask_again(now);
    }
    // The other end may have started anew behind the new path: it must learn our state there.
    if (link.status.latest().instance == instance_) send_message(now, link, opened.id, link.status.latest());
  }
  send_ping(now, link, *link.paths.find(opened.id));
  wake_by(now);
  dirty_ = true;
  if (link.admitted || !first) return;
  if (membership_.is_open()) {
    admit(now, link);
  } else {
    membership_.handle_linked(now, link.peer);
    carry_out_membership(now);
  }
}

void Overlay::State::admit(TimePoint now, Link& link) {
  link.admitted = true;
  tell(now, link);
}

void Overlay::State::path_proven(TimePoint now, const NodeId& peer, crypto::ChannelId channel) {
  Link& link = *links_.find(peer);
  link.paths.handle_proven(channel);
  Path& path = *link.paths.find(channel);
  if (std::exchange(path.has_carried, true)) {
    tell(now, link);
    return;
  }
  dirty_ = true;
  journal_.add(now, peer, "carries data: " + describe(path));
  const auto* endpoint = std::get_if<net::Endpoint>(&path.carrier);
  if (endpoint != nullptr) {
    if (path.to_bootstrap) {
      ring_.handle_accepted(now, peer, *endpoint);
    } else {
      ring_.handle_member_at(*endpoint);
    }
    seeker_.handle_direct(peer);
    cancel_openings(peer, true);
  } else {
    seeker_.handle_relayed(peer);
  }
  const bool is_new = !link.told;
  tell(now, link);
  if (!is_new && link.is_up() && ring_.handle_way_to_place(now, link.peer, view(now))) dirty_ = true;
}

void Overlay::State::tell(TimePoint now, Link& link) {
  const bool up = link.is_up();
  if (link.counted != up) {
    link.counted = up;
    view_changed_ = true;
    statuses_.handle_changed_beside(link.peer, links_);
    dirty_ = true;
    link.status.tell_again(now);
    wake_by(now);
  }
  const bool direct = link.is_direct();
  if (!direct) {
    link.stands = false;
    link.stands_at.reset();
  } else if (!link.stands && !link.stands_at) {
    link.stands_at = now + RetryPace::pace.stands;
  }
  if (!up) return;
  if (const std::uint16_t carries = link.in_use()->proof.carries();
      std::exchange(link.told_carries, carries) != carries) {
    journal_.add(now, link.peer, "carries packets of " + std::to_string(carries) + " octets");
    outputs_.push(LinkCarries{link.peer, carries});
  }
  if (!link.told) {
    link.told = true;
    link.told_direct = direct;
    outputs_.push(LinkUp{link.peer, direct});
    if (ring_.handle_way_to_place(now, link.peer, view(now))) dirty_ = true;
  } else if (link.told_direct != direct) {
    link.told_direct = direct;
    journal_.add(now, link.peer, direct ? "the link is direct" : "the link is relayed");
    outputs_.push(LinkUp{link.peer, direct});
  }
}

void Overlay::State::path_failing(TimePoint now, const NodeId& peer) {
  Link& link = *links_.find(peer);
  const Path* failed = link.in_use();
  if (failed == nullptr) return;
  counters_.add("paths_failing");
  journal_.add(now, peer, "carries no data at present: " + describe(*failed));
  const bool was_direct = failed->is_direct();
  const NodeId relay = failed->relay();
  link.settle_at = now + paths_settle_after;
  link.paths.fall_back();
  tell(now, link);
  dirty_ = true;
  if (link.is_sound()) {
    if (was_direct) seeker_.set_back(now, peer);
    return;
  }
  // A member between is wanted at once; where none is known the peer is asked, which tells some.
  if (!was_direct) seeker_.handle_relay_failed(now, peer, relay);
  if (seeker_.reach(now, peer) == nullptr) {
    seek(now, peer, link.own_roles, NodeId{});
  } else if (!is_opening(peer)) {
    use_relay(now, peer);
  }
  if (was_direct) seeker_.set_back(now, peer);
}

void Overlay::State::close_path(TimePoint now, Link& link, crypto::ChannelId channel, CloseReason reason) {
  send_message(now, link, channel, Close{reason});
  table_.close(now, channel);
  links_.remove_path(link, channel);
}

void Overlay::State::path_lost(TimePoint now, const NodeId& peer, crypto::ChannelId channel, const std::string& why,
                               LinkEnd end) {
  Link* link = links_.find(peer);
  const Path* path = link == nullptr ? nullptr : link->paths.find(channel);
  if (path == nullptr) return;
  dirty_ = true;
  const bool was_direct = path->is_direct();
  const bool was_proven = path->proof.is_proven();
  const auto bootstrap = path->to_bootstrap ? std::optional(path->carrier) : std::nullopt;
  const NodeId relay = path->relay();
  const bool stood = link->stands;
  journal_.add(now, peer, "lost: " + describe(*path) + ": " + why);
  links_.remove_path(*link, channel);
  view_changed_ = true;
  // What did not carry data, or not for long, is tried less often.
  if (was_direct ? !stood && link->paths.direct() == nullptr : !was_proven && !link->is_up()) {
    seeker_.set_back(now, peer);
  }
  if (const auto* endpoint = bootstrap ? std::get_if<net::Endpoint>(&*bootstrap) : nullptr) {
    ring_.handle_ended(now, *endpoint, false);
  }
  if (!was_direct) seeker_.handle_relay_failed(now, peer, relay);
  tell(now, *link);
  if (!link->paths.empty()) {
    if (was_direct && was_proven && link->paths.direct() == nullptr) drop_relayed_paths(now, peer, std::nullopt);
    return;
  }
  // When a relay is gone its peer most likely is not.
  if (was_direct || (link->own_roles.none() && link->peer_roles.none())) {
    remove_link(now, peer, why, end);
    return;
  }
  link->recover_until = now + relay_recovery;
  link->settle_at.reset();
  use_relay(now, peer);
  // Who did not take part over this one is not asked anew before his time.
  if (was_proven) seek(now, peer, link->own_roles, NodeId{});
}

void Overlay::State::drop_relayed_paths(TimePoint now, const NodeId& relay, const std::optional<NodeId>& only_peer) {
  std::vector<std::pair<NodeId, crypto::ChannelId>> lost;
  const bool has_some = links_.relays().contains(relay);
  for (const auto& [peer, link] : links_.all()) {
    if (!has_some) break;
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
    seeker_.handle_relay_failed(now, peer, relay);
    use_relay(now, peer);
    it = openings_.begin();
  }
}

void Overlay::State::close_link(TimePoint now, const NodeId& peer, CloseReason reason, const std::string& why) {
  Link* link = links_.find(peer);
  if (link == nullptr) return;
  speak(now, *link, Close{reason});
  remove_link(now, peer, why, end_by(reason));
}

/// Who comes needs a first link, while a peer that has this node as a relay has other links to find another with.
bool Overlay::State::make_room(TimePoint now, const LinkCarrier& comes_over) {
  const auto* path = std::get_if<RelayPath>(&comes_over);
  const Link* oldest = nullptr;
  for (const auto& [peer, link] : links_.all()) {
    const bool is_needed = link.own_roles.any() || (link.peer_roles & ~only(Role::on_demand)).any();
    const bool relays = link.relayed_at != TimePoint{} && link.relayed_at + config_.on_demand_idle > now;
    if (is_needed || relays || !link.is_up() || link.since + room_after > now || is_used(now, link)) continue;
    if (path != nullptr && path->relay == peer) continue;
    if (oldest == nullptr || link.since < oldest->since) oldest = &link;
  }
  if (oldest == nullptr) return false;
  counters_.add("links_made_room");
  const NodeId peer = oldest->peer;
  close_link(now, peer, CloseReason::full, "made room for another");
  return true;
}

void Overlay::State::remove_link(TimePoint now, const NodeId& peer, const std::string& why, LinkEnd end) {
  Link* link = links_.find(peer);
  if (link == nullptr) return;
  for (const Path& path : link->paths) {
    table_.close(now, path.channel);
    const auto* endpoint = path.to_bootstrap ? std::get_if<net::Endpoint>(&path.carrier) : nullptr;
    if (endpoint != nullptr) ring_.handle_ended(now, *endpoint, end == LinkEnd::unneeded);
  }
  const bool was_near = link->own_roles.test(index_of(Role::near));
  const bool was_told = link->told;
  const TimePoint heard = link->heard();
  links_.erase(peer);
  view_changed_ = true;
  statuses_.handle_changed_beside(peer, links_);
  if (end != LinkEnd::unneeded && end != LinkEnd::full) statuses_.handle_lost(peer, links_);
  membership_.handle_lost(peer);
  routing_.handle_lost(peer);
  nat_.forget(peer);
  journal_.add(now, peer, "down: " + why);
  if (was_told) outputs_.push(LinkDown{peer, why, end, heard});
  dirty_ = true;
  drop_relayed_paths(now, peer, std::nullopt);
  ring_.handle_removed(now, peer, was_near, view(now));
  if (links_.all().empty()) learn_ways_back();
}

void Overlay::State::learn_ways_back() {
  seeker_.for_each_reach([&](const NodeId&, const Reach& reach) {
    if (reach.nat == NatClass::address_dependent) return;
    for (const net::Endpoint& candidate : reach.candidates)
      ring_.handle_hearsay(candidate);
  });
}

void Overlay::State::check_links(TimePoint now) {
  for (const NodeId& peer : links_.due(now)) {
    check_proofs(now, peer);
    check_liveness(now, peer);
    Link* link = links_.find(peer);
    if (link == nullptr) continue;
    if (link->recover_until && *link->recover_until <= now) {
      remove_link(now, peer, "no other relay was found");
      continue;
    }
    if (link->settle_at && *link->settle_at <= now) settle_paths(now, *link);
    if (link->stands_at && *link->stands_at <= now) {
      link->stands_at.reset();
      link->stands = true;
      seeker_.handle_stands(peer);
    }
    if (!link->unused_since || *link->unused_since + Link::unused_linger > now) continue;
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

void Overlay::State::mark_unused(TimePoint now, const std::vector<NodeId>& changed) {
  for (const NodeId& peer : changed) {
    Link& link = *links_.find(peer);
    if (link.own_roles.any() || link.peer_roles.any()) {
      link.unused_since.reset();
    } else if (!link.unused_since) {
      link.unused_since = now;
    }
  }
}

void Overlay::State::check_liveness(TimePoint now, const NodeId& peer) {
  std::vector<crypto::ChannelId> dead;
  bool suspect = false;
  Link* link = links_.find(peer);
  if (link == nullptr) return;
  for (Path& path : link->paths) {
    switch (path.liveness.handle_timeout(now)) {
      case Liveness::Action::none: break;
      case Liveness::Action::probe:
        if (link->in_use() != &path || !path.liveness.is_first_probe() ||
            !statuses_.tell_waiting(now, own_status(), *link, links_)) {
          send_ping(now, *link, path);
        }
        tell_statuses(now);
        // A link that may be dead is replaced before it is.
        suspect = suspect || path.liveness.is_suspect();
        break;
      case Liveness::Action::dead: dead.push_back(path.channel); break;
    }
  }
  if (suspect) {
    link->paths.fall_back();
    tell(now, *link);
    dirty_ = true;
  }
  for (const crypto::ChannelId channel : dead) {
    counters_.add("paths_dead");
    table_.close(now, channel);
    path_lost(now, peer, channel, "no answer");
  }
  if (!dead.empty() && links_.find(peer) == nullptr && seeker_.may_try(now, peer)) {
    // Neighbours go on naming it until they notice as well.
    seeker_.set_back(now, peer);
  }
}

void Overlay::State::check_proofs(TimePoint now, const NodeId& peer) {
  Link* link = links_.find(peer);
  if (link == nullptr) return;
  std::vector<crypto::ChannelId> given_up;
  bool failing = false;
  for (Path& path : link->paths) {
    switch (path.proof.handle_timeout(now)) {
      case PathProof::Action::none: break;
      case PathProof::Action::ask: send_probe(now, *link, path); break;
      case PathProof::Action::failing: failing = failing || link->in_use() == &path; break;
      case PathProof::Action::given_up: given_up.push_back(path.channel); break;
    }
  }
  if (failing) path_failing(now, peer);
  for (const crypto::ChannelId channel : given_up) {
    link = links_.find(peer);
    if (link == nullptr || link->paths.find(channel) == nullptr) continue;
    counters_.add("paths_unproven");
    send_message(now, *link, channel, Close{CloseReason::duplicate});
    table_.close(now, channel);
    path_lost(now, peer, channel, "the handshake passed, but no data came back");
  }
}

void Overlay::State::settle_paths(TimePoint now, Link& link) {
  link.settle_at.reset();
  const Path* best = link.paths.size() < 2 ? nullptr : link.paths.best();
  if (best == nullptr) return;
  std::vector<crypto::ChannelId> others;
  // Only the node with the lower id chooses: two choosers could close each other's choice.
  if (config_.self > link.peer) {
    for (const Path& path : link.paths) {
      if (path.proof.is_failing() && &path != link.paths.primary()) others.push_back(path.channel);
    }
  } else {
    const crypto::ChannelId chosen = best->channel;
    link.paths.prefer(chosen);
    tell(now, link);
    if (link.selected != chosen) {
      link.selected = chosen;
      send_message(now, link, chosen, Select{});
      link.settle_at = now + paths_drain;
      return;
    }
    // One that is on trial still has its time.
    for (const Path& path : link.paths) {
      if (path.channel != chosen && path.proof.is_proven()) others.push_back(path.channel);
    }
  }
  for (const crypto::ChannelId channel : others)
    close_path(now, link, channel, CloseReason::duplicate);
  counters_.add("duplicate_paths_closed", others.size());
  tell(now, link);
}

void Overlay::State::probe_all(TimePoint now) {
  for (auto& [peer, link] : links_.change_all()) {
    for (Path& path : link.paths)
      path.liveness.probe_now(now);
  }
}

}  // namespace ipop::overlay
