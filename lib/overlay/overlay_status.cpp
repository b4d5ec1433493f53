// Overlay::State: what the two ends of a link tell each other about themselves.

#include <algorithm>
#include <utility>

#include "base/machine.hpp"
#include "overlay/overlay_state.hpp"

namespace ipop::overlay {
namespace {

constexpr Duration status_pause = 100ms;  ///< changes within it travel together
/// A peer that stands elsewhere on the ring looks ahead one step with the list of this node: what is new in it waits
/// so long for what else changes, and for what is undone meanwhile.
constexpr Duration far_list_waits = 60s;
/// A node in the list whose link is lost: until it is told, packets may go there by a detour.
constexpr Duration lost_waits = 5s;
constexpr Duration status_retry_first = 500ms;
constexpr unsigned status_retry_doublings = 3;

/// Neighbours on each side that a status names, around the sender and around the receiver.
constexpr std::size_t listed_per_side = 3;

}  // namespace

Status Overlay::State::make_status(const Link& link) const {
  Status status;
  status.instance = instance_;
  status.roles = link.own_roles;
  status.nat = nat_.nat_class();
  status.relay_load = told_load_;
  status.neighbours = links_.around(config_.self, listed_per_side);
  for (const NodeId& id : links_.around(link.peer, listed_per_side)) {
    if (std::ranges::find(status.neighbours, id) == status.neighbours.end()) status.neighbours.push_back(id);
  }
  std::erase(status.neighbours, link.peer);
  if (status.neighbours.size() > max_listed_neighbours) status.neighbours.resize(max_listed_neighbours);
  return status;
}

void Overlay::State::sync_status(TimePoint now) {
  for (auto& [peer, link] : links_.all()) {
    if (link.is_up()) sync_status(now, link);
  }
}

Duration Overlay::State::may_wait(const Link& link, const Status& status) const {
  if (link.own_roles.test(index_of(Role::near)) || link.peer_roles.test(index_of(Role::near))) return {};
  Status but_the_list = link.status.latest;
  but_the_list.neighbours = status.neighbours;
  if (status != but_the_list) return {};
  const bool all_there = std::ranges::all_of(link.status.latest.neighbours, [&](const NodeId& id) {
    const Link* listed = links_.find(id);
    return listed != nullptr && listed->is_up();
  });
  return all_there ? far_list_waits : lost_waits;
}

void Overlay::State::sync_status(TimePoint now, Link& link) {
  StatusSending& sending = link.status;
  const bool waited = sending.list_due && *sending.list_due <= now;
  const bool stale =
      view_changed_ || waited || sending.latest.instance != instance_ || sending.latest.roles != link.own_roles;
  Status status = stale ? make_status(link) : Status{};
  status.sequence = sending.latest.sequence;
  const bool is_new = stale && status != sending.latest;
  const Duration waits = is_new && !waited ? may_wait(link, status) : Duration{};
  if (waits > Duration{}) {
    sending.list_due = earliest(sending.list_due, now + waits);
    wake_by(sending.list_due);
  } else if (stale) {
    sending.list_due.reset();
  }
  if (is_new && waits == Duration{}) {
    ++status.sequence;
    sending.latest = std::move(status);
    sending.tries = 0;
    sending.due = sending.last_sent == TimePoint{} ? now : std::max(now, sending.last_sent + status_pause);
    sending.pending = true;
  }
  if (!sending.pending || !sending.due || *sending.due > now) return;
  speak(now, link, sending.latest);
  sending.last_sent = now;
  sending.due = now + status_retry_first * (1U << std::min(sending.tries, status_retry_doublings));
  ++sending.tries;
}

}  // namespace ipop::overlay
