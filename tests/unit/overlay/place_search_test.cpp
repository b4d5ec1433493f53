#include "overlay/place_search.hpp"

#include <doctest/doctest.h>

#include "overlay_host.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

TEST_CASE(
    "a place is asked for at once, on both sides as well while voices are missing, and rarely when it is settled") {
  SeededRng rng(1);
  PlaceSearch search;
  TimePoint now{};
  CHECK_FALSE(search.is_waiting(now));
  CHECK(search.begin(now, id_of(1), 100, rng) == std::vector{id_of(1)});
  CHECK(search.is_waiting(now));
  now = *search.deadline();
  CHECK_FALSE(search.is_waiting(now));
  CHECK(search.begin(now, id_of(1), 100, rng).size() == 3);
  search.handle_answer(id_of(2));
  CHECK(search.is_known());
  search.handle_answer(id_of(2));
  CHECK_FALSE(search.has_voices());
  search.handle_answer(id_of(3));
  CHECK(search.has_voices());
  CHECK_FALSE(search.is_waiting(now));
  CHECK(search.begin(now, id_of(1), 100, rng) == std::vector{id_of(1)});
  CHECK(*search.deadline() >= now + 30s);
}

TEST_CASE("who is named by others is left for later as long as the first look-up is under way, answered or not") {
  SeededRng rng(1);
  PlaceSearch search;
  TimePoint now{};
  CHECK_FALSE(search.is_listening(now));
  search.begin(now, id_of(1), 100, rng);
  CHECK(search.is_listening(now));
  search.handle_answer(id_of(2));
  search.handle_answer(id_of(3));
  CHECK(search.is_listening(now));
  now = *search.listens_until();
  CHECK(now <= TimePoint{} + 2 * PlaceSearch::repeat_first);
  CHECK_FALSE(search.is_listening(now));
  // It is over for good, however often the place is looked up again.
  search.begin(now, id_of(1), 100, rng);
  CHECK_FALSE(search.is_listening(now));
  // Without any link, all begins anew.
  search.clear();
  search.begin(now, id_of(1), 100, rng);
  CHECK(search.is_listening(now));
}
