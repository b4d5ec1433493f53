// Overlay: in which order what follows from an input is done.

#include "overlay/overlay_state.hpp"

namespace ipop::overlay {

void Overlay::settle(TimePoint now) {
  State& s = *state_;
  s.pump(now);
  s.wake_by(s.sender.take_deadline());
  // A look may cause another one (a link that closes makes room for a seek); the bound keeps a mistake from spinning,
  // the rest then waits for the next input.
  constexpr unsigned most_steps = 8;
  for (unsigned i = 0; s.running && (s.look_due || (s.due && *s.due <= now)) && i < most_steps; ++i) {
    if (s.due && *s.due <= now) run_timers(now);
    if (std::exchange(s.look_due, false)) look(now);
    s.pump(now);
    set_next_deadline();
  }
  if (s.look_due && s.running) s.wake_by(now + std::chrono::milliseconds(50));
}

void Overlay::run_timers(TimePoint now) {
  State& s = *state_;
  for (const NodeId& peer : s.links.table().due(now)) {
    if (Link* link = s.links.table().find(peer)) s.checks.check_proofs(now, *link);
    s.carry_out_checks(now);
    if (Link* link = s.links.table().find(peer)) s.checks.check_liveness(now, *link);
    s.carry_out_checks(now);
    s.links.handle_timeout(now, peer);
    s.carry_out_links(now);
  }
  if (s.membership.poll_timeout() && *s.membership.poll_timeout() <= now) s.membership.handle_timeout(now);
  s.carry_out_membership(now);
  s.twins.handle_timeout(now);
  s.carry_out_twins(now);
  s.finder.handle_timeout(now);
  s.carry_out_finder(now);
  // The look that follows gives each link its roles first, and then tells them.
  if (!s.look_due) s.statuses.look_at_due(now, s.own_status(), s.links.table());
  s.carry_out_statuses(now);
  if (s.look_at && *s.look_at <= now) s.look_due = true;
}

void Overlay::look(TimePoint now) {
  State& s = *state_;
  // A relay is loaded until its peers hear otherwise.
  if (s.relaying.next_load()) s.relaying.look_at_load(now);
  s.carry_out_relaying(now);
  s.finder.seek_near(now, s.view_changed);
  s.carry_out_finder(now);
  s.finder.seek_wanted(now);
  s.carry_out_finder(now);
  s.finder.improve_links(now, s.links.table().imperfect());
  s.carry_out_finder(now);
  s.finder.seek_spare(now);
  s.carry_out_finder(now);
  // Nothing below closes a link or hears a peer, so the ring keeps its size until the end.
  const std::size_t size = s.finder.size_estimate();
  s.finder.seek_leaves(now, size);
  s.carry_out_finder(now);
  for (const auto& [peer, roles] : s.finder.assign_roles(now)) {
    // How long a list may wait depends on who is near.
    if (s.links.set_roles(peer, roles)) s.statuses.handle_near_changed();
  }
  const std::vector<NodeId> changed = s.links.table().take_changed();
  s.links.mark_unused(now, changed);
  s.finder.finish_look(now, size);
  s.carry_out_finder(now);
  s.statuses.look(now, s.own_status(), changed, s.links.table());
  s.carry_out_statuses(now);
  s.view_changed = false;
  // What it changed itself it has looked at.
  s.links.table().take_changed();
  s.look_at = earliest(s.finder.next_look(now), s.relaying.next_load());
}

void Overlay::set_next_deadline() {
  State& s = *state_;
  s.due = s.look_at;
  s.wake_by(s.links.table().next_deadline());
  s.wake_by(s.finder.poll_timeout());
  s.wake_by(s.membership.poll_timeout());
  s.wake_by(s.twins.poll_timeout());
  // Theirs are among the links'.
  s.sender.take_deadline();
}

void Overlay::begin_anew(TimePoint now, const std::string& why) {
  State& s = *state_;
  s.table.drop_all();
  s.twins.clear();
  // Nobody is to look for another member between because of a link that goes: not who is being sought, nor, since they
  // go first, relayed links.
  const auto end_attempts = [&] {
    for (const PathOpenings::Cancelled& cancelled : s.openings.cancel_all())
      s.table.cancel(cancelled.carrier);
    s.finder.drop_attempts();
  };
  end_attempts();
  std::vector<NodeId> relayed;
  std::vector<NodeId> direct;
  for (const auto& [peer, link] : std::as_const(s.links).table().all())
    (link.paths.direct() == nullptr ? relayed : direct).push_back(peer);
  for (const auto& peers : {relayed, direct}) {
    for (const NodeId& peer : peers) {
      s.links.remove(now, peer, why);
      s.carry_out_links(now);
    }
  }
  end_attempts();
  s.finder.begin_anew();
  s.reachability.clear();
  s.instance = s.rng.next();
  s.finder.set_instance(s.instance);
}

}  // namespace ipop::overlay
