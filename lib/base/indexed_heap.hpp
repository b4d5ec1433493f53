#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace ipop {

/// A heap in one vector, the least first, of which any item can be taken out or moved by its place.
///
/// Where an item stands changes with others: `note_place(item, place)` is called for each that is put somewhere, so
/// that the owner knows. Items are in a total order, so what comes out of equal inputs comes out in one order.
template <class Item>
class IndexedHeap {
 public:
  [[nodiscard]] bool empty() const { return items_.empty(); }
  [[nodiscard]] std::size_t size() const { return items_.size(); }
  [[nodiscard]] const Item& first() const { return items_.front(); }
  [[nodiscard]] const Item& at(std::size_t place) const { return items_[place]; }
  void clear() { items_.clear(); }

  template <class NotePlace>
  void push(Item item, NotePlace&& note_place) {
    items_.push_back(std::move(item));
    settle(items_.size() - 1, note_place);
  }
  /// Puts another item where that one stood.
  template <class NotePlace>
  void replace(std::size_t place, Item item, NotePlace&& note_place) {
    items_[place] = std::move(item);
    settle(place, note_place);
  }
  template <class NotePlace>
  void erase(std::size_t place, NotePlace&& note_place) {
    const bool is_last = place + 1 == items_.size();
    if (!is_last) items_[place] = std::move(items_.back());
    items_.pop_back();
    if (!is_last) settle(place, note_place);
  }

 private:
  /// The item there goes up or down to where it belongs.
  template <class NotePlace>
  void settle(std::size_t place, NotePlace& note_place) {
    Item item = std::move(items_[place]);
    for (; place > 0 && item < items_[(place - 1) / 2]; place = (place - 1) / 2)
      put(place, std::move(items_[(place - 1) / 2]), note_place);
    for (std::size_t child = least_child(place); child < items_.size() && items_[child] < item;
         place = child, child = least_child(place))
      put(place, std::move(items_[child]), note_place);
    put(place, std::move(item), note_place);
  }
  [[nodiscard]] std::size_t least_child(std::size_t place) const {
    const std::size_t left = 2 * place + 1;
    return left + 1 < items_.size() && items_[left + 1] < items_[left] ? left + 1 : left;
  }
  template <class NotePlace>
  void put(std::size_t place, Item item, NotePlace& note_place) {
    items_[place] = std::move(item);
    note_place(std::as_const(items_[place]), place);
  }

  std::vector<Item> items_;
};

}  // namespace ipop
