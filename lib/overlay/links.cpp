#include "overlay/links.hpp"

#include <algorithm>
#include <utility>

#include "overlay/hole_punch.hpp"
#include "overlay/packet.hpp"

namespace ipop::overlay {
namespace {

/// Until then a peer has not said what it needs the link for.
constexpr Duration room_after = 10s;
/// Until then every path of a new double has shown whether it carries data.
constexpr Duration paths_choose_after = 2s;
/// Packets on their way over the path that goes away still arrive.
constexpr Duration paths_drain = 1s;
/// A relayed link whose relay died is given so long to find another before it is down.
constexpr Duration relay_recovery = 5s;
/// A line of the journal for a pair that waits all the time.
constexpr Duration shaped_journal_every = 60s;
/// A path over a relay that drops packets is taken for alive so long after the last one that came: of many senders'
/// probes some are dropped as well.
constexpr Duration crowded_for = 2s;

std::string describe(const Path& path) {
  if (const auto* endpoint = std::get_if<net::Endpoint>(&path.carrier)) return "direct to " + net::to_string(*endpoint);
  return "relayed by " + to_short_string(path.relay());
}

/// Octets before a payload in the IP packets of a path.
std::uint16_t heads_of(const Path& path) {
  constexpr std::uint16_t udp = 8 + crypto::Session::overhead;
  const auto* endpoint = std::get_if<net::Endpoint>(&path.carrier);
  if (endpoint != nullptr) return udp + (endpoint->is_ipv4() ? 20 : 40);
  // The endpoint of the member between may be of either kind.
  return 40 + udp + crypto::Session::overhead + RelayedView::header_size;
}

}  // namespace

/// Sealed twice, a packet is to leave room in what a path of the internet carries all the same.
std::uint16_t Links::largest_wanted(const Path& path) const {
  constexpr std::uint16_t relayed = 1500 - 40 - 8 - 2 * crypto::Session::overhead - RelayedView::header_size;
  return path.is_direct() ? config_.mtu : std::min(config_.mtu, relayed);
}

bool Links::has_room(TimePoint now, const NodeId& peer, const LinkCarrier& carrier, bool is_open) {
  // Keys of an open group cost nothing, addresses do; in a closed one the authority counts.
  if (is_open && table_.peers_at(carrier, peer) >= LinkTable::peers_a_place) {
    counters_.add("drop_link_place");
    return false;
  }
  if (std::as_const(table_).find(peer) != nullptr || table_.size() < config_.most_links || make_room(now, carrier))
    return true;
  counters_.add("drop_link_full");
  return false;
}

bool Links::add_path(TimePoint now, const crypto::ChannelTable::Opened& opened, const LinkCarrier& carrier,
                     bool is_bootstrap, std::uint64_t instance) {
  Link* known = table_.find(opened.peer);
  Link& link = known != nullptr ? *known : table_.add(opened.peer);
  const bool first = link.paths.empty();
  const bool recovered = link.recover_until.has_value();
  if (link.paths.size() >= LinkPaths::max_paths) close_path(link, link.paths.spare()->channel, CloseReason::duplicate);
  Path path;
  path.channel = opened.id;
  path.carrier = carrier;
  path.suite = opened.suite;
  path.initiated_here = opened.attempt.has_value();
  path.to_bootstrap = is_bootstrap;
  path.opened = now;
  path.liveness = Liveness(now, config_.keep_alive, rng_);
  path.proof = PathProof(now, config_.self < link.peer, largest_wanted(path), heads_of(path));
  path.liveness.set_patient(link.is_patient());
  table_.add_path(link, path);
  link.recover_until.reset();
  if (first && !recovered) link.since = now;
  journal_.add(now, link.peer, "open: " + describe(path));
  if (!first) {
    // Which of the paths carry data is found out before one is chosen for good.
    link.choose_at = now + paths_choose_after;
    for (Path& other : link.paths) {
      if (other.channel != opened.id) other.proof.ask_again(now);
    }
    // The other end may have started anew behind the new path: it must learn our state there.
    if (link.status.latest().instance == instance) outputs_.push(Send{link.peer, opened.id, link.status.latest()});
  }
  outputs_.push(PathAdded{link.peer, opened.id});
  return first && !link.admitted;
}

void Links::admit(TimePoint now, const NodeId& peer) {
  Link& link = *table_.find(peer);
  link.admitted = true;
  tell(now, link);
}

void Links::handle_proven(TimePoint now, const NodeId& peer, crypto::ChannelId channel) {
  Link& link = *table_.find(peer);
  link.paths.handle_proven(channel);
  Path& path = *link.paths.find(channel);
  if (std::exchange(path.has_carried, true)) {
    tell(now, link);
    return;
  }
  journal_.add(now, peer, "carries data: " + describe(path));
  const auto* endpoint = std::get_if<net::Endpoint>(&path.carrier);
  outputs_.push(Reached{peer, endpoint == nullptr ? std::nullopt : std::optional(*endpoint), path.to_bootstrap});
  const bool is_new = !link.told;
  tell(now, link);
  if (!is_new && link.is_up()) outputs_.push(WayToPlace{peer});
}

void Links::tell(TimePoint now, Link& link) {
  const bool up = link.is_up();
  if (link.counted != up) {
    link.counted = up;
    outputs_.push(CameOrWent{link.peer});
    link.status.tell_again(now);
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
    outputs_.push(Carries{link.peer, carries});
  }
  const bool is_new = !std::exchange(link.told, true);
  if (is_new || link.told_direct != direct) {
    link.told_direct = direct;
    if (!is_new) journal_.add(now, link.peer, direct ? "the link is direct" : "the link is relayed");
    outputs_.push(Up{link.peer, direct});
  }
  if (is_new) outputs_.push(WayToPlace{link.peer});
}

void Links::handle_failing(TimePoint now, const NodeId& peer) {
  Link& link = *table_.find(peer);
  const Path* failed = link.in_use();
  if (failed == nullptr) return;
  counters_.add("paths_failing");
  journal_.add(now, peer, "carries no data at present: " + describe(*failed));
  const NodeId relay = failed->relay();
  link.choose_at = now + paths_choose_after;
  link.paths.fall_back();
  tell(now, link);
  outputs_.push(Failing{peer, relay, link.is_sound()});
}

void Links::handle_suspect(TimePoint now, const NodeId& peer) {
  Link& link = *table_.find(peer);
  link.paths.fall_back();
  tell(now, link);
}

void Links::handle_lost(TimePoint now, const NodeId& peer, crypto::ChannelId channel, const std::string& why,
                        LinkEnd end) {
  Link* link = table_.find(peer);
  const Path* path = link == nullptr ? nullptr : link->paths.find(channel);
  if (path == nullptr) return;
  const bool was_direct = path->is_direct();
  const bool was_proven = path->proof.is_proven();
  PathLost lost{.peer = peer, .relay = path->relay()};
  if (path->to_bootstrap && was_direct) lost.bootstrap = std::get<net::Endpoint>(path->carrier);
  journal_.add(now, peer, "lost: " + describe(*path) + ": " + why);
  table_.remove_path(*link, channel);
  outputs_.push(std::move(lost));
  // What did not carry data, or not for long.
  if (was_direct ? !link->stands && link->paths.direct() == nullptr : !was_proven && !link->is_up())
    outputs_.push(SetBack{peer});
  tell(now, *link);
  if (!link->paths.empty()) {
    if (was_direct && was_proven && link->paths.direct() == nullptr) drop_relayed(now, peer, std::nullopt);
    return;
  }
  // When a relay is gone its peer most likely is not.
  if (was_direct || (link->own_roles.none() && link->peer_roles.none())) {
    remove(now, peer, why, end);
    return;
  }
  link->recover_until = now + relay_recovery;
  link->choose_at.reset();
  outputs_.push(Recovering{peer, was_proven});
}

std::optional<LinkCarrier> Links::handle_moved(TimePoint now, crypto::ChannelId channel,
                                               const std::optional<net::Endpoint>& endpoint) {
  Link* link = table_.find(channel);
  if (link == nullptr) return std::nullopt;
  Path* path = link->paths.find(channel);
  // A relayed channel stays where it was opened: its relay could else pass as the peer itself.
  if (!endpoint || !path->is_direct()) {
    counters_.add("moves_refused");
    return path->carrier;
  }
  path->carrier = *endpoint;
  path->liveness.handle_moved(now);
  counters_.add("links_moved");
  journal_.add(now, link->peer, "moved to " + net::to_string(*endpoint));
  outputs_.push(PathAdded{link->peer, channel});
  path->proof.ask_again(now);
  return std::nullopt;
}

void Links::drop_relayed(TimePoint now, NodeId relay, const std::optional<NodeId>& only_peer) {
  std::vector<std::pair<NodeId, crypto::ChannelId>> lost;
  if (table_.relays().contains(relay)) {
    for (const auto& [peer, link] : std::as_const(table_).all()) {
      if (only_peer && peer != *only_peer) continue;
      for (const Path& path : link.paths) {
        if (!path.is_direct() && path.relay() == relay) lost.emplace_back(peer, path.channel);
      }
    }
  }
  for (const auto& [peer, channel] : lost) {
    outputs_.push(CloseChannel{channel});
    handle_lost(now, peer, channel, "the relay is gone");
  }
  outputs_.push(RelayGone{relay, only_peer});
}

void Links::close_path(Link& link, crypto::ChannelId channel, CloseReason reason) {
  outputs_.push(Send{link.peer, channel, Close{reason}});
  outputs_.push(CloseChannel{channel});
  table_.remove_path(link, channel);
}

void Links::close(TimePoint now, const NodeId& peer, CloseReason reason, const std::string& why) {
  const Link* link = std::as_const(table_).find(peer);
  if (link == nullptr) return;
  if (const Path* path = link->paths.speaking()) outputs_.push(Send{peer, path->channel, Close{reason}});
  remove(now, peer, why, end_by(reason));
}

/// Who comes needs a first link, while a peer that has this node as a relay has other links to find another with.
bool Links::make_room(TimePoint now, const LinkCarrier& comes_over) {
  const auto* path = std::get_if<RelayPath>(&comes_over);
  const Link* oldest = nullptr;
  for (const auto& [peer, link] : std::as_const(table_).all()) {
    const bool is_needed = link.own_roles.any() || (link.peer_roles & ~only(Role::on_demand)).any();
    const bool relays = link.relayed_at != TimePoint{} && link.relayed_at + config_.on_demand_idle > now;
    if (is_needed || relays || !link.is_up() || link.since + room_after > now || is_used(now, link)) continue;
    if (path != nullptr && path->relay == peer) continue;
    if (oldest == nullptr || link.since < oldest->since) oldest = &link;
  }
  if (oldest == nullptr) return false;
  counters_.add("links_made_room");
  const NodeId peer = oldest->peer;
  close(now, peer, CloseReason::full, "made room for another");
  return true;
}

void Links::remove(TimePoint now, const NodeId& peer, const std::string& why, LinkEnd end) {
  const Link* link = std::as_const(table_).find(peer);
  if (link == nullptr) return;
  Removed removed{.peer = peer, .end = end, .was_near = link->own_roles.test(index_of(Role::near))};
  for (const Path& path : link->paths) {
    outputs_.push(CloseChannel{path.channel});
    const auto* endpoint = path.to_bootstrap ? std::get_if<net::Endpoint>(&path.carrier) : nullptr;
    if (endpoint != nullptr) removed.bootstrap.push_back(*endpoint);
  }
  const bool was_told = link->told;
  const TimePoint heard = link->heard();
  table_.erase(peer);
  journal_.add(now, peer, "down: " + why);
  outputs_.push(std::move(removed));
  if (was_told) outputs_.push(Down{peer, why, end, heard});
  drop_relayed(now, peer, std::nullopt);
}

void Links::handle_timeout(TimePoint now, const NodeId& peer) {
  Link* link = table_.find(peer);
  if (link == nullptr) return;
  if (link->recover_until && *link->recover_until <= now) {
    remove(now, peer, "no other relay was found");
    return;
  }
  if (link->choose_at && *link->choose_at <= now) choose_path(now, *link);
  if (link->stands_at && *link->stands_at <= now) {
    link->stands_at.reset();
    link->stands = true;
    outputs_.push(Stands{peer});
  }
  if (!link->unused_since || *link->unused_since + Link::unused_linger > now) return;
  if (is_used(now, *link)) {
    link->unused_since = link->last_traffic + config_.on_demand_idle;
  } else {
    close(now, peer, CloseReason::unneeded, "nobody needs the link");
  }
}

bool Links::is_used(TimePoint now, const Link& link) const {
  return link.last_traffic != TimePoint{} && link.last_traffic + config_.on_demand_idle > now;
}

void Links::mark_unused(TimePoint now, const std::vector<NodeId>& changed) {
  for (const NodeId& peer : changed) {
    Link& link = *table_.find(peer);
    if (link.own_roles.any() || link.peer_roles.any()) {
      link.unused_since.reset();
    } else if (!link.unused_since) {
      link.unused_since = now;
    }
  }
}

void Links::choose_path(TimePoint now, Link& link) {
  link.choose_at.reset();
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
      outputs_.push(Send{link.peer, chosen, Select{}});
      link.choose_at = now + paths_drain;
      return;
    }
    // One that is on trial still has its time.
    for (const Path& path : link.paths) {
      if (path.channel != chosen && path.proof.is_proven()) others.push_back(path.channel);
    }
  }
  for (const crypto::ChannelId channel : others)
    close_path(link, channel, CloseReason::duplicate);
  counters_.add("duplicate_paths_closed", others.size());
  tell(now, link);
}

void Links::handle_message(TimePoint now, Link& link, crypto::ChannelId channel, Status status) {
  Path& spoke = *link.paths.find(channel);
  spoke.peer_instance = status.instance;
  if (link.peer_instance != 0 && link.peer_instance != status.instance) {
    // A path that was opened later says otherwise. One that has said nothing may lead to either life.
    if (std::ranges::any_of(link.paths, [&](const Path& path) {
          return path.opened > spoke.opened && path.peer_instance == link.peer_instance;
        })) {
      counters_.add("drop_status_old_instance");
      return;
    }
    restart(now, link, channel, status.instance);
    // Its last path may have gone over one that went with it.
    if (table_.find(channel) == nullptr) return;
  }
  link.peer_instance = status.instance;
  if (!link.status.handle_status(now, channel, status)) return;
  const bool near_changed = (link.peer_roles ^ status.roles).test(index_of(Role::near));
  link.peer_roles = status.roles;
  link.handle_roles_changed();
  link.peer_nat = status.nat;
  link.relay_load = status.relay_load;
  link.neighbours = std::move(status.neighbours);
  outputs_.push(Told{link.peer, near_changed});
}

/// Paths of the peer's former life lead nowhere; or its key runs twice.
void Links::restart(TimePoint now, Link& link, crypto::ChannelId channel, std::uint64_t instance) {
  Restarted restarted{.peer = link.peer, .channel = channel, .former = link.peer_instance, .latest = instance};
  for (const Path& path : link.paths) {
    if (path.channel != channel) restarted.aside.emplace_back(path.channel, path.carrier);
  }
  for (const auto& [old, carrier] : restarted.aside)
    table_.remove_path(link, old);
  link.peer_instance = instance;
  outputs_.push(std::move(restarted));
  link.status.handle_restart();
  link.since = now;
  link.choose_at.reset();
  journal_.add(now, link.peer, "the peer restarted");
  if (std::exchange(link.told, false)) outputs_.push(Down{link.peer, "the peer restarted", LinkEnd::lost, now});
  tell(now, link);
  drop_relayed(now, link.peer, std::nullopt);
}

void Links::handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Select& /*select*/) {
  // Only the node with the lower id chooses.
  if (link.peer > config_.self) {
    counters_.add("drop_select_not_entitled");
    return;
  }
  // It chooses among paths that it has proven, and the proof goes both ways.
  link.paths.find(channel)->proof.handle_carried(now, PathProof::smallest);
  link.paths.prefer(channel);
  handle_proven(now, link.peer, channel);
}

void Links::handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Close& close) {
  const NodeId peer = link.peer;
  const std::string why(to_string(close.reason));
  if (close.reason == CloseReason::duplicate) {
    outputs_.push(CloseChannel{channel});
    handle_lost(now, peer, channel, why);
    return;
  }
  if (close.reason != CloseReason::unneeded) outputs_.push(SetBack{peer});
  remove(now, peer, why, end_by(close.reason));
}

void Links::handle_message(TimePoint now, Link& link, crypto::ChannelId /*channel*/, const Unreachable& unreachable) {
  drop_relayed(now, link.peer, unreachable.peer);
}

void Links::handle_message(TimePoint now, Link& link, crypto::ChannelId /*channel*/, const Shaped& shaped) {
  Link* pair = table_.find(shaped.other);
  Path* through = nullptr;
  if (pair != nullptr) {
    for (Path& path : pair->paths) {
      if (!path.is_direct() && path.relay() == link.peer) through = &path;
    }
  }
  if (through == nullptr) {
    counters_.add("drop_shaped_unasked");
    return;
  }
  counters_.add("delayed_by_relay", shaped.delayed);
  counters_.add("dropped_by_relay", shaped.dropped);
  // A probe that was dropped among others shows no dead path.
  if (shaped.dropped > 0 && through->liveness.heard_within(now, crowded_for)) {
    through->proof.handle_crowded();
  }
  if (pair->shaped == nullptr) pair->shaped = std::make_unique<ShapedByRelay>();
  ShapedByRelay& sum = *pair->shaped;
  if (sum.journal_at <= now) {
    sum.journal_at = now + shaped_journal_every;
    journal_.add(now, pair->peer,
                 to_short_string(link.peer) + " held packets of this pair back: " + std::to_string(shaped.delayed) +
                     " waited, " + std::to_string(shaped.dropped) + " were dropped");
  }
  sum.relay = link.peer;
  sum.delayed += shaped.delayed;
  sum.dropped += shaped.dropped;
  sum.kib_a_second = shaped.kib_a_second;
  sum.told = now;
}

}  // namespace ipop::overlay
