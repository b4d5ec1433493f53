#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/time.hpp"

namespace ipop::crypto {

/// One deadline for each of many things of one kind, the earliest first; ties in the order of the
/// keys.
template <class Key>
class DeadlineQueue {
 public:
  void set(const Key& key, TimePoint when) {
    const auto [it, is_new] = by_key_.try_emplace(key, when);
    if (!is_new) {
      if (it->second == when) return;
      by_time_.erase({it->second, key});
      it->second = when;
    }
    by_time_.emplace(when, key);
  }
  void clear(const Key& key) {
    const auto it = by_key_.find(key);
    if (it == by_key_.end()) return;
    by_time_.erase({it->second, key});
    by_key_.erase(it);
  }
  /// Takes one key whose deadline is over; call until it gives nothing.
  std::optional<Key> take_due(TimePoint now) {
    if (by_time_.empty() || by_time_.begin()->first > now) return std::nullopt;
    const Key key = by_time_.begin()->second;
    clear(key);
    return key;
  }
  [[nodiscard]] std::optional<TimePoint> next() const {
    if (by_time_.empty()) return std::nullopt;
    return by_time_.begin()->first;
  }
  void clear_all() {
    by_key_.clear();
    by_time_.clear();
  }

 private:
  std::map<Key, TimePoint> by_key_;
  std::set<std::pair<TimePoint, Key>> by_time_;
};

}  // namespace ipop::crypto
