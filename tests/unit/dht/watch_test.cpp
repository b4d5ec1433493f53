#include "dht/watch.hpp"

#include <array>

#include <doctest/doctest.h>

#include "dht/watch_table.hpp"
#include "unit/dht/ring_harness.hpp"

using namespace ipop;
using namespace ipop::dht;
using namespace ipop::dht::test;

namespace {

Record value_of(std::size_t owner, std::uint64_t sequence, std::string_view content,
                std::chrono::seconds lives = std::chrono::hours(20)) {
  return make_record(RecordKind::value, text("manager"), content, key_of(owner), sequence, epoch, lives);
}

/// Changes that a member was told of since the last call.
std::size_t take_changes(TestRing& ring, std::size_t index) {
  return std::exchange(ring.members[index].changes, {}).size();
}

NodeId node(std::uint16_t number) {
  std::array<std::byte, NodeId::size> octets{};
  octets[0] = static_cast<std::byte>(number >> 8U);
  octets[1] = static_cast<std::byte>(number & 0xffU);
  return NodeId(octets);
}

WatchRequest request_of(RequestNumber number, std::chrono::seconds lifetime, std::string_view name = "manager") {
  return {number, 3, RecordKind::value, lifetime, text(name)};
}

const Key manager{RecordKind::value, text("manager")};

}  // namespace

TEST_CASE("a watcher hears at once that its watch stands, and then of every change") {
  TestRing ring(30, 1);
  ring.watch(3, text("manager"));
  ring.run_for(2s);
  CHECK(take_changes(ring, 3) == 1);

  REQUIRE(ring.put_and_wait(0, value_of(0, 1, "first")).outcome == Outcome::done);
  ring.run_for(2s);
  CHECK(take_changes(ring, 3) == 1);
  REQUIRE(ring.put_and_wait(0, value_of(0, 2, "second")).outcome == Outcome::done);
  ring.run_for(2s);
  CHECK(take_changes(ring, 3) == 1);
  REQUIRE(ring.put_and_wait(1, value_of(1, 1, "another's")).outcome == Outcome::done);
  ring.run_for(2s);
  CHECK(take_changes(ring, 3) == 1);
  REQUIRE(ring.put_and_wait(0, value_of(0, 3, "")).outcome == Outcome::done);
  ring.run_for(2s);
  CHECK(take_changes(ring, 3) == 1);
  ring.run_for(300s);
  CHECK(take_changes(ring, 3) == 0);
}

TEST_CASE("a value that is renewed is no change, one that ends is") {
  TestRing ring(30, 2);
  REQUIRE(ring.put_and_wait(0, value_of(0, 1, "alive", 60s)).outcome == Outcome::done);
  ring.watch(3, text("manager"));
  ring.run_for(10s);
  CHECK(take_changes(ring, 3) == 1);
  REQUIRE(ring.put_and_wait(0, value_of(0, 2, "alive", 600s)).outcome == Outcome::done);
  ring.run_for(300s);
  CHECK(take_changes(ring, 3) == 0);
  ring.run_for(300s);
  CHECK(take_changes(ring, 3) == 1);
}

TEST_CASE("a key that is watched once more is told once more") {
  TestRing ring(5, 3);
  ring.watch(3, text("manager"));
  ring.run_for(5s);
  CHECK(take_changes(ring, 3) == 1);
  ring.watch(3, text("manager"));
  ring.run_for(5s);
  CHECK(take_changes(ring, 3) == 1);
}

TEST_CASE("who no longer watches hears nothing, and the replicas forget him") {
  TestRing ring(30, 4);
  ring.watch(3, text("manager"));
  ring.run_for(5s);
  ring.unwatch(3, text("manager"));
  ring.run_for(5s);
  static_cast<void>(take_changes(ring, 3));
  REQUIRE(ring.put_and_wait(0, value_of(0, 1, "first")).outcome == Outcome::done);
  ring.run_for(100s);
  CHECK(take_changes(ring, 3) == 0);
  CHECK(ring.members[3].dht->counters().get("drop_dht_unasked_watch") == 0);
}

TEST_CASE("a watch works alone, in small rings, and with a fifth of all messages lost") {
  for (const std::size_t size : {1U, 2U, 7U, 40U}) {
    CAPTURE(size);
    TestRing ring(size, 50 + size);
    ring.loss = 0.2;
    const std::size_t watcher = size - 1;
    ring.watch(watcher, text("manager"));
    ring.run_for(20s);
    static_cast<void>(take_changes(ring, watcher));
    REQUIRE(ring.put_and_wait(0, value_of(0, 1, "first")).outcome == Outcome::done);
    ring.run_for(100s);  // a notice may be lost three times, the next refresh not for long
    CHECK(take_changes(ring, watcher) >= 1);
  }
}

TEST_CASE("a watch outlives the nodes that it was registered with") {
  TestRing ring(60, 6);
  ring.watch(3, text("manager"));
  REQUIRE(ring.put_and_wait(0, value_of(0, 1, "first")).outcome == Outcome::done);
  ring.run_for(5s);
  const NodeId first = position_of(name_space, RecordKind::value, text("manager"));
  for (unsigned position = 0; position < max_replicas; ++position) {
    auto& holder = ring.nearest(place_of(first, position));
    if (holder.number != 3 && holder.number != 0) holder.alive = false;
  }
  ring.update_rings();
  ring.run_for(80s);  // every watcher has asked again by then
  static_cast<void>(take_changes(ring, 3));
  REQUIRE(ring.put_and_wait(0, value_of(0, 2, "second")).outcome == Outcome::done);
  ring.run_for(2s);
  CHECK(take_changes(ring, 3) == 1);
}

TEST_CASE("what changed while the notices were lost is found by the next refresh") {
  TestRing ring(30, 7);
  ring.watch(3, text("manager"));
  ring.run_for(5s);
  static_cast<void>(take_changes(ring, 3));
  ring.deaf.push_back(ring.members[3].id);
  REQUIRE(ring.put_and_wait(0, value_of(0, 1, "first")).outcome == Outcome::done);
  ring.run_for(10s);
  ring.deaf.clear();
  CHECK(take_changes(ring, 3) == 0);
  ring.run_for(80s);
  CHECK(take_changes(ring, 3) == 1);
}

TEST_CASE("a replica that has just come and holds nothing is no change; most of them are") {
  SeededRng rng(1);
  TimePoint now{};
  Watch watch(node(0), manager, 8, 1s, rng, now);
  std::vector<WatchRequest> asked;
  const auto refresh = [&](const std::vector<std::uint64_t>& states) {
    now += 75s;
    watch.handle_timeout(now);
    asked.clear();
    for (const PositionMessage& message : watch.take_messages())
      asked.push_back(std::get<WatchRequest>(message.message));
    REQUIRE(asked.size() == 3);
    for (std::size_t i = 0; i < 3; ++i)
      watch.handle_answer(now, {asked[i].request, asked[i].position, 150s, states[i]});
    watch.handle_timeout(now);
    return watch.take_change();
  };
  static_cast<void>(watch.take_messages());
  CHECK(refresh({7, 7, 7}));
  CHECK_FALSE(refresh({7, 7, 7}));
  CHECK_FALSE(refresh({7, nothing_stored, 7}));
  CHECK(refresh({7, nothing_stored, nothing_stored}));
  CHECK(refresh({8, 8, 8}));
}

TEST_CASE("S3: a replica that cries wolf costs one change a second, and a stranger none") {
  SeededRng rng(1);
  TimePoint now{};
  Watch watch(node(0), manager, 8, 1s, rng, now);
  const auto asked = std::get<WatchRequest>(watch.take_messages().at(0).message);
  std::size_t changes = 0;
  for (std::uint64_t i = 1; i <= 10'000; ++i) {
    now += 1ms;
    watch.handle_notice(now, {asked.request, asked.position, i});
    watch.handle_notice(now, {asked.request + 1, asked.position, i});
    watch.handle_timeout(now);
    changes += watch.take_change() ? 1U : 0U;
  }
  CHECK(changes == 10);
  CHECK_FALSE(watch.takes(asked.request + 1));
}

TEST_CASE("a thousand watchers of a key spread over its eight positions") {
  SeededRng rng(1);
  std::array<std::size_t, max_replicas> asked{};
  for (int i = 0; i < 1000; ++i) {
    std::array<std::byte, NodeId::size> octets{};
    rng.fill(octets);
    Watch watch(NodeId(octets), manager, 8, 1s, rng, TimePoint{});
    for (const PositionMessage& message : watch.take_messages())
      ++asked.at(message.position);
  }
  for (const std::size_t watchers : asked) {
    CHECK(watchers > 300);
    CHECK(watchers < 450);
  }
}

TEST_CASE("a replica tells its watchers a few at a time, each once") {
  WatchTable table({});
  TimePoint now{};
  for (std::uint16_t i = 0; i < 1000; ++i)
    CHECK(table.handle_request(now, node(i), request_of(i, 150s), 5).lifetime == 150s);
  table.handle_state(now, manager, 6);
  std::map<NodeId, std::size_t> told;
  std::size_t most = 0;
  while (const auto next = table.poll_timeout()) {
    if (*next >= now + 100s) break;
    const auto notices = table.take_notices();
    most = std::max(most, notices.size());
    for (const auto& notice : notices) {
      ++told[notice.to];
      CHECK(notice.notice.state == 6);
      CHECK(notice.notice.position == 3);
    }
    now = *next;
    table.handle_timeout(now);
  }
  for (const auto& notice : table.take_notices())
    ++told[notice.to];
  CHECK(told.size() == 1000);
  CHECK(std::ranges::all_of(told, [](const auto& it) { return it.second == 1; }));
  CHECK(most == WatchTable::Limits{}.notices);
  CHECK(now < TimePoint{} + 1s);
}

TEST_CASE("what a watcher knows already, or what changed back, is not told") {
  WatchTable table({.notices = 1});
  TimePoint now{};
  for (std::uint16_t i = 0; i < 3; ++i)
    static_cast<void>(table.handle_request(now, node(i), request_of(i, 150s), 5));
  table.handle_state(now, manager, 5);
  CHECK(table.take_notices().empty());
  table.handle_state(now, manager, 6);
  CHECK(table.take_notices().size() == 1);
  table.handle_state(now, manager, 5);
  now += 1s;
  table.handle_timeout(now);
  const auto notices = table.take_notices();
  REQUIRE(notices.size() == 1);  // the one who heard of 6
  CHECK(notices[0].to == node(0));
  CHECK(notices[0].notice.state == 5);
}

TEST_CASE("a watcher that is not heard of again is forgotten") {
  WatchTable table({});
  TimePoint now{};
  static_cast<void>(table.handle_request(now, node(1), request_of(1, 150s), 5));
  static_cast<void>(table.handle_request(now, node(2), request_of(2, 150s), 5));
  now += 100s;
  static_cast<void>(table.handle_request(now, node(2), request_of(2, 150s), 5));
  CHECK(table.poll_timeout() == TimePoint{} + 150s);
  now += 50s;
  table.handle_timeout(now);
  CHECK(table.size() == 1);
  CHECK(table.handle_request(now, node(2), request_of(2, 0s), 5).lifetime == 0s);
  CHECK(table.size() == 0);
  CHECK_FALSE(table.is_watched(manager));
  CHECK_FALSE(table.poll_timeout());
}

TEST_CASE("S3: watchers are bounded in all and a node, and none lives longer than ten minutes") {
  WatchTable table({.watchers = 100, .a_watcher = 4});
  const TimePoint now{};
  for (std::uint64_t i = 0; i < 10; ++i) {
    const auto answer = table.handle_request(now, node(1), request_of(i, 65535s), 5);
    CHECK(answer.lifetime == (i < 4 ? 600s : 0s));
  }
  CHECK(table.handle_request(now, node(1), request_of(2, 150s), 5).lifetime == 150s);
  for (std::uint16_t i = 2; i < 1000; ++i)
    static_cast<void>(table.handle_request(now, node(i), request_of(i, 150s), 5));
  CHECK(table.size() == 100);
}
