#include "overlay/link_table.hpp"

#include <map>
#include <utility>

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
  table.find(id_at(50))->choose_at = TimePoint{} + 2s;
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
  table.find(crypto::ChannelId{7})->choose_at = *of_path - 1s;
  CHECK(table.next_deadline() == *of_path - 1s);
  for (const auto& [peer, each] : table.change_all())
    each.choose_at.reset();
  CHECK(table.next_deadline() == of_path);
  table.remove_path(*table.find(id_at(20)), crypto::ChannelId{7});
  CHECK_FALSE(table.next_deadline());
}

TEST_CASE("a link that is forgotten is due no more, and the others stay in their places") {
  LinkTable table(id_at(10));
  for (std::uint8_t id = 20; id < 30; ++id)
    table.add(id_at(id)).choose_at = TimePoint{} + std::chrono::seconds(id);
  CHECK(table.next_deadline() == TimePoint{} + 20s);
  // One of which the deadline was not read yet, and one in the middle.
  table.find(id_at(20))->choose_at = TimePoint{};
  table.erase(id_at(20));
  table.erase(id_at(24));
  table.erase(id_at(29));
  table.add(id_at(24)).choose_at = TimePoint{} + 100s;
  CHECK(table.next_deadline() == TimePoint{} + 21s);
  CHECK(table.due(TimePoint{} + 23s) == std::vector{id_at(21), id_at(22), id_at(23)});
  CHECK(table.due(TimePoint{} + 60s).size() == 7);
  CHECK(table.due(TimePoint{} + 100s).size() == 8);
  table.clear();
  CHECK_FALSE(table.next_deadline());
  CHECK(table.due(TimePoint{} + 1h).empty());
}

TEST_CASE("each link that was handed out to be changed is named once, in ring order, and no other") {
  LinkTable table(id_at(10));
  for (const unsigned id : {90U, 20U, 50U})
    table.add(id_at(static_cast<std::uint8_t>(id)));
  CHECK(table.take_changed() == std::vector{id_at(20), id_at(50), id_at(90)});
  CHECK(table.take_changed().empty());
  table.find(id_at(90))->relay_load = 1;
  table.find(id_at(20))->relay_load = 1;
  // That deadlines are asked for in between does not lose it.
  CHECK_FALSE(table.next_deadline());
  table.find(id_at(90))->relay_load = 2;
  CHECK(std::as_const(table).find(id_at(50)) != nullptr);
  CHECK(table.take_changed() == std::vector{id_at(20), id_at(90)});
  table.find(id_at(20))->relay_load = 3;
  table.find(id_at(50))->relay_load = 3;
  CHECK_FALSE(table.next_deadline());
  table.find(id_at(90))->relay_load = 3;
  table.erase(id_at(20));
  table.erase(id_at(90));
  CHECK(table.take_changed() == std::vector{id_at(50)});
  table.find(id_at(50))->relay_load = 4;
  table.clear();
  CHECK(table.take_changed().empty());
}

TEST_CASE("members that paths go over are counted by path") {
  LinkTable table(id_at(10));
  const auto relayed = [&](std::uint8_t peer, std::uint8_t relay, std::uint32_t channel) {
    Path path;
    path.channel = crypto::ChannelId{channel};
    path.carrier = RelayPath{id_at(relay), id_at(peer)};
    table.add_path(table.add(id_at(peer)), path);
  };
  relayed(20, 50, 1);
  relayed(20, 60, 2);
  relayed(30, 50, 3);
  Path direct;
  direct.channel = crypto::ChannelId{4};
  direct.carrier = net::Endpoint{};
  table.add_path(table.add(id_at(30)), direct);
  CHECK(table.relays() == std::map<NodeId, std::size_t>{{id_at(50), 2}, {id_at(60), 1}});
  table.remove_path(*table.find(id_at(20)), crypto::ChannelId{1});
  table.remove_path(*table.find(id_at(30)), crypto::ChannelId{4});
  CHECK(table.relays() == std::map<NodeId, std::size_t>{{id_at(50), 1}, {id_at(60), 1}});
  table.erase(id_at(20));
  CHECK(table.relays() == std::map<NodeId, std::size_t>{{id_at(50), 1}});
  table.clear();
  CHECK(table.relays().empty());
}

TEST_CASE("links that could be better are those over a member or over a path that is not sound") {
  const TimePoint now = TimePoint{} + 1h;
  LinkTable table(id_at(10));
  const auto proven = [&](std::uint8_t peer, const LinkCarrier& carrier) {
    Path path;
    path.channel = crypto::ChannelId{peer};
    path.carrier = carrier;
    path.proof = PathProof(now, true, 1400, 28);
    path.proof.handle_carried(now, PathProof::smallest);
    REQUIRE(path.is_sound());
    Link& link = table.add(id_at(peer));
    link.admitted = true;
    table.add_path(link, path);
  };
  proven(40, net::Endpoint{});
  proven(30, RelayPath{id_at(40), id_at(30)});
  proven(20, net::Endpoint{});
  table.add(id_at(50)).admitted = true;  // no path at all
  CHECK(table.imperfect() == std::vector{id_at(30)});
  Path& path = *table.find(id_at(20))->in_use();
  for (TimePoint later = now; !path.liveness.is_suspect(); later += 1s)
    static_cast<void>(path.liveness.handle_timeout(later));
  CHECK(table.imperfect() == std::vector{id_at(20), id_at(30)});
  table.remove_path(*table.find(id_at(20)), crypto::ChannelId{20});
  CHECK(table.imperfect() == std::vector{id_at(30)});
  table.erase(id_at(30));
  CHECK(table.imperfect().empty());
}

TEST_CASE("the direct path to a peer is one that is proven, though another may be in use") {
  const TimePoint now = TimePoint{} + 1h;
  LinkTable table(id_at(10));
  const auto add = [&](std::uint32_t channel, const LinkCarrier& carrier) {
    Path path;
    path.channel = crypto::ChannelId{channel};
    path.carrier = carrier;
    path.proof = PathProof(now, true, 1400, 28);
    table.add_path(table.add(id_at(20)), path);
  };
  const auto prove = [&](std::uint32_t channel) {
    table.find(id_at(20))->paths.find(crypto::ChannelId{channel})->proof.handle_carried(now, PathProof::smallest);
    table.find(id_at(20))->paths.prefer(crypto::ChannelId{channel});
  };
  CHECK(table.direct_path(id_at(20)) == nullptr);
  add(1, RelayPath{id_at(40), id_at(20)});
  add(2, net::Endpoint{});
  prove(1);
  CHECK(table.direct_path(id_at(20)) == nullptr);
  prove(2);
  prove(1);
  REQUIRE(table.direct_path(id_at(20)) != nullptr);
  CHECK(table.direct_path(id_at(20))->channel == crypto::ChannelId{2});
  CHECK(table.find(id_at(20))->paths.primary()->channel == crypto::ChannelId{1});
}
