#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/expiring_map.hpp"
#include "base/fifo.hpp"
#include "base/flat_map.hpp"
#include "base/indexed_heap.hpp"
#include "base/maybe_time.hpp"
#include "base/rng.hpp"

using namespace ipop;

namespace {
constexpr TimePoint origin{};
}

TEST_CASE("a flat map holds what an ordered map holds, whatever was put and erased") {
  SeededRng rng(3);
  FlatMap<unsigned, std::string> flat;
  std::map<unsigned, std::string> tree;
  for (int i = 0; i < 2000; ++i) {
    const auto key = static_cast<unsigned>(rng.below(40));
    if (rng.below(3) == 0) {
      CHECK(flat.erase(key) == tree.erase(key));
    } else {
      flat[key] = tree[key] = std::to_string(i);
    }
    REQUIRE(flat.size() == tree.size());
    CHECK(flat.contains(key) == tree.contains(key));
  }
  CHECK(std::vector<std::pair<unsigned, std::string>>(flat.begin(), flat.end()) ==
        std::vector<std::pair<unsigned, std::string>>(tree.begin(), tree.end()));
  const auto& fixed = std::as_const(flat);
  for (unsigned key = 0; key <= 40; ++key) {
    CHECK((fixed.lower_bound(key) - fixed.begin()) == std::distance(tree.begin(), tree.lower_bound(key)));
    CHECK((fixed.upper_bound(key) - fixed.begin()) == std::distance(tree.begin(), tree.upper_bound(key)));
  }
}

TEST_CASE("a key that a flat map has keeps its value when it is put again") {
  FlatMap<int, int> flat;
  CHECK(flat.try_emplace(1, 10).second);
  CHECK_FALSE(flat.try_emplace(1, 20).second);
  CHECK(flat.find(1)->second == 10);
  CHECK(erase_if(flat, [](const auto& entry) { return entry.second == 10; }) == 1);
  CHECK(flat.empty());
}

TEST_CASE("what is put into a fifo first comes out first") {
  Fifo<int> fifo;
  int put = 0;
  int taken = 0;
  for (int round = 1; round < 30; ++round) {
    for (int i = 0; i < round; ++i)
      fifo.push_back(put++);
    for (int i = 0; i < round - 1; ++i) {
      REQUIRE(fifo.front() == taken);
      fifo.pop_front();
      ++taken;
    }
    CHECK(fifo.size() == static_cast<std::size_t>(put - taken));
    CHECK(fifo.back() == put - 1);
  }
  fifo.erase_if([&](int item) { return item % 2 == 0; });
  for (; taken < put; ++taken) {
    if (taken % 2 == 0) continue;
    REQUIRE(fifo.front() == taken);
    fifo.pop_front();
  }
  CHECK(fifo.empty());
  CHECK(fifo.size() == 0);
}

TEST_CASE("an indexed heap gives the least first, and knows where each item stands") {
  SeededRng rng(5);
  using Item = std::pair<std::uint64_t, unsigned>;  // when, and whose
  IndexedHeap<Item> heap;
  std::map<unsigned, std::size_t> places;
  std::map<unsigned, std::uint64_t> expected;
  const auto note = [&](const Item& item, std::size_t place) { places[item.second] = place; };
  for (int i = 0; i < 3000; ++i) {
    const auto name = static_cast<unsigned>(rng.below(50));
    const auto when = rng.below(1000);
    if (!expected.contains(name)) {
      heap.push({when, name}, note);
      expected[name] = when;
    } else if (rng.below(2) == 0) {
      heap.replace(places[name], {when, name}, note);
      expected[name] = when;
    } else {
      heap.erase(places[name], note);
      expected.erase(name);
    }
    REQUIRE(heap.size() == expected.size());
    std::optional<Item> least;
    for (const auto& [each, time] : expected) {
      CHECK(heap.at(places[each]) == Item{time, each});
      if (!least || Item{time, each} < *least) least = Item{time, each};
    }
    if (least) CHECK(heap.first() == *least);
  }
}

TEST_CASE("a time that may be absent is one or none") {
  MaybeTime time;
  CHECK_FALSE(time);
  CHECK(std::optional<TimePoint>(time) == std::nullopt);
  time = origin;
  CHECK(time);
  CHECK(*time == origin);
  CHECK(std::optional<TimePoint>(time) == origin);
  time = std::optional<TimePoint>(origin + 1s);
  CHECK(*time == origin + 1s);
  time = std::nullopt;
  CHECK_FALSE(time.has_value());
  static_assert(sizeof(MaybeTime) == sizeof(TimePoint));
}

TEST_CASE("of entries that end at one time the one that was put first makes room") {
  ExpiringMap<int, int> map(2);
  map.put(origin, 7, 70, origin + 5s);
  map.put(origin, 3, 30, origin + 5s);
  map.put(origin, 5, 50, origin + 5s);
  CHECK(map.find(7, origin) == nullptr);
  REQUIRE(map.find(3, origin) != nullptr);
  map.put(origin, 3, 31, origin + 5s);
  map.put(origin, 9, 90, origin + 5s);
  CHECK(map.find(5, origin) == nullptr);
  CHECK(*map.find(3, origin) == 31);
  CHECK(map.next_end() == origin + 5s);
}
