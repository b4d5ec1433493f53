#include "overlay/leaf_links.hpp"

#include <doctest/doctest.h>

#include "overlay_host.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

namespace {

const net::Endpoint one_leaf = endpoint(192, 0, 2, 1, 4000);
const net::Endpoint other_leaf = endpoint(198, 51, 100, 7, 4001);

bool any_leaf(const net::Endpoint&) {
  return true;
}

}  // namespace

TEST_CASE("bootstrap endpoints are tried as many as are lacking, others beside the late ones, each with back-off") {
  SeededRng rng(4);
  LeafLinks leaf;
  std::vector<net::Endpoint> many;
  for (std::uint8_t i = 1; i <= 6; ++i)
    many.push_back(endpoint(192, 0, 2, i, 4000));
  leaf.set_endpoints(many, {}, rng);
  TimePoint now{};
  const auto first = leaf.take_due(now, 2, any_leaf);
  CHECK(first.size() == 2);
  CHECK(leaf.take_due(now, 2, any_leaf).empty());
  // One has answered: the other may yet.
  leaf.handle_accepted(now, first[1]);
  CHECK(leaf.take_due(now, 1, any_leaf).empty());
  REQUIRE(leaf.deadline(now, true));
  now = *leaf.deadline(now, true);
  CHECK(now == TimePoint{} + LeafLinks::late_after);
  const auto is_first = [&](const net::Endpoint& e) { return std::ranges::find(first, e) != first.end(); };
  const auto any_other = [&](const net::Endpoint& e) { return !is_first(e); };
  CHECK(leaf.take_due(now, 2, any_other).size() == 2);
  now += LeafLinks::late_after;
  // No more than four run at a time.
  CHECK(leaf.take_due(now, 2, any_other).size() == 1);
  CHECK(leaf.take_due(now, 2, any_other).empty());
  CHECK(*leaf.deadline(now, true) == TimePoint{} + LeafLinks::slow_after);
  now = TimePoint{} + LeafLinks::slow_after;
  CHECK(leaf.take_due(now, 2, any_other).size() == 1);
  now += LeafLinks::slow_after;

  // The back-off of one that fails grows to its bound.
  Duration longest{};
  for (int i = 0; i < 12; ++i) {
    leaf.handle_failed(now, first[0], rng);
    const auto next = leaf.deadline(now, true);
    REQUIRE(next);
    longest = std::max(longest, *next - now);
    now = *next;
    CHECK(leaf.take_due(now, 2, [&](const auto& e) { return e == first[0]; }) == std::vector{first[0]});
  }
  CHECK(longest >= 24s);
  CHECK(longest <= 36s);
}

TEST_CASE("an endpoint that accepts and refuses a moment later is tried ever more rarely") {
  SeededRng rng(4);
  LeafLinks leaf;
  leaf.set_endpoints({one_leaf, other_leaf}, {}, rng);
  TimePoint now{};
  Duration pause{};
  for (int i = 0; i < 24; ++i) {
    const auto due = leaf.take_due(now, 2, any_leaf);
    REQUIRE_FALSE(due.empty());
    for (const net::Endpoint& endpoint : due) {
      leaf.handle_accepted(now, endpoint);
      leaf.handle_ended(now + 1s, endpoint, rng);
    }
    now += 1s;
    CHECK(leaf.take_due(now, 2, any_leaf).empty());
    REQUIRE(leaf.deadline(now, true));
    pause = *leaf.deadline(now, true) - now;
    now += pause;
  }
  CHECK(pause > 40s);
  // Once it stood for a while it is tried again at once.
  const auto due = leaf.take_due(now, 2, any_leaf);
  REQUIRE_FALSE(due.empty());
  leaf.handle_accepted(now, due.front());
  now += LeafLinks::refusing.stands;
  leaf.handle_ended(now, due.front(), rng);
  CHECK_FALSE(leaf.take_due(now, 2, [&](const auto& e) { return e == due.front(); }).empty());
}

TEST_CASE("where members were reached is tried after the bootstrap nodes, never for a probe, and is bounded") {
  SeededRng rng(4);
  LeafLinks leaf;
  leaf.set_endpoints({one_leaf}, {}, rng);
  const auto learnt = [](std::size_t i) { return endpoint(198, 51, 100, static_cast<std::uint8_t>(i), 4000); };
  for (std::size_t i = 0; i <= LeafLinks::max_learnt; ++i)
    leaf.learn(learnt(i));
  CHECK_FALSE(leaf.contains(learnt(0)));
  CHECK(leaf.contains(learnt(LeafLinks::max_learnt)));
  leaf.learn_hearsay(other_leaf);
  CHECK_FALSE(leaf.contains(other_leaf));

  leaf.start_probing(TimePoint{}, rng);
  for (TimePoint now{}; now < TimePoint{} + 1000s; now += 60s) {
    const auto probe = leaf.take_probe(now, 1, any_leaf, rng);
    if (!probe) continue;
    CHECK(*probe == one_leaf);
    leaf.handle_unneeded(*probe);
  }
  const auto due = leaf.take_due(TimePoint{} + 1000s, LeafLinks::at_once, any_leaf);
  CHECK(due == std::vector{one_leaf, learnt(1), learnt(2), learnt(3)});

  // Another list of bootstrap nodes takes nothing of it away.
  leaf.set_endpoints({other_leaf}, {}, rng);
  CHECK(leaf.contains(learnt(1)));
  CHECK_FALSE(leaf.contains(one_leaf));
}

TEST_CASE(
    "hearsay that was tried in vain makes room for other hearsay, so that a liar does not fill the list for good") {
  SeededRng rng(4);
  LeafLinks leaf;
  const auto invented = [](std::size_t i) { return endpoint(198, 51, 100, static_cast<std::uint8_t>(i), 4000); };
  leaf.learn_hearsay(invented(0));
  leaf.learn(invented(0));  // that one is there
  for (std::size_t i = 1; i < LeafLinks::max_learnt; ++i)
    leaf.learn_hearsay(invented(i));
  leaf.learn_hearsay(other_leaf);
  CHECK_FALSE(leaf.contains(other_leaf));
  for (const std::size_t i : {std::size_t{0}, std::size_t{7}})
    leaf.handle_failed(TimePoint{}, invented(i), rng);
  leaf.learn_hearsay(other_leaf);
  CHECK(leaf.contains(other_leaf));
  CHECK_FALSE(leaf.contains(invented(7)));
  // Where a member was reached is kept, and so is what has not been tried.
  leaf.learn_hearsay(one_leaf);
  CHECK_FALSE(leaf.contains(one_leaf));
  CHECK(leaf.contains(invented(0)));
}

TEST_CASE("for a second way an endpoint is taken that was not tried in vain, whatever stands before it") {
  SeededRng rng(4);
  LeafLinks leaf;
  leaf.set_endpoints({one_leaf}, {}, rng);
  leaf.learn_hearsay(other_leaf);
  CHECK(leaf.take_untried(TimePoint{}, any_leaf) == one_leaf);
  leaf.handle_failed(TimePoint{}, one_leaf, rng);
  const TimePoint later = TimePoint{} + 10min;
  CHECK(leaf.take_untried(later, any_leaf) == other_leaf);
  CHECK_FALSE(leaf.take_untried(later, any_leaf));  // it is being tried
  leaf.handle_failed(later, other_leaf, rng);
  CHECK_FALSE(leaf.take_untried(later + 10min, any_leaf));
}

TEST_CASE("our own endpoint in the bootstrap list is tried no more") {
  SeededRng rng(4);
  LeafLinks leaf;
  leaf.set_endpoints({one_leaf}, {}, rng);
  CHECK(leaf.take_due(TimePoint{}, 2, any_leaf).size() == 1);
  leaf.handle_own(one_leaf);
  CHECK(leaf.take_due(TimePoint{} + 100s, 2, any_leaf).empty());
  CHECK_FALSE(leaf.deadline(TimePoint{} + 100s, true));
}

TEST_CASE("a node probes for another ring every half to whole minute, in large rings only some nodes do") {
  SeededRng rng(4);
  LeafLinks leaf;
  leaf.set_endpoints({one_leaf, other_leaf}, {}, rng);
  TimePoint now{};
  leaf.start_probing(now, rng);
  unsigned small = 0;
  unsigned large = 0;
  for (unsigned i = 0; i < 200; ++i) {
    const TimePoint due = *leaf.deadline(now, false);
    CHECK(due - now >= 30s);
    CHECK(due - now <= 60s);
    now = due;
    const auto probe = leaf.take_probe(now, i < 100 ? 10 : 1000, any_leaf, rng);
    if (probe) leaf.handle_failed(now, *probe, rng);
    (i < 100 ? small : large) += probe ? 1U : 0U;
  }
  CHECK(small == 100);
  CHECK(large < 10);
}
