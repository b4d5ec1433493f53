#include "overlay/spare_links.hpp"

#include <doctest/doctest.h>

#include "overlay_host.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

TEST_CASE("a node with fewer than two direct links tries one more member, ever more rarely") {
  SeededRng rng(4);
  SpareLinks spare;
  TimePoint now{};
  spare.handle_direct(now, {id_of(1)});
  unsigned tries = 0;
  for (; now < TimePoint{} + 3600s; now = *spare.deadline()) {
    CHECK(spare.is_due(now));
    spare.handle_tried(now, rng);
    CHECK_FALSE(spare.is_due(now));
    ++tries;
  }
  CHECK(tries >= 8);
  CHECK(tries <= 16);
  CHECK(spare.kept().contains(id_of(1)));

  spare.handle_direct(now, {id_of(1), id_of(2)});
  CHECK_FALSE(spare.deadline());
  CHECK(spare.kept().contains(id_of(2)));
  CHECK_FALSE(spare.kept().contains(id_of(3)));
  spare.handle_direct(now, {id_of(1), id_of(2), id_of(3)});
  CHECK_FALSE(spare.kept().contains(id_of(2)));
  // What stood for a minute and is lost is replaced at once.
  now += SpareLinks::pace.stands;
  spare.handle_direct(now, {id_of(1)});
  CHECK(spare.is_due(now));
}

TEST_CASE("the member that most peers are linked with is tried first") {
  const auto all = [](const NodeId&) { return true; };
  CHECK(most_linked({id_of(1), id_of(2), id_of(3), id_of(2)}, all) == id_of(2));
  CHECK(most_linked({id_of(1), id_of(2), id_of(2)}, [](const NodeId& id) { return id != id_of(2); }) == id_of(1));
  CHECK_FALSE(most_linked({id_of(2)}, [](const NodeId&) { return false; }));
}
