#include "overlay/seeker.hpp"

#include <algorithm>
#include <utility>

namespace ipop::overlay {

bool Seeker::seek(TimePoint now, const NodeId& peer, const Roles& roles, const NodeId& via, const Standing& standing) {
  const auto running = seeking_.find(peer);
  if (running != seeking_.end()) {
    running->second.roles |= roles;
    return true;
  }
  if (seeking_.size() >= max_seeks) return false;
  // A path is there: what it waits for, another one would wait for too.
  if (standing.has_path && !standing.is_up) return false;
  Seeking& seeking =
      seeking_.emplace(peer, Seeking{Linker(peer, rng_.next()), roles, via, false, NodeId{}}).first->second;
  if (via == peer) return true;
  seeking.linker.start(now);
  stirred_.push_back(peer);
  return true;
}

bool Seeker::follow(TimePoint /*now*/, const NodeId& peer, const NodeId& hop) {
  if (seeking_.contains(peer)) return true;
  const auto of_hop = std::ranges::count_if(seeking_, [&](const auto& entry) { return entry.second.asked_by == hop; });
  if (seeking_.size() >= max_foreign_seeks || static_cast<std::size_t>(of_hop) >= foreign_seeks_a_hop) {
    counters_.add("drop_seek_full");
    return false;
  }
  seeking_.emplace(peer, Seeking{Linker(peer, rng_.next(), HolePunch::shots_asked), {}, NodeId{}, false, hop});
  return true;
}

void Seeker::handle_reach(TimePoint now, const NodeId& peer, Reach reach) {
  reach_.put(now, peer, std::move(reach), now + reach_lives);
  if (const auto waiting = relay_wanted_.find(peer); waiting != relay_wanted_.end()) waiting->second.has_asked = false;
}

void Seeker::give_candidates(TimePoint now, const NodeId& peer, const PunchSide& own, const Standing& standing) {
  const auto seeking = seeking_.find(peer);
  const Reach* reach = reach_.find(peer, now);
  if (seeking == seeking_.end() || reach == nullptr) return;
  const bool hopeless =
      can_not_punch(own.nat, reach->nat) || reach->candidates.empty() || (standing.is_up && !standing.is_sound);
  if (standing.is_sound) seeking->second.linker.handle_relayed();
  // Who asked has this node's candidates with the answer.
  if (own.is_open && !seeking->second.asked_by.is_zero()) seeking->second.linker.let_the_peer_begin();
  if (is_one_sided(own.nat, reach->nat)) seeking->second.linker.limit_shots(HolePunch::shots_decided);
  seeking->second.linker.handle_candidates(now, punch_targets(own, reach->nat, reach->candidates), hopeless);
  stirred_.push_back(peer);
}

void Seeker::drop_candidate(const NodeId& peer, const net::Endpoint& candidate) {
  const auto it = seeking_.find(peer);
  if (it != seeking_.end()) it->second.linker.drop_candidate(candidate);
}

void Seeker::handle_refusal(TimePoint now, const NodeId& peer) {
  const auto it = seeking_.find(peer);
  if (it == seeking_.end()) return;
  it->second.linker.fail(now);
  stirred_.push_back(peer);
}

void Seeker::handle_direct(const NodeId& peer) {
  relay_wanted_.erase(peer);
  seeking_.erase(peer);
}

void Seeker::handle_relayed(const NodeId& peer) {
  const auto it = seeking_.find(peer);
  if (it != seeking_.end()) it->second.linker.handle_relayed();
}

void Seeker::choose_relay(TimePoint now, const NodeId& peer, const Standing& standing,
                          const std::vector<RelayCandidate>& ours) {
  if (standing.is_sound) {
    relay_wanted_.erase(peer);
    return;
  }
  const Reach* reach = reach_.find(peer, now);
  if (reach == nullptr) return;
  if (const auto relay = overlay::choose_relay(ours, reach->relays, reach->failed_relays)) {
    relay_wanted_.erase(peer);
    outputs_.push(Noted{peer, "trying " + to_short_string(*relay) + " as relay"});
    outputs_.push(OpenRelayed{peer, *relay});
    return;
  }
  auto waiting = relay_wanted_.find(peer);
  if (waiting != relay_wanted_.end() && waiting->second.has_asked) return;
  if (waiting == relay_wanted_.end()) {
    if (relay_wanted_.size() >= max_waiting) {
      counters_.add("relay_waits_refused");
      return;
    }
    outputs_.push(Noted{peer, "no member has direct links to both"});
    waiting = relay_wanted_.emplace(peer, WaitsForRelay{now + relay_wait}).first;
  }
  // Who only asked us looks for a member between himself; those that he names may be invented.
  const auto seeking = seeking_.find(peer);
  if (!standing.is_linked && (seeking == seeking_.end() || seeking->second.roles.none())) return;
  waiting->second.has_asked = true;
  outputs_.push(WantMember{peer, reach->relays});
}

void Seeker::handle_relay_failed(TimePoint now, const NodeId& peer, const NodeId& relay) {
  Reach* reach = reach_.find(peer, now);
  if (reach == nullptr || std::ranges::find(reach->failed_relays, relay) != reach->failed_relays.end()) return;
  reach->failed_relays.push_back(relay);
}

std::vector<NodeId> Seeker::waiting_for_relay(TimePoint now) {
  std::erase_if(relay_wanted_, [&](const auto& entry) { return entry.second.until <= now; });
  std::vector<NodeId> out;
  for (const auto& [peer, waiting] : relay_wanted_)
    out.push_back(peer);
  return out;
}

void Seeker::set_back(TimePoint now, const NodeId& peer, const BackOff::Pace& pace) {
  retry_.handle_failed(now, peer, pace, rng_);
}

void Seeker::begin_anew() {
  seeking_.clear();
  relay_wanted_.clear();
  retry_.clear();
}

void Seeker::handle_timeout(TimePoint now) {
  for (auto& [peer, seeking] : seeking_) {
    seeking.linker.handle_timeout(now);
    stirred_.push_back(peer);
  }
}

std::optional<Seeker::Output> Seeker::poll_output() {
  // One output of one linker at a time: what the owner says to the first may change what comes after it.
  while (outputs_.empty() && !stirred_.empty()) {
    const NodeId peer = stirred_.front();
    const auto it = seeking_.find(peer);
    auto output = it == seeking_.end() ? std::nullopt : it->second.linker.poll_output();
    if (output) {
      translate(peer, *std::move(output));
    } else {
      stirred_.pop_front();
    }
  }
  return outputs_.poll();
}

void Seeker::translate(const NodeId& peer, Linker::Output output) {
  Seeking& seeking = seeking_.at(peer);
  if (const auto* ask = std::get_if<Linker::Ask>(&output)) {
    // Who named the peer has a link to it; the ring may know better later.
    const bool by_name = ask->number % 2 == 0 && !seeking.via.is_zero();
    outputs_.push(
        Ask{peer, seeking.linker.token(), seeking.roles, by_name ? std::optional(seeking.via) : std::nullopt});
  } else if (auto* shoot = std::get_if<Linker::Shoot>(&output)) {
    if (!std::exchange(seeking.counted, true)) outputs_.push(Began{peer});
    outputs_.push(Shoot{peer, std::move(shoot->at)});
  } else if (std::holds_alternative<Linker::UseRelay>(output)) {
    outputs_.push(WantRelay{peer});
  } else {
    const bool answered = std::get<Linker::Failed>(output).answered;
    seeking_.erase(peer);
    outputs_.push(Failed{peer, answered});
  }
}

std::optional<TimePoint> Seeker::poll_timeout() const {
  std::optional<TimePoint> out;
  for (const auto& [peer, seeking] : seeking_)
    out = earliest(out, seeking.linker.poll_timeout());
  return out;
}

std::optional<TimePoint> Seeker::next_look(TimePoint now) const {
  std::optional<TimePoint> out = retry_.deadline(now);
  for (const auto& [peer, waiting] : relay_wanted_)
    out = earliest(out, waiting.until);
  return out;
}

bool Seeker::is_asked(const NodeId& peer, std::uint64_t token) const {
  const auto it = seeking_.find(peer);
  return it != seeking_.end() && it->second.linker.token() == token;
}

bool Seeker::is_unheard(const NodeId& peer) const {
  const auto it = seeking_.find(peer);
  return it != seeking_.end() && it->second.linker.is_unheard();
}

}  // namespace ipop::overlay
