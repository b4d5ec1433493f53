#include "node/member_history.hpp"

#include <algorithm>
#include <set>

namespace ipop::node {

MemberHistory::MemberHistory(const std::vector<GoneRow>& rows) {
  for (const GoneRow& row : rows)
    entry(row.last_seen, row.id) = row;
}

std::vector<GoneRow> MemberHistory::rows() const {
  std::vector<GoneRow> out;
  for (const auto& [id, row] : rows_)
    out.push_back(row);
  return out;
}

void MemberHistory::handle_answer(WallTime now, const MemberRow& row) {
  GoneRow& known = entry(now, row.id);
  known.address = row.address;
  known.name = row.name;
  known.why = Absence::lost;
}

void MemberHistory::handle_up(WallTime now, const NodeId& id, std::optional<net::Ipv4Address> address) {
  GoneRow& known = entry(now, id);
  if (address) known.address = address;
  known.why = Absence::lost;
}

void MemberHistory::handle_down(WallTime seen, const NodeId& id, Absence why) {
  entry(seen, id).why = why;
}

std::vector<GoneRow> MemberHistory::gone(WallTime now, const std::vector<MemberRow>& found) const {
  std::set<NodeId> here;
  std::set<net::Ipv4Address> addresses;
  for (const MemberRow& row : found) {
    if (!row.answered) continue;
    here.insert(row.id);
    if (row.address) addresses.insert(*row.address);
  }
  std::vector<GoneRow> out;
  for (const auto& [id, row] : rows_) {
    const bool is_here = here.contains(id) || (row.address && addresses.contains(*row.address));
    if (!is_here && row.last_seen + kept > now) out.push_back(row);
  }
  std::ranges::stable_sort(out, std::greater(), &GoneRow::last_seen);
  return out;
}

std::optional<GoneRow> MemberHistory::find_gone(WallTime now, const NodeId& id) const {
  const auto it = rows_.find(id);
  // Of one that is lost, and of one whose link was not needed, nothing more is known than that there is no link.
  if (it == rows_.end() || it->second.why == Absence::lost || it->second.last_seen + kept <= now) return std::nullopt;
  return it->second;
}

GoneRow& MemberHistory::entry(WallTime now, const NodeId& id) {
  if (!rows_.contains(id) && rows_.size() >= most)
    rows_.erase(std::ranges::min_element(rows_, {}, [](const auto& row) { return row.second.last_seen; }));
  GoneRow& row = rows_[id];
  row.id = id;
  row.last_seen = std::max(row.last_seen, now);
  return row;
}

}  // namespace ipop::node
