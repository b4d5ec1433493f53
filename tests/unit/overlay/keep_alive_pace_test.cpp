#include "overlay/keep_alive_pace.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::overlay;

namespace {

/// Both ends got through after the silence of the present step.
void hold(KeepAlivePace& pace) {
  const Duration silence = pace.interval();
  pace.handle_answered(silence);
  pace.handle_heard(silence);
}

}  // namespace

TEST_CASE("the silence that a path may keep grows, a step for each at which both ends got through") {
  KeepAlivePace pace(17s);
  CHECK(pace.interval() == 17s);
  pace.handle_answered(17s);
  pace.handle_answered(17s);
  CHECK(pace.interval() == 17s);  // nothing of the peer came by itself
  pace.handle_heard(17s);
  CHECK(pace.interval() == 22100ms);
  for (int i = 0; i < 10; ++i)
    hold(pace);
  CHECK(pace.interval() == 55250ms);
}

TEST_CASE("a packet after less than the whole silence says nothing of it") {
  KeepAlivePace pace(17s);
  hold(pace);
  pace.handle_answered(17s);
  pace.handle_heard(17s);
  CHECK(pace.interval() == 22100ms);
}

TEST_CASE("what a NAT forgot is a step back, and it is longer each time until the next attempt") {
  KeepAlivePace pace(17s);
  // A NAT that forgets after 20 seconds: the first step is one too many.
  for (unsigned rounds = 1; rounds <= KeepAlivePace::rounds_most; rounds *= 2) {
    for (unsigned i = 0; i < rounds; ++i) {
      CHECK(pace.interval() == 17s);
      hold(pace);
    }
    CHECK(pace.interval() == 22100ms);
    pace.handle_forgotten(22s);
  }
  for (unsigned i = 0; i < KeepAlivePace::rounds_most; ++i) {
    CHECK(pace.interval() == 17s);
    hold(pace);
  }
  CHECK(pace.interval() == 22100ms);
}

TEST_CASE("a loss in the midst of packets, or at the shortest silence, is no NAT's") {
  KeepAlivePace pace(17s);
  pace.handle_forgotten(17s);
  hold(pace);
  CHECK(pace.interval() == 22100ms);
  pace.handle_forgotten(1s);
  CHECK(pace.interval() == 22100ms);
}

TEST_CASE("who is pinged sooner than it expects keeps to the pace of the other end") {
  KeepAlivePace pace(17s);
  for (int i = 0; i < 5; ++i)
    hold(pace);
  REQUIRE(pace.interval() == 55250ms);
  pace.handle_pinged(52s);  // its jitter
  CHECK(pace.interval() == 55250ms);
  pace.handle_pinged(27s);
  CHECK(pace.interval() == 27200ms);
  // The other end may be a step ahead: so much later it may ping.
  CHECK(pace.late() > 33s - 27s);
  // Not what follows a packet at once.
  pace.handle_pinged(1s);
  CHECK(pace.interval() == 27200ms);
}
