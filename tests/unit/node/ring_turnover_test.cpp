#include "node/ring_turnover.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::node;
using namespace std::chrono_literals;

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

TEST_CASE("a node looks at its address anew when more than half of its neighbours came since the last look") {
  RingTurnover turnover;
  TimePoint now{};
  const auto is_due = [&](std::initializer_list<std::uint8_t> neighbours) {
    now += 1s;
    return turnover.handle_neighbours(now, ids(neighbours), true);
  };
  CHECK(is_due({1, 2, 3, 4}));
  CHECK_FALSE(is_due({1, 2, 3, 5}));
  CHECK_FALSE(is_due({1, 2, 6, 5}));
  CHECK(is_due({1, 7, 6, 5}));
  CHECK_FALSE(is_due({1, 7, 6, 5}));
  CHECK_FALSE(is_due({1, 7}));
  CHECK(is_due({8, 9, 10, 11}));
  turnover.clear();
  CHECK(is_due({8, 9, 10, 11}));
}

TEST_CASE("neighbours that came one after the other over hours are no other part of the ring") {
  RingTurnover turnover;
  TimePoint now{};
  CHECK(turnover.handle_neighbours(now, ids({1, 2, 3, 4}), true));
  for (std::uint8_t next = 5; next < 50; ++next) {
    now += RingTurnover::is_new_for / 2;
    const auto first = static_cast<std::uint8_t>(next - 3);
    const auto second = static_cast<std::uint8_t>(next - 2);
    const auto third = static_cast<std::uint8_t>(next - 1);
    CHECK_FALSE(turnover.handle_neighbours(now, ids({first, second, third, next}), true));
  }
  now += RingTurnover::is_new_for;
  CHECK(turnover.handle_neighbours(now, ids({100, 101, 102, 49}), true));
}

TEST_CASE("a node that claims its address knows the neighbours that it had then") {
  RingTurnover turnover;
  TimePoint now{};
  CHECK_FALSE(turnover.handle_neighbours(now, ids({1}), false));
  now += 1s;
  CHECK_FALSE(turnover.handle_neighbours(now, ids({1, 2, 3, 4}), false));
  now += 1s;
  CHECK_FALSE(turnover.handle_neighbours(now, ids({1, 2, 5, 6}), true));
  now += 1s;
  CHECK(turnover.handle_neighbours(now, ids({7, 2, 5, 6}), true));
}
