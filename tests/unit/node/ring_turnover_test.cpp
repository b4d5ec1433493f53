#include "node/ring_turnover.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::node;

namespace {

std::vector<NodeId> ids(std::initializer_list<std::uint8_t> firsts) {
  std::vector<NodeId> out;
  for (const std::uint8_t first : firsts) {
    std::array<std::byte, NodeId::size> octets{};
    octets[0] = std::byte{first};
    out.emplace_back(octets);
  }
  return out;
}

}  // namespace

TEST_CASE("a node looks at its address anew when more than half of its neighbours are new since the last look") {
  RingTurnover turnover;
  CHECK(turnover.handle_neighbours(ids({1, 2, 3, 4})));
  CHECK_FALSE(turnover.handle_neighbours(ids({1, 2, 3, 5})));
  CHECK_FALSE(turnover.handle_neighbours(ids({1, 2, 6, 5})));
  CHECK(turnover.handle_neighbours(ids({1, 7, 6, 5})));
  CHECK_FALSE(turnover.handle_neighbours(ids({1, 7, 6, 5})));
  CHECK_FALSE(turnover.handle_neighbours(ids({1, 7})));
  CHECK(turnover.handle_neighbours(ids({8, 9, 10, 11})));
  turnover.clear();
  CHECK(turnover.handle_neighbours(ids({8, 9, 10, 11})));
}
