#include "overlay/link_finder.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "overlay/whereabouts.hpp"

namespace ipop::overlay {
namespace {

/// Nodes next to the source, each side, that a request is spread to and an answer names.
constexpr std::size_t spread_per_side = 2;
/// Members that are linked for want of a common neighbour, at most, for one peer.
constexpr std::size_t relay_helpers = 2;

}  // namespace

void LinkFinder::handle_address_changed() {
  seeker_.handle_moved();
  ring_.handle_moved();
}

void LinkFinder::drop_attempts() {
  seeker_.begin_anew();
  ring_.drop_questions();
}

void LinkFinder::begin_anew() {
  ring_.begin_anew();
  seeker_.handle_moved();
}

void LinkFinder::handle(TimePoint now, const Links::Reached& reached) {
  if (!reached.endpoint) {
    seeker_.handle_relayed(reached.peer);
    return;
  }
  if (reached.is_bootstrap) {
    ring_.handle_accepted(now, reached.peer, *reached.endpoint);
  } else {
    ring_.handle_member_at(*reached.endpoint);
  }
  seeker_.handle_direct(reached.peer);
  outputs_.push(CancelDirect{reached.peer});
}

void LinkFinder::handle(TimePoint now, const Links::WayToPlace& way) {
  if (ring_.handle_way_to_place(now, way.peer, view(now))) outputs_.push(LookAgain{});
}

void LinkFinder::handle(TimePoint now, const Links::Failing& failing) {
  const NodeId& peer = failing.peer;
  const bool was_direct = failing.relay.is_zero();
  if (!failing.has_sound) {
    // A member between is wanted at once; where none is known the peer is asked, which tells some.
    if (!was_direct) seeker_.handle_relay_failed(now, peer, failing.relay);
    if (seeker_.reach(now, peer) == nullptr) {
      seek(now, peer, roles_of(peer), NodeId{});
    } else if (!sight_.openings.is_opening(peer)) {
      use_relay(now, peer);
    }
  }
  if (was_direct) seeker_.set_back(now, peer);
}

void LinkFinder::handle(TimePoint now, const Links::PathLost& lost) {
  if (lost.bootstrap) ring_.handle_ended(now, *lost.bootstrap, false);
  if (!lost.relay.is_zero()) seeker_.handle_relay_failed(now, lost.peer, lost.relay);
}

void LinkFinder::handle(TimePoint now, const Links::Recovering& recovering) {
  use_relay(now, recovering.peer);
  // Who did not take part over this one is not asked anew before his time.
  if (recovering.was_proven) seek(now, recovering.peer, roles_of(recovering.peer), NodeId{});
}

void LinkFinder::handle(TimePoint now, const Links::Removed& removed) {
  for (const net::Endpoint& endpoint : removed.bootstrap)
    ring_.handle_ended(now, endpoint, removed.end == LinkEnd::unneeded);
  seeker_.handle_unlinked(removed.peer);
  ring_.handle_removed(now, removed.peer, removed.was_near, view(now));
  if (!sight_.links.all().empty()) return;
  // Nobody is linked: whoever said lately where it is may still be there.
  seeker_.for_each_reach([&](const NodeId&, const Reach& reach) {
    for (const net::Endpoint& way_in : reach.ways_in)
      ring_.handle_hearsay(way_in);
    if (reach.nat == NatClass::address_dependent) return;
    for (const net::Endpoint& candidate : reach.candidates)
      ring_.handle_hearsay(candidate);
  });
}

void LinkFinder::handle(TimePoint /*now*/, const Links::Stands& stands) {
  seeker_.handle_stands(stands.peer);
}

void LinkFinder::handle(TimePoint now, const Links::Told& told) {
  if (const Link* link = sight_.links.find(told.peer)) ring_.handle_neighbours(now, link->neighbours, told.peer);
}

void LinkFinder::handle_dead(TimePoint now, const NodeId& peer) {
  // Neighbours go on naming it until they notice as well.
  if (seeker_.may_try(now, peer)) seeker_.set_back(now, peer);
}

void LinkFinder::handle_open_failed(TimePoint now, const PathOpenings::Opened& failed) {
  const auto* endpoint = std::get_if<net::Endpoint>(&failed.asked);
  if (endpoint == nullptr) {
    handle_relay_failed(now, failed.expected, std::get<RelayPath>(failed.asked).relay);
  } else if (failed.expected.is_zero()) {
    ring_.handle_open_failed(now, *endpoint);
  } else {
    seeker_.drop_candidate(failed.expected, *endpoint);
  }
}

void LinkFinder::handle_relay_failed(TimePoint now, const NodeId& peer, const NodeId& relay) {
  seeker_.handle_relay_failed(now, peer, relay);
  use_relay(now, peer);
}

void LinkFinder::want(TimePoint now, const NodeId& peer) {
  if (ring_.want(now, peer)) outputs_.push(LookAgain{});
}

void LinkFinder::seek_near(TimePoint now, bool view_changed) {
  ring_.seek_near(now, view_changed, view(now));
  carry_out_ring(now);
}

void LinkFinder::seek_wanted(TimePoint now) {
  ring_.seek_wanted(now, view(now));
  carry_out_ring(now);
}

void LinkFinder::improve_links(TimePoint now, const std::vector<NodeId>& imperfect) {
  // Relayed links try to become direct, as often as the pace of the retries allows; links that do
  // not answer get another path before the old one is given up.
  std::vector<std::pair<NodeId, Roles>> improvable;
  std::vector<std::pair<NodeId, NodeId>> relay_silent;
  for (const NodeId& peer : imperfect) {
    const Link& link = *sight_.links.find(peer);
    const Path* path = link.in_use();
    if (!path->is_direct() && !path->is_sound() && !sight_.openings.is_opening(peer))
      relay_silent.emplace_back(peer, path->relay());
    const bool wanting = (link.paths.direct() == nullptr || !path->is_sound()) && !link.paths.has_direct_on_trial();
    if (wanting && link.own_roles.any() && seeker_.may_try(now, peer)) improvable.emplace_back(peer, link.own_roles);
  }
  for (const auto& [peer, roles] : improvable)
    seek(now, peer, roles, NodeId{});
  for (const auto& [peer, relay] : relay_silent)
    handle_relay_failed(now, peer, relay);
  const std::vector<NodeId> waiting = seeker_.waiting_for_relay(now);
  if (waiting.empty()) return;
  // One list for all of them: any member can have many peers wait.
  const std::vector<RelayCandidate> ours = able_to_relay(sight_.links);
  for (const NodeId& peer : waiting) {
    seeker_.choose_relay(now, peer, standing_of(peer), ours);
    carry_out_seeker(now);
  }
}

void LinkFinder::seek_spare(TimePoint now) {
  if (!ring_.wants_spare(now, sight_.links)) return;
  std::vector<NodeId> offered;
  seeker_.for_each_reach([&](const NodeId&, const Reach& reach) {
    for (const net::Endpoint& way_in : reach.ways_in)
      ring_.handle_hearsay(way_in);
    for (const RelayOffer& offer : reach.relays)
      offered.push_back(offer.id);
  });
  ring_.seek_spare(now, offered, view(now), [&](const net::Endpoint& endpoint) { return may_open(endpoint); });
  carry_out_ring(now);
}

void LinkFinder::seek_leaves(TimePoint now, std::size_t size) {
  ring_.seek_leaves(now, size, [&](const net::Endpoint& endpoint) { return may_open(endpoint); });
  carry_out_ring(now);
}

void LinkFinder::finish_look(TimePoint now, std::size_t size) {
  ring_.update(now, size, view(now));
  ring_.seek_shortcuts(now, size, view(now));
  carry_out_ring(now);
}

void LinkFinder::handle_timeout(TimePoint now) {
  if (ring_.idle_deadline() && *ring_.idle_deadline() <= now) {
    ring_.expire_on_demand(now, sight_.links);
    outputs_.push(LookAgain{});
  }
  if (ring_.handle_timeout(now, view(now))) outputs_.push(LookAgain{});
  carry_out_ring(now);
  seeker_.handle_timeout(now);
  carry_out_seeker(now);
}

std::optional<TimePoint> LinkFinder::poll_timeout() const {
  return earliest(earliest(seeker_.poll_timeout(), ring_.poll_timeout(sight_.links)), ring_.idle_deadline());
}

std::optional<TimePoint> LinkFinder::next_look(TimePoint now) const {
  return earliest(ring_.next_look(now), seeker_.next_look(now));
}

Counters LinkFinder::counters() const {
  Counters out = counters_;
  out.merge(seeker_.counters());
  return out;
}

Ring::View LinkFinder::view(TimePoint now) const {
  return {.links = sight_.links,
          .may_try = [this, now](const NodeId& id) { return seeker_.may_try(now, id); },
          .has_spoken = [this, now](const NodeId& id) { return seeker_.reach(now, id) != nullptr; },
          .is_unheard = [this](const NodeId& id) { return seeker_.is_unheard(id); }};
}

void LinkFinder::carry_out_ring(TimePoint now) {
  while (auto output = ring_.poll_output()) {
    std::visit(Overloaded{[&](const Ring::Seek& wanted) {
                            const bool runs = seek(now, wanted.peer, wanted.roles, wanted.via);
                            if (runs && wanted.has_spoken) give_candidates(now, wanted.peer);
                          },
                          [&](const Ring::Open& open) {
                            outputs_.push(OpenPath{open.endpoint, NodeId{}});
                          },
                          [&](const Ring::Ask& question) { ask(now, question, RouteMode::nearest); },
                          [&](Ring::Changed& changed) { outputs_.push(std::move(changed)); },
                          [&](const Ring::Joined& joined) { outputs_.push(joined); }},
               *output);
  }
}

void LinkFinder::carry_out_seeker(TimePoint now) {
  while (auto output = seeker_.poll_output()) {
    std::visit(
        Overloaded{
            [&](const Seeker::Ask& question) {
              ask(now, {question.token, question.peer, false, question.roles, question.first_hop}, RouteMode::exact);
            },
            [&](const Seeker::Shoot& shoot) {
              for (const net::Endpoint& candidate : shoot.at) {
                if (!is_on_path(shoot.peer, candidate)) outputs_.push(OpenPath{candidate, shoot.peer});
              }
            },
            [&](const Seeker::WantRelay& wanted) { use_relay(now, wanted.peer); },
            [&](const Seeker::OpenRelayed& open) {
              outputs_.push(OpenPath{RelayPath{open.relay, open.peer}, open.peer});
            },
            [&](const Seeker::WantMember& wanted) { want_member(now, wanted); },
            [&](const Seeker::Failed& failed) { handle_failed(now, failed); },
            [&](const Seeker::Began& began) { outputs_.push(PunchBegan{began.peer}); },
            [&](Seeker::Noted& noted) {
              outputs_.push(Noted{noted.peer, std::move(noted.text)});
            }},
        *output);
  }
}

Standing LinkFinder::standing_of(const NodeId& peer) const {
  const Link* link = sight_.links.find(peer);
  return link == nullptr ? Standing{} : link->standing();
}

Roles LinkFinder::roles_of(const NodeId& peer) const {
  const Link* link = sight_.links.find(peer);
  return link == nullptr ? Roles{} : link->own_roles;
}

bool LinkFinder::seek(TimePoint now, const NodeId& peer, const Roles& roles, const NodeId& via) {
  if (!seeker_.is_seeking(peer) && (peer == self_ || sight_.links.all().empty())) return false;
  const bool is_running = seeker_.seek(now, peer, roles, via, standing_of(peer));
  carry_out_seeker(now);
  return is_running;
}

void LinkFinder::give_candidates(TimePoint now, const NodeId& peer) {
  const Reachability& own = sight_.reachability;
  seeker_.give_candidates(now, peer, {own.nat_class(), own.observed(), own.got_in()}, standing_of(peer));
  carry_out_seeker(now);
}

void LinkFinder::use_relay(TimePoint now, const NodeId& peer) {
  seeker_.choose_relay(now, peer, standing_of(peer), able_to_relay(sight_.links));
  carry_out_seeker(now);
}

void LinkFinder::want_member(TimePoint now, const Seeker::WantMember& wanted) {
  std::size_t helpers = 0;
  for (const RelayOffer& offer : wanted.offers) {
    if (helpers == relay_helpers) break;
    if (offer.id == self_ || sight_.links.find(offer.id) != nullptr) continue;
    ring_.want(now, offer.id);
    ++helpers;
  }
  outputs_.push(LookAgain{});
}

void LinkFinder::handle_failed(TimePoint now, const Seeker::Failed& failed) {
  const NodeId& peer = failed.peer;
  outputs_.push(CancelDirect{peer});
  outputs_.push(LookAgain{});
  const Standing standing = standing_of(peer);
  // The verdict on a path that is still on trial comes with its end.
  if (standing.has_direct_on_trial) return;
  seeker_.set_back(now, peer, pace_of(now, failed, standing));
  if (!failed.answered) {
    outputs_.push(Noted{peer, "no answer over the ring"});
    ring_.handle_unanswered(now, peer);
  } else {
    const Reach* reach = seeker_.reach(now, peer);
    outputs_.push(Noted{peer, "no direct path: own NAT " + std::string(to_string(sight_.reachability.nat_class())) +
                                  ", peer's " +
                                  std::string(to_string(reach == nullptr ? NatClass::unknown : reach->nat))});
  }
  if (!standing.is_up) ring_.handle_not_linked(peer);
}

BackOff::Pace LinkFinder::pace_of(TimePoint now, const Seeker::Failed& failed, const Standing& standing) const {
  if (!failed.answered) return RetryPace::pace;
  if (standing.is_sound) {
    const Reach* reach = seeker_.reach(now, failed.peer);
    const bool decided = reach != nullptr && is_one_sided(sight_.reachability.nat_class(), reach->nat);
    return decided ? RetryPace::linked_one_sided : RetryPace::linked;
  }
  return ring_.misses(now, failed.peer, view(now)) ? RetryPace::beside : RetryPace::pace;
}

bool LinkFinder::is_on_path(const NodeId& peer, const net::Endpoint& endpoint) const {
  const Link* link = sight_.links.find(peer);
  return link != nullptr &&
         std::ranges::any_of(link->paths, [&](const Path& path) { return path.carrier == LinkCarrier(endpoint); });
}

bool LinkFinder::may_open(const net::Endpoint& endpoint) const {
  if (!sight_.reachability.policy().allows(endpoint) || sight_.openings.contains(to_carrier(endpoint))) return false;
  return std::ranges::none_of(sight_.links.all(), [&](const auto& entry) { return is_on_path(entry.first, endpoint); });
}

ConnectToMe LinkFinder::make_message(ConnectToMe::Kind kind, std::uint64_t token) const {
  ConnectToMe message = whereabouts(sight_.links, sight_.reachability);
  message.kind = kind;
  message.token = token;
  message.instance = instance_;
  return message;
}

void LinkFinder::send(RouteMode mode, const NodeId& destination, std::uint64_t question, const ConnectToMe& message,
                      const std::optional<NodeId>& first_hop) {
  RoutedPacket packet;
  packet.type = PacketType::connect_to_me;
  packet.mode = mode;
  packet.question = question;
  packet.source = self_;
  packet.destination = destination;
  encode(message, packet.payload);
  outputs_.push(Route{std::move(packet), first_hop});
}

void LinkFinder::ask(TimePoint now, const Ring::Ask& ask, RouteMode mode) {
  ConnectToMe request = make_message(ConnectToMe::Kind::request, ask.token);
  request.spread = ask.spread;
  request.roles = ask.roles;
  if (ask.spread) request.neighbours = ring_.heard_neighbours(now, view(now));
  send(mode, ask.destination, ask.token, request, ask.first_hop);
}

void LinkFinder::handle_message(TimePoint now, const RoutedPacket& packet, const ConnectToMe& message,
                                const NodeId& previous) {
  if (message.kind == ConnectToMe::Kind::request) {
    handle_request(now, packet, message, previous);
  } else {
    handle_answer(now, packet.source, message);
  }
}

void LinkFinder::remember_reach(TimePoint now, const NodeId& source, const ConnectToMe& message) {
  Reach reach;
  reach.candidates = usable_candidates(message.candidates, sight_.reachability.policy());
  reach.relays = message.relays;
  reach.nat = message.nat;
  // A node that is reached easily is by those that sought it: it need not keep more for the day when all are gone.
  const NatClass own = sight_.reachability.nat_class();
  if (own == NatClass::address_dependent || own == NatClass::unknown)
    reach.ways_in = usable_candidates(message.ways_in, sight_.reachability.policy());
  seeker_.handle_reach(now, source, std::move(reach));
}

void LinkFinder::spread(const RoutedPacket& packet, ConnectToMe request, const std::vector<NodeId>& next_to_source) {
  request.spread = false;
  const std::vector<NodeId> heard = std::exchange(request.neighbours, {});
  // Next to it by what both know: who is further away than those that the source has heard is not asked by it.
  std::set<NodeId> known(next_to_source.begin(), next_to_source.end());
  known.insert(heard.begin(), heard.end());
  known.insert(self_);
  const std::vector<NodeId> beside = nearest_on_both_sides(packet.source, known, spread_per_side);
  for (const NodeId& id : next_to_source) {
    if (id == packet.source || std::ranges::find(heard, id) != heard.end()) continue;
    if (std::ranges::find(beside, id) == beside.end()) continue;
    RoutedPacket on = packet;
    on.mode = RouteMode::exact;
    on.destination = id;
    on.payload.clear();
    encode(request, on.payload);
    outputs_.push(Route{std::move(on), id});
  }
}

bool LinkFinder::takes_shortcut() {
  const auto shortcuts = std::ranges::count_if(
      sight_.links.all(), [](const auto& entry) { return entry.second.peer_roles.test(index_of(Role::shortcut)); });
  if (static_cast<std::size_t>(shortcuts) < ring_.shortcuts_accepted()) return true;
  counters_.add("shortcuts_refused");
  return false;
}

void LinkFinder::handle_request(TimePoint now, const RoutedPacket& packet, const ConnectToMe& request,
                                const NodeId& previous) {
  const NodeId& source = packet.source;
  std::vector<NodeId> next_to_source = sight_.links.around(source, spread_per_side);
  if (request.spread) spread(packet, request, next_to_source);
  remember_reach(now, source, request);

  const Link* link = sight_.links.find(source);
  // Only as a hint: a link is dropped for what its peer says inside it, not for this.
  const bool linked =
      link != nullptr && link->is_sound() && (link->peer_instance == 0 || link->peer_instance == request.instance);
  const bool refused = !linked && request.roles == only(Role::shortcut) && !takes_shortcut();
  ConnectToMe answer = make_message(refused ? ConnectToMe::Kind::refusal : ConnectToMe::Kind::answer, request.token);
  if (next_to_source.size() > ConnectToMe::max_neighbours) next_to_source.resize(ConnectToMe::max_neighbours);
  answer.neighbours = std::move(next_to_source);
  send(RouteMode::back, source, packet.question, answer, std::nullopt);

  outputs_.push(LookAgain{});
  const bool accept = request.roles.any() && !refused;
  if (!accept || (linked && link->is_direct()) || !seeker_.follow(now, source, previous)) return;
  // The attempt of another becomes one of ours: a member between is looked for from both ends.
  if (ring_.misses(now, source, view(now))) seek(now, source, only(Role::near), NodeId{});
  give_candidates(now, source);
}

void LinkFinder::handle_answer(TimePoint now, const NodeId& source, const ConnectToMe& answer) {
  // Nobody but whoever saw the question knows its token.
  const bool is_sought = seeker_.is_asked(source, answer.token);
  if (!is_sought && !ring_.takes(answer.token)) {
    counters_.add("drop_answer_unasked");
    return;
  }
  ring_.handle_neighbours(now, answer.neighbours, source);
  remember_reach(now, source, answer);
  outputs_.push(LookAgain{});
  if (ring_.handle_answer(now, source, answer, view(now))) {
    carry_out_ring(now);
  } else if (answer.kind == ConnectToMe::Kind::refusal) {
    outputs_.push(Noted{source, "the peer refused another link"});
    seeker_.handle_refusal(now, source);
    carry_out_seeker(now);
  } else {
    give_candidates(now, source);
  }
}

}  // namespace ipop::overlay
