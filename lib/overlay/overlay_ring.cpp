// Overlay::State: what the ring wants, and where this node is seen.

#include <algorithm>
#include <utility>

#include "base/machine.hpp"
#include "overlay/overlay_state.hpp"

namespace ipop::overlay {

Ring::View Overlay::State::view(TimePoint now) const {
  return {.links = links_,
          .may_try = [this, now](const NodeId& id) { return seeker_.may_try(now, id); },
          .has_spoken = [this, now](const NodeId& id) { return seeker_.reach(now, id) != nullptr; },
          .is_unheard = [this](const NodeId& id) { return seeker_.is_unheard(id); }};
}

void Overlay::State::carry_out_ring(TimePoint now) {
  while (auto output = ring_.poll_output()) {
    std::visit(
        Overloaded{[&](const Ring::Seek& wanted) {
                     const bool runs = seek(now, wanted.peer, wanted.roles, wanted.via);
                     if (runs && wanted.has_spoken) give_candidates(now, wanted.peer);
                   },
                   [&](const Ring::Open& open) { open_path(now, open.endpoint, NodeId{}); },
                   [&](const Ring::Ask& ask) {
                     send_request(now, ask.token, ask.destination, RouteMode::nearest, ask.spread, ask.roles,
                                  ask.first_hop);
                   },
                   [&](Ring::Changed& changed) {
                     outputs_.push(RingChanged{std::move(changed.neighbours), changed.size});
                   },
                   [&](const Ring::Joined& joined) {
                     outputs_.push(Joined{});
                     log(LogLevel::info, "joined the ring",
                         {{"neighbours", std::to_string(joined.neighbours)}, {"size", std::to_string(joined.size)}});
                   }},
        *output);
  }
}

void Overlay::State::assign_roles(TimePoint now) {
  for (const auto& [peer, roles] : ring_.assign_roles(now, links_)) {
    Link& link = *links_.find(peer);
    // How long a list may wait depends on who is near.
    if ((roles ^ link.own_roles).test(index_of(Role::near))) statuses_.handle_near_changed();
    link.own_roles = roles;
  }
}

void Overlay::State::seek_spare(TimePoint now) {
  if (!ring_.wants_spare(now, links_)) return;
  std::vector<NodeId> offered;
  seeker_.for_each_reach([&](const NodeId&, const Reach& reach) {
    for (const RelayOffer& offer : reach.relays)
      offered.push_back(offer.id);
  });
  ring_.seek_spare(now, offered, view(now));
  carry_out_ring(now);
}

void Overlay::State::improve_links(TimePoint now) {
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

bool Overlay::State::is_opening(const NodeId& peer) const {
  return std::ranges::any_of(openings_, [&](const auto& entry) { return entry.second.expected == peer; });
}

bool Overlay::State::is_on_path(const NodeId& peer, const net::Endpoint& endpoint) const {
  const Link* link = links_.find(peer);
  return link != nullptr &&
         std::ranges::any_of(link->paths, [&](const Path& path) { return path.carrier == LinkCarrier(endpoint); });
}

bool Overlay::State::may_open(const net::Endpoint& endpoint) const {
  if (!policy_.allows(endpoint) || openings_.contains(to_carrier(endpoint))) return false;
  return std::ranges::none_of(links_.all(), [&](const auto& entry) { return is_on_path(entry.first, endpoint); });
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
