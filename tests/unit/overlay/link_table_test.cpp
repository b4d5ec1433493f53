#include "overlay/link_table.hpp"

#include <doctest/doctest.h>

#include "overlay_host.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

TEST_CASE("links are due in ring order, each by what it waits for first") {
  LinkTable table(id_at(10));
  CHECK_FALSE(table.next_deadline());
  for (const unsigned id : {90U, 20U, 50U})
    table.add(id_at(static_cast<std::uint8_t>(id)));
  CHECK_FALSE(table.next_deadline());
  table.find(id_at(50))->settle_at = TimePoint{} + 2s;
  table.find(id_at(20))->stands_at = TimePoint{} + 3s;
  table.find(id_at(20))->recover_until = TimePoint{} + 5s;
  table.find(id_at(90))->unused_since = TimePoint{};
  CHECK(table.next_deadline() == TimePoint{} + 2s);
  CHECK(table.due(TimePoint{} + 1s).empty());
  CHECK(table.due(TimePoint{} + 2s) == std::vector{id_at(50)});
  CHECK(table.due(TimePoint{} + 3s) == std::vector{id_at(20), id_at(50)});
  CHECK(table.due(TimePoint{} + Link::unused_linger) == std::vector{id_at(20), id_at(50), id_at(90)});
}

TEST_CASE("a deadline is read anew once its link was handed out to be changed, whichever way") {
  LinkTable table(id_at(10));
  Link& link = table.add(id_at(20));
  Path path;
  path.channel = crypto::ChannelId{7};
  table.add_path(link, path);
  // That of a new path: its keep-alive.
  const auto of_path = table.next_deadline();
  REQUIRE(of_path);
  table.find(crypto::ChannelId{7})->settle_at = *of_path - 1s;
  CHECK(table.next_deadline() == *of_path - 1s);
  for (auto& [peer, each] : table.change_all())
    each.settle_at.reset();
  CHECK(table.next_deadline() == of_path);
  table.remove_path(*table.find(id_at(20)), crypto::ChannelId{7});
  CHECK_FALSE(table.next_deadline());
}

TEST_CASE("a link that is forgotten is due no more, and the others stay in their places") {
  LinkTable table(id_at(10));
  for (std::uint8_t id = 20; id < 30; ++id)
    table.add(id_at(id)).settle_at = TimePoint{} + std::chrono::seconds(id);
  CHECK(table.next_deadline() == TimePoint{} + 20s);
  // One of which the deadline was not read yet, and one in the middle.
  table.find(id_at(20))->settle_at = TimePoint{};
  table.erase(id_at(20));
  table.erase(id_at(24));
  table.erase(id_at(29));
  table.add(id_at(24)).settle_at = TimePoint{} + 100s;
  CHECK(table.next_deadline() == TimePoint{} + 21s);
  CHECK(table.due(TimePoint{} + 23s) == std::vector{id_at(21), id_at(22), id_at(23)});
  CHECK(table.due(TimePoint{} + 60s).size() == 7);
  CHECK(table.due(TimePoint{} + 100s).size() == 8);
  table.clear();
  CHECK_FALSE(table.next_deadline());
  CHECK(table.due(TimePoint{} + 1h).empty());
}
