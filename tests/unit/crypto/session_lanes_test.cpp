#include "crypto/session_lanes.hpp"

#include <doctest/doctest.h>

#include "machines.hpp"

namespace ipop::crypto::test {
namespace {

SessionLanes lanes_of(unsigned hands) {
  return SessionLanes(LaneSecret(Digest256{}, HandshakeRole::client, AeadSuite::aes_128_gcm), Spi{0x1000}, Spi{0x2000},
                      hands);
}

/// How many of them are lent now that were not before.
unsigned lend_all(SessionLanes& lanes) {
  unsigned count = 0;
  while (const auto lane = lanes.lend_next()) {
    CHECK(session_of(lane->receive_at) == Spi{0x1000});
    CHECK(session_of(lane->send_to) == Spi{0x2000});
    ++count;
  }
  return count;
}

TEST_CASE("what an offer brings: who has fewer hands hears how many lanes are needed") {
  struct Row {
    const char* what;
    unsigned hands;
    unsigned offered;  // by us, before; 0 is not at all
    unsigned heard;
    bool answers;
    unsigned wanted;
  };
  const Row rows[] = {
      {"as many on both sides", 1, 0, 1, false, 1},
      {"as many, both offered", 2, 2, 2, false, 2},
      {"the peer has more, nothing was said", 1, 0, 4, false, 4},
      {"the peer has more and was told of fewer", 1, 1, 4, true, 4},
      {"the peer has fewer, nothing was said", 4, 0, 1, true, 4},
      {"the peer has fewer and was told", 4, 4, 1, false, 4},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    SessionLanes lanes = lanes_of(row.hands);
    CHECK_FALSE(lanes.to_send_on().has_value());
    if (row.offered != 0) CHECK(lanes.offer() == row.offered);
    CHECK(lanes.handle_offer(row.heard) == row.answers);
    CHECK(lanes.wanted() == row.wanted);
    CHECK(lanes.to_send_on() == Lanes{Spi{0x1000}, row.heard});
    // What is answered ends it.
    CHECK(lanes.offer() == row.wanted);
    CHECK_FALSE(lanes.handle_offer(row.heard));
  }
}

TEST_CASE("a lane is lent once, however often it is offered, and known for as long as its session") {
  SessionLanes lanes = lanes_of(2);
  CHECK(lanes.lent().empty());
  CHECK(lend_all(lanes) == 2);
  CHECK(lend_all(lanes) == 0);
  static_cast<void>(lanes.handle_offer(4));
  CHECK(lend_all(lanes) == 2);
  // An older offer comes late.
  static_cast<void>(lanes.handle_offer(1));
  CHECK(lend_all(lanes) == 0);
  CHECK(lanes.to_send_on() == Lanes{Spi{0x1000}, 4});
  CHECK(lanes.lent() == std::vector<Spi>{lane_of(Spi{0x1000}, 0), lane_of(Spi{0x1000}, 1), lane_of(Spi{0x1000}, 2),
                                         lane_of(Spi{0x1000}, 3)});
}

TEST_CASE("lanes are offered once a second until one is heard, then seldom, or never when one is all") {
  struct Row {
    const char* what;
    std::optional<Duration> made;
    std::optional<Duration> heard;
    Duration at;
    unsigned wanted;
    bool is_due;
  };
  const Row rows[] = {
      {"never offered", {}, {}, 0s, 1, true},
      {"offered just now", 0s, {}, 999ms, 1, false},
      {"the offer seems lost", 0s, {}, 1s, 1, true},
      {"the only lane is in use", 0s, 9s, 9900ms, 1, false},
      {"the only lane is in use, never offered", {}, 9s, 9900ms, 1, false},
      {"one of two is in use", 0s, 9s, 9900ms, 2, false},
      {"one of two is in use for long", 0s, 9s + 500ms, 10s, 2, true},
      {"it was in use", 0s, 1s, 2s, 1, true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    LaneOffers offers;
    if (row.made) offers.note_made(TimePoint{} + *row.made);
    if (row.heard) offers.note_heard(TimePoint{} + *row.heard);
    CHECK(offers.is_due(TimePoint{} + row.at, row.wanted) == row.is_due);
    CHECK(offers.hears(TimePoint{} + row.at) == (row.heard && row.at < *row.heard + 1s));
  }
}

}  // namespace
}  // namespace ipop::crypto::test
