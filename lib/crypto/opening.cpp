#include "crypto/opening.hpp"

#include <algorithm>

namespace ipop::crypto {

bool Opening::is_free_for(const NodeId& peer) const {
  return !exchange.remote() && (!expected || *expected == peer) && (!claimed || *claimed == peer);
}

bool Opening::is_rival_of(const Opening& winner, const NodeId& peer) const {
  if (this == &winner || is_done()) return false;
  const bool is_peer = claimed ? *claimed == peer : expected == peer;
  return is_peer && path.carrier() == winner.path.carrier();
}

bool Opening::is_answered_by(const Opening& winner, const NodeId& peer) const {
  return path.asked() && tag && !exchange.remote() && expected == peer && path.carrier().is_like(winner.path.carrier());
}

void Opening::note_progress(TimePoint now, const ChannelTable::Limits& limits) {
  progress_at = now;
  if (is_half_open()) give_up = std::min(born + limits.give_up, now + limits.half_open_life);
}

std::optional<TimePoint> Opening::stalls_at(const ChannelTable::Limits& limits) const {
  if (!path.asked() || stage != Stage::running) return std::nullopt;
  return progress_at + limits.half_open_life + limits.retransmit_longest;
}

TimePoint Opening::due_at(const ChannelTable::Limits& limits) const {
  TimePoint when = give_up;
  if (const auto again = exchange.again_at()) when = std::min(when, *again);
  if (const auto stalls = stalls_at(limits)) when = std::min(when, *stalls);
  return when;
}

}  // namespace ipop::crypto
