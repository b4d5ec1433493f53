#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "base/indexed_heap.hpp"
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
  // Endings point at entries: a moved map takes both along, a copy would point at the other one's.
  ExpiringMap(const ExpiringMap&) = delete;
  ExpiringMap& operator=(const ExpiringMap&) = delete;
  ExpiringMap(ExpiringMap&&) = default;
  ExpiringMap& operator=(ExpiringMap&&) = default;

  void put(TimePoint now, const Key& key, Value value, TimePoint ends) {
    if constexpr (endings == Endings::dropped) drop_expired(now);
    erase(key);
    if (entries_.size() >= capacity_ && !endings_.empty()) erase(endings_.first().entry);
    const auto entry = entries_.emplace(key, Entry{std::move(value), 0}).first;
    endings_.push({ends, ++last_number_, entry}, note_place);
  }

  /// The value, unless it has ended at `now`.
  [[nodiscard]] Value* find(const Key& key, TimePoint now) {
    const auto it = entries_.find(key);
    return it == entries_.end() || ends(it->second) <= now ? nullptr : &it->second.value;
  }
  [[nodiscard]] const Value* find(const Key& key, TimePoint now) const {
    const auto it = entries_.find(key);
    return it == entries_.end() || ends(it->second) <= now ? nullptr : &it->second.value;
  }

  void erase(const Key& key) {
    const auto it = entries_.find(key);
    if (it != entries_.end()) erase(it);
  }

  /// For a map that nothing may be put into for long.
  void drop_expired(TimePoint now) requires(endings == Endings::dropped) {
    while (!endings_.empty() && endings_.first().ends <= now)
      erase(endings_.first().entry);
  }
  /// Takes one entry that has ended; call until it gives nothing.
  std::optional<std::pair<Key, Value>> take_expired(TimePoint now) requires(endings == Endings::taken) {
    if (endings_.empty() || endings_.first().ends > now) return std::nullopt;
    const auto it = endings_.first().entry;
    std::pair<Key, Value> taken(it->first, std::move(it->second.value));
    erase(it);
    return taken;
  }

  [[nodiscard]] std::optional<TimePoint> next_end() const {
    if (endings_.empty()) return std::nullopt;
    return endings_.first().ends;
  }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  void clear() {
    entries_.clear();
    endings_.clear();
  }

  /// Calls `visit(key, value)` for every entry in the order of the keys.
  template <class F>
  void for_each(F&& visit) const {
    for (const auto& [key, entry] : entries_)
      visit(key, entry.value);
  }

 private:
  struct Entry {
    Value value;
    std::size_t place;  ///< of its ending
  };
  using Entries = std::map<Key, Entry>;
  struct Ending {
    TimePoint ends{};
    std::uint64_t number = 0;  ///< rises with each put: of those that end at one time the oldest goes first
    typename Entries::iterator entry{};

    friend bool operator<(const Ending& a, const Ending& b) {
      return a.ends != b.ends ? a.ends < b.ends : a.number < b.number;
    }
  };

  static void note_place(const Ending& ending, std::size_t place) { ending.entry->second.place = place; }
  [[nodiscard]] TimePoint ends(const Entry& entry) const { return endings_.at(entry.place).ends; }
  void erase(typename Entries::iterator it) {
    endings_.erase(it->second.place, note_place);
    entries_.erase(it);
  }

  std::size_t capacity_;
  std::uint64_t last_number_ = 0;
  Entries entries_;
  IndexedHeap<Ending> endings_;
};

}  // namespace ipop
