#include <string>
#include <unordered_map>

#include <doctest/doctest.h>

#include "base/counters.hpp"
#include "base/expiring_map.hpp"
#include "base/machine.hpp"
#include "base/strong_id.hpp"
#include "base/timer_table.hpp"

using namespace ipop;

namespace {

enum class Timer { retry, keep_alive, close, count_ };

constexpr TimePoint start{};

// Gives its name once, when its time has come.
class Bell {
 public:
  using Output = std::string;

  explicit Bell(TimePoint when) { timers_.set(Timer::retry, when); }
  void handle_timeout(TimePoint now) {
    if (timers_.expire(Timer::retry, now)) outputs_.push("ring");
  }
  std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const { return timers_.next(); }

 private:
  TimerTable<Timer> timers_;
  OutputQueue<Output> outputs_;
};
static_assert(Machine<Bell>);

}  // namespace

TEST_CASE("the timer table gives the earliest of its deadlines") {
  TimerTable<Timer> timers;
  CHECK_FALSE(timers.next());
  timers.set(Timer::keep_alive, start + 15s);
  timers.set(Timer::retry, start + 1s);
  timers.set(Timer::close, start + 20s);
  CHECK(timers.next() == start + 1s);
  timers.clear(Timer::retry);
  CHECK(timers.next() == start + 15s);
  timers.set(Timer::keep_alive, start + 30s);
  CHECK(timers.next() == start + 20s);
  CHECK(timers.get(Timer::keep_alive) == start + 30s);
  CHECK_FALSE(timers.is_set(Timer::retry));
}

TEST_CASE("a deadline expires once, at its time and not before") {
  TimerTable<Timer> timers;
  timers.set(Timer::retry, start + 1s);
  CHECK_FALSE(timers.expire(Timer::retry, start + 999ms));
  CHECK(timers.expire(Timer::retry, start + 1s));
  CHECK_FALSE(timers.expire(Timer::retry, start + 1s));
  CHECK_FALSE(timers.expire(Timer::close, start + 1h));
}

TEST_CASE("a machine is driven by input, drain, wait") {
  Bell bell(start + 3s);
  CHECK_FALSE(bell.poll_output());
  REQUIRE(bell.poll_timeout());
  bell.handle_timeout(*bell.poll_timeout());
  CHECK(bell.poll_output() == "ring");
  CHECK_FALSE(bell.poll_output());
  CHECK_FALSE(bell.poll_timeout());
}

TEST_CASE("outputs come in the order in which they were made") {
  OutputQueue<int> outputs;
  outputs.push(1);
  outputs.push(2);
  CHECK(outputs.poll() == 1);
  outputs.push(3);
  CHECK(outputs.poll() == 2);
  CHECK(outputs.poll() == 3);
  CHECK(outputs.empty());
}

TEST_CASE("the earlier of two deadlines counts only those that are there") {
  CHECK_FALSE(earliest(std::nullopt, std::nullopt));
  CHECK(earliest(start, std::nullopt) == start);
  CHECK(earliest(std::nullopt, start) == start);
  CHECK(earliest(start + 2s, start + 1s) == start + 1s);
}

TEST_CASE("an entry is found until its time is over") {
  ExpiringMap<std::string, int> map(10);
  map.put(start, "a", 1, start + 5s);
  REQUIRE(map.find("a", start) != nullptr);
  CHECK(*map.find("a", start + 4999ms) == 1);
  CHECK(map.find("a", start + 5s) == nullptr);
  CHECK(map.find("b", start) == nullptr);
  CHECK(map.next_end() == start + 5s);
}

TEST_CASE("a new value replaces the old one and its end") {
  ExpiringMap<std::string, int> map(10);
  map.put(start, "a", 1, start + 5s);
  map.put(start, "a", 2, start + 9s);
  CHECK(map.size() == 1);
  CHECK(*map.find("a", start + 8s) == 2);
  CHECK(map.next_end() == start + 9s);
  map.drop_expired(start + 5s);
  CHECK(map.size() == 1);
}

TEST_CASE("entries that have ended are taken one by one, the earliest first") {
  ExpiringMap<std::string, int, Endings::taken> map(10);
  map.put(start, "late", 3, start + 9s);
  map.put(start, "second", 2, start + 2s);
  map.put(start, "first", 1, start + 1s);
  CHECK(map.take_expired(start + 2s) == std::pair<std::string, int>("first", 1));
  CHECK(map.take_expired(start + 2s) == std::pair<std::string, int>("second", 2));
  CHECK_FALSE(map.take_expired(start + 2s));
  CHECK(map.size() == 1);
}

TEST_CASE("what has ended takes no room, though nobody asks for it, unless somebody takes what ended") {
  ExpiringMap<int, int> map(1000);
  ExpiringMap<int, int, Endings::taken> taken(1000);
  for (int i = 0; i < 500; ++i) {
    const TimePoint now = start + std::chrono::seconds(i);
    map.put(now, i, i, now + 10s);
    taken.put(now, i, i, now + 10s);
  }
  CHECK(map.size() == 10);
  CHECK(taken.size() == 500);
}

TEST_CASE("a flood of keys can't grow the map; the entry that ends first makes room") {
  ExpiringMap<int, int> map(100);
  for (int i = 0; i < 10000; ++i)
    map.put(start, i, i, start + std::chrono::seconds(i));
  CHECK(map.size() == 100);
  CHECK(map.find(9899, start) == nullptr);
  CHECK(map.find(9900, start) != nullptr);
  CHECK(map.next_end() == start + 9900s);
}

TEST_CASE("erasing and clearing leave no deadline behind; visits are in the order of the keys") {
  ExpiringMap<std::string, int> map(10);
  map.put(start, "b", 2, start + 1s);
  map.put(start, "a", 1, start + 2s);
  std::string keys;
  map.for_each([&keys](const std::string& key, int value) { keys += key + std::to_string(value); });
  CHECK(keys == "a1b2");
  map.erase("b");
  CHECK(map.next_end() == start + 2s);
  map.clear();
  CHECK_FALSE(map.next_end());
  CHECK(map.size() == 0);
}

TEST_CASE("counters count by name, merge, and are listed in the order of their names") {
  Counters counters;
  CHECK(counters.get("drop_arp_truncated") == 0);
  counters.add("drop_arp_truncated");
  counters.add("drop_arp_truncated", 4);
  counters.add("a_first");
  Counters other;
  other.add("drop_arp_truncated", 10);
  other.add("z_last");
  counters.merge(other);
  CHECK(counters.get("drop_arp_truncated") == 15);
  std::string names;
  for (const auto& [name, value] : counters.all())
    names += name + " ";
  CHECK(names == "a_first drop_arp_truncated z_last ");
}

TEST_CASE("ids of different things are different types that order and hash as their numbers") {
  using LinkId = StrongId<struct LinkTag, std::uint32_t>;
  using PeerId = StrongId<struct PeerTag, std::uint32_t>;
  static_assert(!std::is_same_v<LinkId, PeerId>);
  static_assert(!std::is_convertible_v<LinkId, PeerId>);
  CHECK(LinkId{1} < LinkId{2});
  std::unordered_map<LinkId, int> map{{LinkId{7}, 1}};
  CHECK(map.contains(LinkId{7}));
}

TEST_CASE("wall time counts in seconds") {
  constexpr WallTime time{1000};
  static_assert(time + 5s - time == 5s);
  CHECK(time - 1h < time);
}
