#include "dht/replica_set.hpp"

#include <doctest/doctest.h>

#include "dht/ring_view.hpp"

using namespace ipop;
using namespace ipop::dht;

namespace {

NodeId id_at(std::uint8_t first) {
  std::array<std::byte, NodeId::size> octets{};
  octets[0] = std::byte{first};
  return NodeId(octets);
}

/// Node 50 of a larger ring, with two neighbours on each side.
RingView view_of_five() {
  return {id_at(50), {id_at(60), id_at(70), id_at(40), id_at(30)}};
}

}  // namespace

TEST_CASE("eight replicas stand at eighths of the ring, four at quarters") {
  const NodeId first = id_at(0x10);
  CHECK(place_of(first, 0) == first);
  CHECK(place_of(first, 1) == id_at(0x30));
  CHECK(place_of(first, 4) == id_at(0x90));
  CHECK(place_of(first, 7) == id_at(0xf0));
  CHECK(positions_in_use(8).size() == 8);
  const auto few = positions_in_use(4);
  REQUIRE(few.size() == 4);
  CHECK(few[1] == 2);
}

TEST_CASE("a ring uses eight positions from 16 nodes on and four below 12") {
  CHECK(replicas_for(1, 4) == 4);
  CHECK(replicas_for(15, 4) == 4);
  CHECK(replicas_for(16, 4) == 8);
  CHECK(replicas_for(12, 8) == 8);
  CHECK(replicas_for(11, 8) == 4);
}

TEST_CASE("a majority is 5 of 8 and 3 of 4") {
  CHECK(is_majority(PositionSet{0b0001'1111}, 8));
  CHECK_FALSE(is_majority(PositionSet{0b0000'1111}, 8));
  CHECK(is_majority(PositionSet{0b0001'0101}, 4));
  CHECK_FALSE(is_majority(PositionSet{0b0001'0001}, 4));
  CHECK_FALSE(is_majority(PositionSet{0b1010'1010}, 4));
}

TEST_CASE("any two majorities meet, also when one of them counts 8 positions and the other 4") {
  for (unsigned a = 0; a < 256; ++a) {
    for (unsigned b = 0; b < 256; ++b) {
      const PositionSet first(a);
      const PositionSet second(b);
      for (const unsigned ours : {4U, 8U}) {
        for (const unsigned theirs : {4U, 8U}) {
          if (is_majority(first, ours) && is_majority(second, theirs)) {
            if ((first & second).none()) FAIL("disjoint majorities: ", a, " ", b);
          }
        }
      }
    }
  }
}

TEST_CASE("a node sees who is nearest to a place and whether it stands beside him") {
  const RingView view(id_at(0x40), {id_at(0x10), id_at(0x80), id_at(0x20), id_at(0x60)});
  CHECK(view.nearest(id_at(0x42)) == id_at(0x40));
  CHECK(view.nearest(id_at(0xf8)) == id_at(0x10));
  CHECK(view.next_to_self() == std::vector<NodeId>{id_at(0x20), id_at(0x60)});
  CHECK(view.may_be_self_keeper(id_at(0x42)));
  CHECK(view.may_be_self_keeper(id_at(0x62)));
  CHECK(view.may_be_self_keeper(id_at(0x1f)));
  CHECK_FALSE(view.may_be_self_keeper(id_at(0x81)));
  CHECK(RingView(id_at(1)).next_to_self().empty());
  CHECK(RingView(id_at(1), {id_at(9)}).next_to_self() == std::vector<NodeId>{id_at(9)});
}

TEST_CASE("a node is sure who is nearest to a place between the outermost nodes that it sees") {
  const RingView view = view_of_five();
  for (const auto place : {31, 45, 50, 55, 69})
    CHECK_MESSAGE(view.covers(id_at(static_cast<std::uint8_t>(place))), place);
  for (const auto place : {29, 71, 150, 5})
    CHECK_FALSE_MESSAGE(view.covers(id_at(static_cast<std::uint8_t>(place))), place);
  // Who sees one on each side knows nobody behind them.
  const RingView three(id_at(50), {id_at(60), id_at(40)});
  CHECK(three.covers(id_at(55)));
  CHECK_FALSE(three.covers(id_at(61)));
  CHECK_FALSE(RingView(id_at(50)).covers(id_at(50)));
}

TEST_CASE("what is kept at a place the nearest node has, and who would be it without him") {
  const RingView view = view_of_five();
  const auto keepers = [&](std::uint8_t place) { return view.keepers(id_at(place)); };
  CHECK(keepers(42).holder == id_at(40));
  CHECK(keepers(42).second == id_at(50));
  CHECK(keepers(37).second == id_at(30));
  CHECK(keepers(66).holder == id_at(70));
  CHECK(keepers(66).second == id_at(60));
  CHECK(view.is_self_keeper(id_at(42)));
  CHECK(view.is_self_keeper(id_at(54)));
  CHECK_FALSE(view.is_self_keeper(id_at(37)));
  CHECK_FALSE(view.is_self_keeper(id_at(66)));
  CHECK_FALSE(RingView(id_at(1)).keepers(id_at(9)).second);
  CHECK(RingView(id_at(1), {id_at(200)}).keepers(id_at(9)).second == id_at(200));
}

TEST_CASE("a node that dies leaves its place to the second, wherever the place lies") {
  const RingView view = view_of_five();
  for (unsigned place = 25; place < 75; ++place) {
    const NodeId at = id_at(static_cast<std::uint8_t>(place));
    const Keepers keepers = view.keepers(at);
    if (keepers.holder == view.self()) continue;
    CHECK_MESSAGE(view.without({keepers.holder}).nearest(at) == keepers.second, place);
  }
}

TEST_CASE("had a node not come, who stood for its places is known") {
  const RingView view = view_of_five();
  CHECK(view.nearest(id_at(57)) == id_at(60));
  CHECK(view.without({id_at(60)}).nearest(id_at(57)) == id_at(50));
  CHECK(view.without({id_at(50)}) == view);
}
