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
  CHECK_FALSE(search.is_settled());
  search.handle_answer(id_of(3));
  CHECK(search.is_settled());
  CHECK_FALSE(search.is_waiting(now));
  CHECK(search.begin(now, id_of(1), 100, rng) == std::vector{id_of(1)});
  CHECK(*search.deadline() >= now + 30s);
}
