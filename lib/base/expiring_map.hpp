#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <utility>

#include "base/machine.hpp"

namespace ipop {

/// What becomes of an entry whose time is over.
enum class Endings {
  dropped,  ///< with the next put()
  taken,    ///< it stays until the owner takes it: what ended is an event
};

/// An ordered map whose entries end at a TimePoint, with a bound on their number.
///
/// Each put() drops what has ended, so the map is never much larger than what it is of use for. At the bound the
/// entry that ends first makes room, so a flood can't grow it.
template <class Key, class Value, Endings endings = Endings::dropped>
class ExpiringMap {
 public:
  explicit ExpiringMap(std::size_t capacity) : capacity_(capacity) {}

  void put(TimePoint now, const Key& key, Value value, TimePoint ends) {
    if constexpr (endings == Endings::dropped) drop_expired(now);
    erase(key);
    if (entries_.size() >= capacity_ && !by_end_.empty()) erase(by_end_.begin()->second);
    const auto at = by_end_.emplace(ends, key);
    entries_.emplace(key, Entry{std::move(value), at});
  }

  /// The value, unless it has ended at `now`.
  [[nodiscard]] Value* find(const Key& key, TimePoint now) {
    const auto it = entries_.find(key);
    if (it == entries_.end() || it->second.at->first <= now) return nullptr;
    return &it->second.value;
  }
  [[nodiscard]] const Value* find(const Key& key, TimePoint now) const {
    const auto it = entries_.find(key);
    if (it == entries_.end() || it->second.at->first <= now) return nullptr;
    return &it->second.value;
  }

  void erase(const Key& key) {
    const auto it = entries_.find(key);
    if (it == entries_.end()) return;
    by_end_.erase(it->second.at);  // `key` may be the one in there
    entries_.erase(it);
  }

  /// For a map that nothing may be put into for long.
  void drop_expired(TimePoint now) requires(endings == Endings::dropped) {
    while (!by_end_.empty() && by_end_.begin()->first <= now)
      erase(by_end_.begin()->second);
  }
  /// Takes one entry that has ended; call until it gives nothing.
  std::optional<std::pair<Key, Value>> take_expired(TimePoint now) requires(endings == Endings::taken) {
    if (by_end_.empty() || by_end_.begin()->first > now) return std::nullopt;
    const auto it = entries_.find(by_end_.begin()->second);
    std::pair<Key, Value> taken(it->first, std::move(it->second.value));
    erase(taken.first);
    return taken;
  }

  [[nodiscard]] std::optional<TimePoint> next_end() const {
    if (by_end_.empty()) return std::nullopt;
    return by_end_.begin()->first;
  }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  void clear() {
    entries_.clear();
    by_end_.clear();
  }

  /// Calls `visit(key, value)` for every entry in the order of the keys.
  template <class F>
  void for_each(F&& visit) const {
    for (const auto& [key, entry] : entries_)
      visit(key, entry.value);
  }

 private:
  using Ends = std::multimap<TimePoint, Key>;
  struct Entry {
    Value value;
    typename Ends::iterator at;
  };

  std::size_t capacity_;
  std::map<Key, Entry> entries_;
  Ends by_end_;
};

}  // namespace ipop
