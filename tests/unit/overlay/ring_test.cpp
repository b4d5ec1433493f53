#include <doctest/doctest.h>

#include "overlay_host.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

TEST_CASE("two nodes make a ring, each the other's neighbour on both sides") {
  Ring ring(1);
  ring.add_public();
  ring.add_public(100ms);
  CHECK(ring.network.run_until_done([&] { return ring.all_joined(); }, 3s));
  MESSAGE("joined after " << (ring.network.now().time_since_epoch() - 100ms) / 1ms << " ms");
  CHECK(ring[0].overlay().neighbours() == std::vector{ring.ids[1]});
  CHECK(ring[1].overlay().neighbours() == std::vector{ring.ids[0]});
  CHECK(ring[0].overlay().successor() == ring.ids[1]);
  CHECK(ring[0].overlay().size_estimate() == 2);
  CHECK(ring[0].joined.size() == 1);
}

TEST_CASE("twenty nodes that start within a second are in ring order soon after") {
  Ring ring(2);
  ring.add_public();
  SeededRng rng(5);
  for (int i = 1; i < 20; ++i)
    ring.add_behind(test_support::port_restricted_cone(), std::chrono::milliseconds(rng.below(1000)));
  CHECK(ring.network.run_until_done([&] { return ring.is_right() && ring.all_joined(); }, 20s));
  MESSAGE("right after " << ring.network.now().time_since_epoch() / 1ms << " ms, datagrams "
                         << ring.network.datagrams_sent());
  ring.network.run_for(60s);
  CHECK(ring.is_right());
}
