#include <doctest/doctest.h>

#include "support/sim_ring.hpp"

using namespace ipop;
using namespace ipop::test_support;

TEST_CASE("a node that leaves its ring answers what it was asked and has not answered yet") {
  SimRing ring({.seed = 5});
  ring.add_bootstrap();
  ring.add_member(ring.network().add_public_site(), TimePoint{});
  ring.add_member(ring.network().add_public_site(), TimePoint{});
  REQUIRE(ring.network().run_until_done([&] { return ring.all_joined() && ring.all_have_addresses(); }, 60s));
  // Nobody answers any more, and nobody has noticed.
  ring.network().set_blocked([](HostId, HostId) { return true; });
  SimNode& node = ring.at(1);
  const std::vector<node::Command> questions{node::MembersCommand{}, node::DhtGetCommand{"key"},
                                             node::DhtPutCommand{"key", to_bytes(as_bytes("value"))},
                                             node::WhyCommand{"nobody"}};
  std::vector<std::uint64_t> asked;
  for (const node::Command& question : questions) {
    asked.push_back(node.ask(ring.network().now(), question));
    ring.network().drain(ring.host(1));
    CHECK_FALSE(node.answers.contains(asked.back()));
  }
  node.stop(ring.network().now());
  ring.network().drain(ring.host(1));
  for (const std::uint64_t question : asked) {
    CAPTURE(question);
    REQUIRE(node.answers.contains(question));
    REQUIRE_FALSE(node.answers.at(question).has_value());
    CHECK(node.answers.at(question).error().message().find("left its ring") != std::string::npos);
  }
}
