#include "control/saved_state.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::control;

TEST_CASE("saved state reads back as it was") {
  SavedState state;
  state.address = net::Ipv4Address(10, 128, 0, 7);
  state.peers = {{net::Ipv4Address(192, 0, 2, 1), 4000}, {net::Ipv6Address{}, 1}};
  state.port = 4711;
  const auto back = parse_saved_state(to_text(state));
  REQUIRE(back);
  CHECK(*back == state);
  const auto empty = parse_saved_state(to_text(SavedState{}));
  REQUIRE(empty);
  CHECK(*empty == SavedState{});
}

TEST_CASE("at most 32 peers are saved and read") {
  SavedState state;
  for (std::uint16_t port = 1; port <= 100; ++port)
    state.peers.push_back({net::Ipv4Address(192, 0, 2, 1), port});
  const auto back = parse_saved_state(to_text(state));
  REQUIRE(back);
  CHECK(back->peers.size() == SavedState::max_peers);
  CHECK(back->peers.front().port == 1);
}

TEST_CASE("a damaged state file is an error with its reason") {
  const std::string good = to_text(SavedState{});
  for (std::size_t length = 0; length + 2 < good.size(); ++length)
    CHECK_FALSE(parse_saved_state(good.substr(0, length)));
  CHECK_FALSE(parse_saved_state("[]"));
  CHECK_FALSE(parse_saved_state(R"({"port":1})"));
  CHECK_FALSE(parse_saved_state(R"({"schema":"ipop.state/2"})"));
  CHECK_FALSE(parse_saved_state(R"({"schema":"ipop.state/1","port":65536})"));
  CHECK_FALSE(parse_saved_state(R"({"schema":"ipop.state/1","port":-1})"));
  CHECK_FALSE(parse_saved_state(R"({"schema":"ipop.state/1","address":"10.0.0.256"})"));
  CHECK_FALSE(parse_saved_state(R"({"schema":"ipop.state/1","peers":["nowhere"]})"));
  CHECK_FALSE(parse_saved_state(R"({"schema":"ipop.state/1","peers":{}})"));
}
