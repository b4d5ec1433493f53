#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace ipop {

/// First in, first out. Without items it has no memory of its own, where a std::deque has a block of 512 octets.
template <class T>
class Fifo {
 public:
  [[nodiscard]] bool empty() const { return items_.empty(); }
  [[nodiscard]] std::size_t size() const { return items_.size() - taken_; }
  [[nodiscard]] T& front() { return items_[taken_]; }
  [[nodiscard]] const T& front() const { return items_[taken_]; }
  [[nodiscard]] const T& back() const { return items_.back(); }
  void push_back(T item) { items_.push_back(std::move(item)); }
  void pop_front() {
    if (++taken_ == items_.size()) {
      clear();
    } else if (taken_ > items_.size() / 2) {
      // What is moved is less than what was taken since the last time.
      drop_taken();
    }
  }
  template <class Predicate>
  void erase_if(Predicate&& predicate) {
    drop_taken();
    std::erase_if(items_, predicate);
    if (items_.empty()) clear();
  }
  void clear() {
    items_ = {};
    taken_ = 0;
  }

 private:
  void drop_taken() {
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(std::exchange(taken_, 0)));
  }

  std::vector<T> items_;  ///< empty as soon as all are taken
  std::size_t taken_ = 0;
};

}  // namespace ipop
