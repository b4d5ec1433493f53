#include "overlay/stranger_watch.hpp"

#include <doctest/doctest.h>

#include "overlay_host.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

namespace {

constexpr TimePoint start{};

}  // namespace

TEST_CASE("whoever comes in from an address that was never written to proves that strangers get in") {
  StrangerWatch watch;
  watch.handle_sent(start, endpoint(198, 51, 100, 7, 4000), false);  // the answer to a first message
  CHECK_FALSE(watch.got_in());
  CHECK(watch.handle_opened(start + 1s, endpoint(198, 51, 100, 7, 4000)));
  CHECK(watch.got_in());
  CHECK_FALSE(watch.handle_opened(start + 2s, endpoint(198, 51, 100, 7, 4000)));
  watch.clear();
  CHECK_FALSE(watch.got_in());
}

TEST_CASE("an answer, also from another port of the same address, proves nothing") {
  StrangerWatch watch;
  watch.handle_sent(start, endpoint(198, 51, 100, 7, 4000), true);
  CHECK_FALSE(watch.handle_opened(start + 1s, endpoint(198, 51, 100, 7, 4000)));
  watch.handle_sent(start + 1s, endpoint(198, 51, 100, 7, 5000), false);
  CHECK_FALSE(watch.handle_opened(start + 2s, endpoint(198, 51, 100, 7, 5000)));
  // Long after, every filter has forgotten it.
  watch.handle_sent(start + 700s, endpoint(198, 51, 100, 7, 5000), false);
  CHECK(watch.handle_opened(start + 701s, endpoint(198, 51, 100, 7, 5000)));
}

TEST_CASE("a machine of the same site is no stranger, and a first message alone is no peer") {
  StrangerWatch watch;
  watch.handle_sent(start, endpoint(192, 168, 1, 7, 4000), false);
  CHECK_FALSE(watch.handle_opened(start, endpoint(192, 168, 1, 7, 4000)));
  watch.handle_sent(start, endpoint(198, 51, 100, 7, 4000), false);
  CHECK_FALSE(watch.handle_opened(start + 31s, endpoint(198, 51, 100, 7, 4000)));
}

TEST_CASE("a public node is reached from outside, one behind a NAT that filters is not") {
  SimRing ring(81, {.latency = 20ms});
  ring.add_public();
  const auto open = ring.add_public(100ms);
  const auto behind = ring.add_behind(test_support::port_restricted_cone(), 200ms);
  const auto alone = ring.add_behind(test_support::symmetric(), 300ms);
  ring.network.run_for(60s);
  CHECK(ring[0].overlay().is_reached_from_outside());
  CHECK_FALSE(ring[behind].overlay().is_reached_from_outside());
  CHECK_FALSE(ring[alone].overlay().is_reached_from_outside());
  static_cast<void>(open);
}
