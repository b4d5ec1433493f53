#pragma once

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <utility>
#include <vector>

namespace ipop {

/// An ordered map in one vector, for some dozens of small entries: no node an entry, and quick to walk.
///
/// As in a vector, an entry that comes or goes moves others: references and iterators hold until then.
template <class Key, class Value>
class FlatMap {
 public:
  using value_type = std::pair<Key, Value>;
  using iterator = typename std::vector<value_type>::iterator;
  using const_iterator = typename std::vector<value_type>::const_iterator;

  [[nodiscard]] iterator begin() { return entries_.begin(); }
  [[nodiscard]] iterator end() { return entries_.end(); }
  [[nodiscard]] const_iterator begin() const { return entries_.begin(); }
  [[nodiscard]] const_iterator end() const { return entries_.end(); }
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

  [[nodiscard]] iterator find(const Key& key) {
    const auto it = at_or_after(key);
    return it != end() && it->first == key ? it : end();
  }
  [[nodiscard]] const_iterator find(const Key& key) const {
    const auto it = lower_bound(key);
    return it != end() && it->first == key ? it : end();
  }
  [[nodiscard]] const_iterator lower_bound(const Key& key) const {
    return std::ranges::lower_bound(entries_, key, {}, &value_type::first);
  }
  [[nodiscard]] const_iterator upper_bound(const Key& key) const {
    return std::ranges::upper_bound(entries_, key, {}, &value_type::first);
  }
  [[nodiscard]] bool contains(const Key& key) const { return find(key) != end(); }

  template <class... Args>
  std::pair<iterator, bool> try_emplace(const Key& key, Args&&... args) {
    const auto it = at_or_after(key);
    if (it != end() && it->first == key) return {it, false};
    return {entries_.emplace(it, std::piecewise_construct, std::forward_as_tuple(key),
                             std::forward_as_tuple(std::forward<Args>(args)...)),
            true};
  }
  Value& operator[](const Key& key) { return try_emplace(key).first->second; }

  iterator erase(iterator it) { return entries_.erase(it); }
  std::size_t erase(const Key& key) {
    const auto it = find(key);
    if (it == end()) return 0;
    entries_.erase(it);
    return 1;
  }
  void clear() { entries_.clear(); }

  template <class Predicate>
  friend std::size_t erase_if(FlatMap& map, Predicate predicate) {
    return std::erase_if(map.entries_, predicate);
  }

 private:
  [[nodiscard]] iterator at_or_after(const Key& key) {
    return std::ranges::lower_bound(entries_, key, {}, &value_type::first);
  }

  std::vector<value_type> entries_;
};

}  // namespace ipop
