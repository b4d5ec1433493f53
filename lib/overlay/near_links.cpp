#include "overlay/near_links.hpp"

#include <algorithm>

namespace ipop::overlay {

std::vector<NodeId> nearest_on_both_sides(const NodeId& self, const std::set<NodeId>& ids, std::size_t per_side) {
  std::vector<NodeId> out;
  auto it = ids.upper_bound(self);
  for (std::size_t seen = 0; seen < ids.size() && out.size() < per_side; ++seen, ++it) {
    if (it == ids.end()) it = ids.begin();
    if (*it != self) out.push_back(*it);
  }
  std::vector<NodeId> behind;
  it = ids.lower_bound(self);
  for (std::size_t seen = 0; seen < ids.size() && behind.size() < per_side; ++seen) {
    if (it == ids.begin()) it = ids.end();
    --it;
    if (*it != self) behind.push_back(*it);
  }
  for (auto id = behind.rbegin(); id != behind.rend(); ++id) {
    if (std::ranges::find(out, *id) == out.end()) out.push_back(*id);
  }
  return out;
}

void NearLinks::learn(TimePoint now, const NodeId& id, const NodeId& via) {
  if (id == self_ || id.is_zero()) return;
  if (via != id && !is_heard(now, via)) return;
  if (const auto it = known_.find(id); it != known_.end() && via != id && it->second.heard + known_lives >= now) {
    it->second.heard = now;
    return;
  }
  const auto named = std::ranges::count_if(known_, [&](const auto& entry) { return entry.second.via == via; });
  if (static_cast<std::size_t>(named) >= named_at_once) return;
  known_[id] = Known{via, now};
  if (known_.size() > most_known) trim(now);
}

void NearLinks::handle_unanswered(TimePoint now, const NodeId& id) {
  const auto it = known_.find(id);
  if (it == known_.end()) return;
  const NodeId informant = it->second.via;
  known_.erase(it);
  // Its own informant, or one of many who were asked on either side: nobody else pays for them.
  if (informant == id || informant.is_zero()) return;
  erase_if(unanswered_, [&](const auto& entry) { return entry.second.until < now; });
  if (unanswered_.size() >= most_known && !unanswered_.contains(informant)) return;
  Unanswered& charged = unanswered_[informant];
  if (++charged.ids == 1 || charged.ids == most_unanswered) charged.until = now + muted_for;
}

bool NearLinks::is_heard(TimePoint now, const NodeId& informant) const {
  const auto it = unanswered_.find(informant);
  return it == unanswered_.end() || it->second.ids < most_unanswered || it->second.until < now;
}

void NearLinks::forget(const NodeId& id) {
  known_.erase(id);
}

std::vector<NearLinks::Missing> NearLinks::missing(TimePoint now, const std::vector<NodeId>& linked,
                                                   std::size_t per_side,
                                                   const std::function<bool(const NodeId&)>& skip) const {
  std::set<NodeId> ids(linked.begin(), linked.end());
  // Of the known ones only the nearest count, whoever is linked: the rest is not even asked about.
  const auto counts = [&](const auto& entry) { return entry.second.heard + known_lives >= now && !skip(entry.first); };
  auto it = known_.upper_bound(self_);
  for (std::size_t seen = 0, found = 0; seen < known_.size() && found < per_side; ++seen, ++it) {
    if (it == known_.end()) it = known_.begin();
    if (!counts(*it)) continue;
    ids.insert(it->first);
    ++found;
  }
  it = known_.lower_bound(self_);
  for (std::size_t seen = 0, found = 0; seen < known_.size() && found < per_side; ++seen) {
    if (it == known_.begin()) it = known_.end();
    --it;
    if (!counts(*it)) continue;
    ids.insert(it->first);
    ++found;
  }
  std::vector<Missing> out;
  for (const NodeId& id : nearest_on_both_sides(self_, ids, per_side)) {
    if (std::ranges::find(linked, id) == linked.end()) out.push_back({id, known_.find(id)->second.via});
  }
  return out;
}

void NearLinks::trim(TimePoint now) {
  erase_if(known_, [&](const auto& entry) { return entry.second.heard + known_lives < now; });
  std::set<NodeId> ids;
  for (const auto& [id, known] : known_)
    ids.insert(id);
  const std::vector<NodeId> kept = nearest_on_both_sides(self_, ids, kept_per_side);
  erase_if(known_, [&](const auto& entry) { return std::ranges::find(kept, entry.first) == kept.end(); });
}

}  // namespace ipop::overlay
