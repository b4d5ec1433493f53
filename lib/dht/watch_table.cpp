#include "dht/watch_table.hpp"

#include <algorithm>

#include "base/machine.hpp"
#include "crypto/hash.hpp"

namespace ipop::dht {

std::uint64_t state_of(const std::vector<Record>& records) {
  Bytes text;
  ByteWriter out(text);
  for (const Record& record : records) {
    if (record.is_tombstone()) continue;
    out.write(ByteSpan(record.owner.point()));
    out.write_sized16(record.value);
  }
  if (text.empty()) return nothing_stored;
  return std::max<std::uint64_t>(ByteReader(crypto::sha256(text)).read<std::uint64_t>(), nothing_stored + 1);
}

WatchAnswer WatchTable::handle_request(TimePoint now, const NodeId& watcher, const WatchRequest& request,
                                       std::uint64_t state) {
  const Key key{request.kind, request.name};
  const Name name{watcher, request.request};
  const Place place{key, name};
  WatchAnswer answer{.request = request.request, .position = request.position, .lifetime = {}, .state = state};
  const auto lifetime = std::min(request.lifetime, limits_.longest);
  const auto known = keys_.find(key);
  const bool is_known = known != keys_.end() && known->second.watchers.contains(name);
  if (lifetime == std::chrono::seconds(0)) {
    if (is_known) forget(place);
    return answer;
  }
  if (!is_known) {
    const auto kept = by_node_.find(watcher);
    const bool is_full = size() >= limits_.watchers || (kept != by_node_.end() && kept->second >= limits_.a_watcher);
    if (is_full) return answer;
    ++by_node_[watcher];
  }
  Watched& watched = keys_[key];
  watched.state = state;
  Watcher& entry = watched.watchers[name];
  if (is_known) ends_.erase({entry.ends, place});
  entry.position = request.position;
  entry.ends = now + lifetime;
  entry.knows = state;
  ends_.emplace(entry.ends, place);
  answer.lifetime = lifetime;
  return answer;
}

void WatchTable::handle_state(TimePoint now, const Key& key, std::uint64_t state) {
  const auto it = keys_.find(key);
  if (it == keys_.end()) return;
  it->second.state = state;
  for (auto& [name, watcher] : it->second.watchers) {
    if (watcher.queued || watcher.knows == state) continue;
    watcher.queued = true;
    queue_.push_back({key, name});
  }
  if (!queue_.empty() && !send_at_) send_some(now);
}

void WatchTable::handle_timeout(TimePoint now) {
  while (!ends_.empty() && ends_.begin()->first <= now) {
    const Place place = ends_.begin()->second;
    forget(place);
  }
  if (send_at_ && now >= *send_at_) send_some(now);
}

std::optional<TimePoint> WatchTable::poll_timeout() const {
  if (ends_.empty()) return send_at_;
  return earliest(ends_.begin()->first, send_at_);
}

void WatchTable::forget(const Place& place) {
  const auto key = keys_.find(place.first);
  if (key == keys_.end()) return;
  const auto watcher = key->second.watchers.find(place.second);
  if (watcher == key->second.watchers.end()) return;
  ends_.erase({watcher->second.ends, place});
  key->second.watchers.erase(watcher);
  if (key->second.watchers.empty()) keys_.erase(key);
  const auto kept = by_node_.find(place.second.first);
  if (--kept->second == 0) by_node_.erase(kept);
}

void WatchTable::send_some(TimePoint now) {
  std::size_t sent = 0;
  while (!queue_.empty() && sent < limits_.notices) {
    const Place place = std::move(queue_.front());
    queue_.pop_front();
    const auto key = keys_.find(place.first);
    if (key == keys_.end()) continue;
    const auto it = key->second.watchers.find(place.second);
    if (it == key->second.watchers.end()) continue;
    Watcher& watcher = it->second;
    watcher.queued = false;
    // What changed and changed back while the notice waited is not told.
    if (watcher.knows == key->second.state) continue;
    watcher.knows = key->second.state;
    notices_.push_back({place.second.first, WatchNotice{place.second.second, watcher.position, watcher.knows}});
    ++sent;
  }
  send_at_ = queue_.empty() ? std::nullopt : std::optional(now + limits_.pause);
}

}  // namespace ipop::dht
