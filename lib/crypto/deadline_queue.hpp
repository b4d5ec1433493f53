#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/indexed_heap.hpp"
#include "base/time.hpp"

namespace ipop::crypto {

/// One deadline for each of many things of one kind, the earliest first; ties in the order of the
/// keys.
template <class Key>
class DeadlineQueue {
 public:
  void set(const Key& key, TimePoint when) {
    const auto it = find(key);
    if (it == places_.end() || it->key != key) {
      places_.insert(it, {key, 0});
      heap_.push({when, key}, noted());
    } else if (heap_.at(it->at).when != when) {
      heap_.replace(it->at, {when, key}, noted());
    }
  }
  void clear(const Key& key) {
    const auto it = find(key);
    if (it == places_.end() || it->key != key) return;
    const std::size_t at = it->at;
    places_.erase(it);
    heap_.erase(at, noted());
  }
  /// Takes one key whose deadline is over; call until it gives nothing.
  std::optional<Key> take_due(TimePoint now) {
    if (heap_.empty() || heap_.first().when > now) return std::nullopt;
    const Key key = heap_.first().key;
    clear(key);
    return key;
  }
  [[nodiscard]] std::optional<TimePoint> next() const {
    if (heap_.empty()) return std::nullopt;
    return heap_.first().when;
  }
  void clear_all() {
    heap_.clear();
    places_.clear();
  }

 private:
  struct Deadline {
    TimePoint when{};
    Key key{};

    friend auto operator<=>(const Deadline&, const Deadline&) = default;
  };
  struct Place {
    Key key{};
    std::uint32_t at = 0;
  };
  [[nodiscard]] auto find(const Key& key) { return std::ranges::lower_bound(places_, key, {}, &Place::key); }
  [[nodiscard]] auto noted() {
    return
        [this](const Deadline& deadline, std::size_t at) { find(deadline.key)->at = static_cast<std::uint32_t>(at); };
  }

  IndexedHeap<Deadline> heap_;
  std::vector<Place> places_;  ///< in the heap, in the order of the keys
};

}  // namespace ipop::crypto
