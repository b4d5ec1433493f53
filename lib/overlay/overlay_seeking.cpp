// Overlay::State: what the seeker of links is told, and what it wants.

#include "overlay/overlay_state.hpp"

namespace ipop::overlay {
namespace {

/// Members that are linked for want of a common neighbour, at most, for one peer.
constexpr std::size_t relay_helpers = 2;

}  // namespace

Standing Overlay::State::standing_of(const NodeId& peer) const {
  const Link* link = links_.find(peer);
  return link == nullptr ? Standing{} : link->standing();
}

bool Overlay::State::seek(TimePoint now, const NodeId& peer, const Roles& roles, const NodeId& via) {
  if (!seeker_.is_seeking(peer) && (peer == config_.self || links_.all().empty())) return false;
  const bool is_running = seeker_.seek(now, peer, roles, via, standing_of(peer));
  carry_on_seeking(now);
  return is_running;
}

void Overlay::State::give_candidates(TimePoint now, const NodeId& peer) {
  seeker_.give_candidates(now, peer, {nat_.nat_class(), nat_.observed()}, standing_of(peer));
  carry_on_seeking(now);
}

void Overlay::State::use_relay(TimePoint now, const NodeId& peer) {
  use_relay(now, peer, able_to_relay());
}

void Overlay::State::use_relay(TimePoint now, const NodeId& peer, const std::vector<RelayCandidate>& ours) {
  seeker_.choose_relay(now, peer, standing_of(peer), ours);
  carry_on_seeking(now);
}

std::vector<RelayCandidate> Overlay::State::able_to_relay() const {
  std::vector<RelayCandidate> out;
  for (const auto& [id, link] : links_.all()) {
    if (link.paths.direct() != nullptr && link.is_sound()) out.push_back({id, link.round_trip(), link.relay_load});
  }
  return out;
}

void Overlay::State::carry_on_seeking(TimePoint now) {
  while (auto output = seeker_.poll_output()) {
    std::visit([&](const auto& value) { handle_seeking(now, value); }, *output);
  }
  wake_by(seeker_.poll_timeout());
}

void Overlay::State::handle_seeking(TimePoint now, const Seeker::Ask& ask) {
  send_request(now, ask.token, ask.peer, RouteMode::exact, false, ask.roles, ask.first_hop);
}

void Overlay::State::handle_seeking(TimePoint now, const Seeker::Shoot& shoot) {
  for (const net::Endpoint& candidate : shoot.at) {
    if (!is_on_path(shoot.peer, candidate)) open_path(now, candidate, shoot.peer);
  }
}

void Overlay::State::handle_seeking(TimePoint now, const Seeker::WantRelay& wanted) {
  use_relay(now, wanted.peer);
}

void Overlay::State::handle_seeking(TimePoint now, const Seeker::OpenRelayed& open) {
  open_path(now, RelayPath{open.relay, open.peer}, open.peer);
}

void Overlay::State::handle_seeking(TimePoint now, const Seeker::WantMember& wanted) {
  std::size_t helpers = 0;
  for (const RelayOffer& offer : wanted.offers) {
    if (helpers == relay_helpers) break;
    if (offer.id == config_.self || links_.find(offer.id) != nullptr) continue;
    ring_.want(now, offer.id);
    ++helpers;
  }
  dirty_ = true;
}

void Overlay::State::handle_seeking(TimePoint now, const Seeker::Failed& failed) {
  const NodeId& peer = failed.peer;
  cancel_openings(peer, true);
  dirty_ = true;
  const Standing standing = standing_of(peer);
  // The verdict on a path that is still on trial comes with its end.
  if (standing.has_direct_on_trial) return;
  seeker_.set_back(now, peer, failed.answered && standing.is_sound ? RetryPace::linked : RetryPace::pace);
  if (!failed.answered) {
    journal_.add(now, peer, "no answer over the ring");
    ring_.handle_unanswered(now, peer);
  } else {
    const Reach* reach = seeker_.reach(now, peer);
    journal_.add(now, peer,
                 "no direct path: own NAT " + std::string(to_string(nat_.nat_class())) + ", peer's " +
                     std::string(to_string(reach == nullptr ? NatClass::unknown : reach->nat)));
  }
  if (!standing.is_up) ring_.handle_not_linked(peer);
}

void Overlay::State::handle_seeking(TimePoint now, const Seeker::Began& began) {
  journal_.count_punch_attempt(now, began.peer);
}

void Overlay::State::handle_seeking(TimePoint now, const Seeker::Noted& noted) {
  journal_.add(now, noted.peer, noted.text);
}

}  // namespace ipop::overlay
