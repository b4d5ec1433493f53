#include "overlay/ring.hpp"

#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "wanting.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

TEST_CASE("a node asks for its place over its first link, and again until two have answered") {
  Wanting node;
  CHECK(node.asks().empty());
  CHECK_FALSE(node.ring.poll_timeout(node.links));
  node.link(200);
  const auto first = node.asks();
  REQUIRE(first.size() == 1);
  CHECK(first[0].destination == id_at(100));
  CHECK(first[0].first_hop == id_at(200));
  CHECK(first[0].spread);
  CHECK(first[0].roles == only(Role::near));
  CHECK(node.answer(first[0].token, 90));
  // One voice may lie: the search goes on, to points beside the place as well, which make no link.
  std::vector<Ring::Ask> later;
  for (int i = 0; i < 3; ++i) {
    node.now = *node.ring.poll_timeout(node.links);
    for (const Ring::Ask& ask : node.asks()) {
      if (ask.token != first[0].token) later.push_back(ask);
    }
  }
  REQUIRE(later.size() >= 3);
  for (const Ring::Ask& ask : later)
    CHECK(ask.roles == (ask.destination == id_at(100) ? only(Role::near) : Roles{}));
  CHECK(std::ranges::count(later, id_at(100), &Ring::Ask::destination) < static_cast<int>(later.size()));
  node.answer(later[0].token, 110);
  // After that it is repeated only to heal what split.
  CHECK(node.ring.handle_timeout(*node.ring.poll_timeout(node.links) + 1h, node.view()));
  drained(node.ring);
  node.ring.drop_questions();
  CHECK(*node.ring.poll_timeout(node.links) > node.now + PlaceSearch::repeat_longest / 2);
}

TEST_CASE("an answer that was not asked for here is somebody else's") {
  Wanting node;
  node.link(200);
  const auto token = node.asks().at(0).token;
  CHECK(node.ring.takes(token));
  CHECK_FALSE(node.ring.takes(token + 1));
  CHECK_FALSE(node.answer(token + 1, 90));
  CHECK(node.answer(token, 90));
  node.ring.drop_questions();
  CHECK_FALSE(node.ring.takes(token));
}

TEST_CASE("who answers for our place and stands near is sought at once, as one who said where it is") {
  Wanting node;
  node.link(200);
  node.answer(node.asks().at(0).token, 90);
  const auto seeks = those<Ring::Seek>(drained(node.ring));
  REQUIRE(seeks.size() == 1);
  CHECK(seeks[0].peer == id_at(90));
  CHECK(seeks[0].has_spoken);
  CHECK(seeks[0].roles == only(Role::near));
}

TEST_CASE("those that are named nearer than the links are sought, two on each side, and not who failed") {
  Wanting node;
  node.link(200, {id_at(60), id_at(70), id_at(80), id_at(90), id_at(110), id_at(120), id_at(130), id_at(140)});
  node.now += 1h;  // nobody is about to name himself
  node.ring.handle_neighbours(node.now, node.links.find(id_at(200))->neighbours, id_at(200));
  node.failed = {id_at(110)};
  CHECK(sought(node.look(), Role::near) == std::set{id_at(80), id_at(90), id_at(120), id_at(130)});
  for (const std::uint8_t peer : std::vector<std::uint8_t>{80, 90, 120, 130})
    node.link(peer);
  CHECK(sought(node.look(), Role::near).empty());
}

TEST_CASE("who lacks a neighbour asks those beside it for a link, and who looks for what split only who is there") {
  Wanting node;
  node.join();
  const auto place_ask = [&] {
    node.now += PlaceSearch::repeat_longest * 2;
    const auto asks = node.asks();
    REQUIRE_FALSE(asks.empty());
    return asks[0];
  };
  CHECK(place_ask().roles.none());
  node.unlink(110);
  const auto lacking = node.asks();
  REQUIRE_FALSE(lacking.empty());
  CHECK(lacking[0].roles == only(Role::near));
  CHECK(place_ask().roles.none());
}

TEST_CASE("a near peer that others name and that has no link is missed, though it was tried in vain") {
  Wanting node;
  node.link(90, {id_at(95)});
  node.failed = {id_at(95)};
  CHECK(node.ring.misses(node.now, id_at(95), node.view()));
  CHECK_FALSE(node.ring.misses(node.now, id_at(90), node.view()));
  CHECK_FALSE(node.ring.misses(node.now, id_at(96), node.view()));
}

TEST_CASE("while those next to this node are about to name themselves others are believed of the nearest only") {
  Wanting node;
  node.link(200, {id_at(80), id_at(90), id_at(110), id_at(120)});
  CHECK(sought(node.look(), Role::near) == std::set{id_at(90), id_at(110)});
  node.spoken = {id_at(200)};
  CHECK(sought(node.look(), Role::near) == std::set{id_at(80), id_at(90), id_at(110), id_at(120)});
}

TEST_CASE("a node has joined when somebody has answered and nobody near is missing but who keeps silent") {
  Wanting node;
  node.link(90, {id_at(110)});
  CHECK(those<Ring::Joined>(node.look()).empty());
  node.answer(node.asks().at(0).token, 90);
  CHECK(those<Ring::Joined>(node.look()).empty());
  node.unheard = {id_at(110)};
  const auto joined = those<Ring::Joined>(node.look());
  REQUIRE(joined.size() == 1);
  CHECK(joined[0].neighbours == 1);
  CHECK(node.ring.is_joined());
  CHECK(those<Ring::Joined>(node.look()).empty());
  node.unlink(90);
  CHECK_FALSE(node.ring.is_joined());
}

TEST_CASE("who stands next is told when it changed, and once more when that is asked for") {
  Wanting node;
  node.link(90);
  const auto first = those<Ring::Changed>(node.look());
  REQUIRE(first.size() == 1);
  CHECK(first[0].neighbours == std::vector{id_at(90)});
  CHECK(first[0].size == 2);
  CHECK(those<Ring::Changed>(node.look()).empty());
  node.ring.forget_what_was_told();
  CHECK(those<Ring::Changed>(node.look()).size() == 1);
}
