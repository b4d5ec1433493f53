#include "node/ring_walk.hpp"

#include <set>

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::node;

namespace {

NodeId walk_id(unsigned number) {
  std::array<std::byte, NodeId::size> octets{};
  octets[0] = static_cast<std::byte>(number);
  return NodeId(octets);
}

/// A ring of `size` nodes that name their two neighbours; those in `silent` never answer.
MembersAnswer walk_ring(unsigned size, const std::set<unsigned>& silent, std::size_t limit, TimePoint& now) {
  MemberRow self;
  self.id = walk_id(3);
  RingWalk walk(42, self, limit);
  const auto known = [&](unsigned of) {
    return std::vector<NodeId>{walk_id((of + 1) % size), walk_id((of + 2) % size), walk_id((of + size - 1) % size)};
  };
  walk.start(now, known(3));
  for (int step = 0; step < 10000; ++step) {
    while (auto output = walk.poll_output()) {
      if (auto* finished = std::get_if<RingWalk::Finished>(&*output)) return finished->answer;
      if (std::holds_alternative<RingWalk::Answered>(*output)) continue;
      const auto ask = std::get<RingWalk::Ask>(*output);
      const auto number = std::to_integer<unsigned>(ask.to.octets()[0]);
      if (silent.contains(number)) continue;
      QueryAnswer answer;
      answer.id = ask.id;
      answer.known = known(number);
      walk.handle_answer(now, ask.to, answer);
    }
    const auto next = walk.poll_timeout();
    REQUIRE(next);
    now = *next;
    walk.handle_timeout(now);
  }
  FAIL("the walk never ended");
  return {};
}

}  // namespace

TEST_CASE("a walk finds every member, in ring order from this node on") {
  TimePoint now{};
  const auto answer = walk_ring(40, {}, 1000, now);
  REQUIRE(answer.members.size() == 40);
  CHECK(answer.complete);
  CHECK(answer.members.front().id == walk_id(3));
  CHECK(answer.members.back().id == walk_id(2));
  CHECK(now == TimePoint{});
}

TEST_CASE("a silent member is asked three times, then listed as silent") {
  TimePoint now{};
  const auto answer = walk_ring(10, {5}, 1000, now);
  REQUIRE(answer.members.size() == 10);
  CHECK(answer.members[2].id == walk_id(5));
  CHECK_FALSE(answer.members[2].answered);
  CHECK(answer.members[1].answered);
  CHECK(now == TimePoint{} + 3s);
}

TEST_CASE("a walk stops at its limit and says that it is not complete") {
  TimePoint now{};
  const auto answer = walk_ring(100, {}, 10, now);
  CHECK(answer.members.size() == 10);
  CHECK_FALSE(answer.complete);
}

TEST_CASE("an answer that nobody asked for changes nothing") {
  MemberRow self;
  self.id = walk_id(0);
  RingWalk walk(42, self, 10);
  walk.start(TimePoint{}, {walk_id(1)});
  QueryAnswer forged;
  forged.id = 42;
  forged.known = {walk_id(9)};
  walk.handle_answer(TimePoint{}, walk_id(8), forged);
  forged.id = 41;
  walk.handle_answer(TimePoint{}, walk_id(1), forged);
  std::size_t asked = 0;
  while (auto output = walk.poll_output())
    asked += std::holds_alternative<RingWalk::Ask>(*output) ? 1U : 0U;
  CHECK(asked == 1);
}

TEST_CASE("an answer is told when it comes, not when the last one does") {
  TimePoint now{};
  MemberRow self;
  self.id = walk_id(3);
  RingWalk walk(42, self, 10);
  walk.start(now, {walk_id(1), walk_id(2)});
  while (walk.poll_output()) {
  }
  QueryAnswer answer;
  answer.id = 42;
  answer.name = "bob";
  walk.handle_answer(now, walk_id(1), answer);
  const auto output = walk.poll_output();
  REQUIRE(output);
  REQUIRE(std::holds_alternative<RingWalk::Answered>(*output));
  CHECK(std::get<RingWalk::Answered>(*output).row.id == walk_id(1));
  CHECK(std::get<RingWalk::Answered>(*output).row.name == "bob");
  CHECK_FALSE(walk.poll_output());
}
