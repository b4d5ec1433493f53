#include "overlay/path_openings.hpp"

#include <utility>

#include <doctest/doctest.h>

#include "link_maker.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

namespace {

const NodeId whoever{};

/// What the table of channels was told to open.
std::optional<PathOpenings::Open> opened(PathOpenings& openings, TimePoint now, const LinkCarrier& carrier,
                                         const NodeId& expected) {
  const auto order = openings.open(now, carrier, expected);
  const auto* open = order ? std::get_if<PathOpenings::Open>(&*order) : nullptr;
  return open == nullptr ? std::nullopt : std::optional(*open);
}

LinkCarrier over(std::uint8_t relay, std::uint8_t peer) {
  return RelayPath{id_at(relay), id_at(peer)};
}

}  // namespace

TEST_CASE("one attempt runs at an endpoint: who is asked again gets the first packet again, others wait") {
  PathOpenings openings;
  const TimePoint now{1h};
  const auto first = opened(openings, now, place(5), id_at(1));
  REQUIRE(first);
  CHECK(first->expected == id_at(1));
  CHECK(first->carrier == to_carrier(place(5)));
  CHECK(openings.contains(to_carrier(place(5))));
  CHECK(openings.is_opening(id_at(1)));
  const auto again = openings.open(now + 200ms, place(5), id_at(1));
  REQUIRE(again);
  CHECK(std::get<PathOpenings::Nudge>(*again).carrier == to_carrier(place(5)));
  CHECK_FALSE(openings.open(now + 400ms, place(5), id_at(2)));
  CHECK_FALSE(openings.is_opening(id_at(2)));
  // Another endpoint, another attempt.
  const auto second = opened(openings, now, place(6), id_at(1));
  REQUIRE(second);
  CHECK(second->attempt != first->attempt);
}

TEST_CASE("whoever is at a bootstrap endpoint is asked, whatever goes there") {
  PathOpenings openings;
  const TimePoint now{1h};
  for (unsigned i = 0; i < 10 * ShotPace::shot_burst; ++i) {
    const auto open = opened(openings, now, place(5), whoever);
    REQUIRE(open);
    CHECK_FALSE(open->expected);
    const auto taken = openings.take(to_carrier(place(5)));
    REQUIRE(taken);
    CHECK(taken->expected.is_zero());
  }
}

TEST_CASE("S5: no more goes to an endpoint that somebody named than its pace, also for an attempt that runs") {
  PathOpenings openings;
  const TimePoint now{1h};
  unsigned went = 0;
  for (unsigned i = 0; i < 2 * ShotPace::shot_burst; ++i) {
    if (openings.open(now, place(5), id_at(1))) ++went;
  }
  CHECK(went == ShotPace::shot_burst);
  // The pace is the address's: other ports are no way round it.
  CHECK_FALSE(openings.open(now, endpoint(192, 0, 2, 5, 4001), id_at(1)));
  CHECK(openings.counters().get("drop_shot_pace") == 1);
  CHECK(openings.open(now, place(6), id_at(1)));
  CHECK(openings.open(now, over(9, 1), id_at(1)));
}

TEST_CASE("a channel belongs to the attempt that it names, or that runs where it comes from, or to none") {
  PathOpenings openings;
  const TimePoint now{1h};
  const auto named = opened(openings, now, place(5), id_at(1));
  static_cast<void>(openings.open(now, place(6), id_at(2)));
  REQUIRE(named);
  // The peer answers from elsewhere.
  const auto by_name = openings.take({.carrier = to_carrier(place(50)), .peer = id_at(1), .attempt = named->attempt});
  REQUIRE(by_name);
  CHECK(by_name->asked == LinkCarrier(place(5)));
  CHECK(by_name->expected == id_at(1));
  const auto by_place = openings.take({.carrier = to_carrier(place(6)), .peer = id_at(2)});
  REQUIRE(by_place);
  CHECK(by_place->expected == id_at(2));
  CHECK_FALSE(openings.take({.carrier = to_carrier(place(6)), .peer = id_at(2)}));
  CHECK_FALSE(openings.is_opening(id_at(1)));
  CHECK_FALSE(openings.take(to_carrier(place(5))));
}

TEST_CASE("attempts are cancelled by peer, only the direct ones or all, and by relay, for one peer or all") {
  const TimePoint now{1h};
  const auto all = [&] {
    PathOpenings out;
    for (const auto& [carrier, expected] : {std::pair<LinkCarrier, NodeId>(place(5), id_at(1)),
                                            {over(9, 1), id_at(1)},
                                            {over(9, 2), id_at(2)},
                                            {over(8, 2), id_at(2)}})
      REQUIRE(out.open(now, carrier, expected));
    return out;
  };
  PathOpenings direct = all();
  const auto cancelled = direct.cancel(id_at(1), true);
  REQUIRE(cancelled.size() == 1);
  CHECK(cancelled[0].carrier == to_carrier(place(5)));
  CHECK(cancelled[0].expected == id_at(1));
  CHECK(direct.is_opening(id_at(1)));
  CHECK(all().cancel(id_at(1), false).size() == 2);
  PathOpenings relay = all();
  CHECK(relay.cancel_over(id_at(9), std::nullopt).size() == 2);
  CHECK(relay.is_opening(id_at(2)));
  CHECK(relay.contains(to_carrier(place(5))));
  const auto one_pair = all().cancel_over(id_at(9), id_at(2));
  REQUIRE(one_pair.size() == 1);
  CHECK(one_pair[0].carrier == to_carrier(over(9, 2)));
  PathOpenings whole = all();
  CHECK(whole.cancel_all().size() == 4);
  CHECK(whole.cancel_all().empty());
}
