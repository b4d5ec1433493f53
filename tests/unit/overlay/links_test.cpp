#include "overlay/links.hpp"

#include <doctest/doctest.h>

#include "links_of.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

TEST_CASE("a link is up once a path of it has carried data, and told so once") {
  LinksOf node;
  const Link& link = node.open(1, 11);
  CHECK_FALSE(link.is_up());
  const auto outputs = node.prove(1, 11);
  CHECK(link.is_up());
  REQUIRE(those<Links::Up>(outputs).size() == 1);
  CHECK(those<Links::Up>(outputs)[0].direct);
  CHECK(those<Links::CameOrWent>(outputs).size() == 1);
  CHECK(those<Links::WayToPlace>(outputs).size() == 1);
  REQUIRE(those<Links::Reached>(outputs).size() == 1);
  CHECK(those<Links::Reached>(outputs)[0].endpoint == place(11));
  CHECK(those<Links::Carries>(outputs)[0].octets == PathProof::smallest);
  CHECK(node.prove(1, 11).empty());
}

TEST_CASE("a link that is not admitted yet is up when it is, and not before") {
  LinksOf node;
  const crypto::ChannelTable::Opened opened{.id = on(11), .peer = id_at(1)};
  CHECK(node.links.add_path(node.now, opened, place(11), false, own_instance));
  CHECK(those<Links::Up>(node.prove(1, 11)).empty());
  node.links.admit(node.now, id_at(1));
  CHECK(those<Links::Up>(drained(node.links)).size() == 1);
  // Who was admitted needs it no more.
  const crypto::ChannelTable::Opened again{.id = on(12), .peer = id_at(1)};
  CHECK_FALSE(node.links.add_path(node.now, again, place(12), false, own_instance));
}

TEST_CASE("a direct path stands after a minute, and one that ends before is a reason to try less often") {
  LinksOf node;
  const Link& link = node.open_proven(1, 11);
  CHECK(link.deadline());
  CHECK(those<Links::Stands>(node.wait(1, 59s)).empty());
  CHECK(those<Links::Stands>(node.wait(1, 1s)).size() == 1);
  CHECK(node.wait(1, 1s).empty());
  node.links.handle_lost(node.now, id_at(1), on(11), "no answer");
  CHECK(those<Links::SetBack>(drained(node.links)).empty());
  node.open_proven(2, 21);
  node.wait(2, 59s);
  node.links.handle_lost(node.now, id_at(2), on(21), "no answer");
  const auto outputs = drained(node.links);
  CHECK(those<Links::SetBack>(outputs).size() == 1);
  REQUIRE(those<Links::Down>(outputs).size() == 1);
  CHECK(those<Links::Down>(outputs)[0].why == "no answer");
}

TEST_CASE("a link whose relay is lost has five seconds for another, and is down then") {
  for (const bool is_recovered : {false, true}) {
    LinksOf node;
    node.open_proven(9, 91);
    node.open_proven(1, 11, RelayPath{id_at(9), id_at(1)});
    node.links.set_roles(id_at(1), only(Role::near));
    const TimePoint since = node.links.table().find(id_at(1))->since;
    node.links.remove(node.now, id_at(9), "gone");
    const auto outputs = drained(node.links);
    REQUIRE(those<Links::Recovering>(outputs).size() == 1);
    CHECK(those<Links::Recovering>(outputs)[0].was_proven);
    CHECK(those<Links::CloseChannel>(outputs).size() == 2);
    CHECK(those<Links::RelayGone>(outputs)[0].relay == id_at(9));
    CHECK(those<Links::Down>(outputs).size() == 1);  // the relay's own
    CHECK(node.wait(1, 4999ms).empty());
    if (is_recovered) {
      node.open_proven(1, 12);
      CHECK(node.links.table().find(id_at(1))->since == since);
    }
    const auto later = node.wait(1, 1ms);
    CHECK(those<Links::Down>(later).empty() == is_recovered);
    CHECK(node.has(1) == is_recovered);
  }
}

TEST_CASE("nobody looks for another relay for a link that no end wants") {
  LinksOf node;
  node.open_proven(9, 91);
  node.open_proven(1, 11, RelayPath{id_at(9), id_at(1)});
  const auto outputs = node.hear(91, Unreachable{id_at(1)});
  CHECK(those<Links::Recovering>(outputs).empty());
  CHECK(those<Links::Removed>(outputs).size() == 1);
  CHECK_FALSE(node.has(1));
  CHECK(node.has(9));
}

TEST_CASE("of several paths the node with the lower id chooses one, tells it, and closes the others later") {
  LinksOf node;
  node.open_proven(150, 11, RelayPath{id_at(9), id_at(150)});
  node.open_proven(150, 12);
  const auto chosen = node.wait(150, 2s);
  REQUIRE(those<Links::Send>(chosen).size() == 1);
  CHECK(those<Links::Send>(chosen)[0].channel == on(12));
  CHECK(std::holds_alternative<Select>(those<Links::Send>(chosen)[0].message));
  CHECK(those<Links::CloseChannel>(chosen).empty());
  CHECK(node.wait(150, 999ms).empty());
  const auto closed = node.wait(150, 1ms);
  REQUIRE(those<Links::CloseChannel>(closed).size() == 1);
  CHECK(those<Links::CloseChannel>(closed)[0].channel == on(11));
  CHECK(std::get<Close>(those<Links::Send>(closed)[0].message).reason == CloseReason::duplicate);
  CHECK(node.links.counters().get("duplicate_paths_closed") == 1);
}

TEST_CASE("the node with the higher id closes no path, and takes the one that it is told") {
  LinksOf node;
  const Link& link = node.open_proven(1, 11);
  node.open_proven(1, 12);
  CHECK(those<Links::CloseChannel>(node.wait(1, 10s)).empty());
  REQUIRE(link.in_use()->channel == on(11));
  node.hear(12, Select{});
  CHECK(link.in_use()->channel == on(12));
  // Nobody else is asked to choose.
  const Link& other = node.open_proven(150, 21);
  node.open_proven(150, 22);
  node.hear(22, Select{});
  CHECK(other.in_use()->channel == on(21));
  CHECK(node.links.counters().get("drop_select_not_entitled") == 1);
}

TEST_CASE("a fifth path takes the place of the oldest that is not in use") {
  LinksOf node;
  const Link& link = node.open_proven(1, 11);
  for (std::uint8_t channel = 12; channel < 15; ++channel)
    node.open(1, channel);
  const crypto::ChannelTable::Opened opened{.id = on(15), .peer = id_at(1)};
  node.links.add_path(node.now, opened, place(15), false, own_instance);
  const auto outputs = drained(node.links);
  REQUIRE(those<Links::CloseChannel>(outputs).size() == 1);
  CHECK(those<Links::CloseChannel>(outputs)[0].channel == on(12));
  CHECK(link.paths.size() == LinkPaths::max_paths);
}

TEST_CASE("a path that fails gives way to one that is sound, where there is one") {
  LinksOf node;
  const auto fail = [&](std::uint8_t peer, std::uint8_t channel) {
    PathProof& proof = node.links.table().find(id_at(peer))->paths.find(on(channel))->proof;
    proof.handle_data(node.now);
    while (!proof.is_failing()) {
      node.now = *proof.deadline();
      if (proof.handle_timeout(node.now) == PathProof::Action::ask) static_cast<void>(proof.next_ping(node.now));
    }
    node.links.handle_failing(node.now, id_at(peer));
    return those<Links::Failing>(drained(node.links));
  };
  node.open_proven(1, 11, RelayPath{id_at(9), id_at(1)});
  const auto alone = fail(1, 11);
  REQUIRE(alone.size() == 1);
  CHECK(alone[0].relay == id_at(9));
  CHECK_FALSE(alone[0].has_sound);
  const Link& link = node.open_proven(2, 21);
  node.open_proven(2, 22);
  REQUIRE(link.in_use()->channel == on(21));
  const auto beside = fail(2, 21);
  REQUIRE(beside.size() == 1);
  CHECK(beside[0].relay.is_zero());
  CHECK(beside[0].has_sound);
  CHECK(link.in_use()->channel == on(22));
  CHECK(link.choose_at == node.now + 2s);
  CHECK(node.links.counters().get("paths_failing") == 2);
}

TEST_CASE("a link that nobody needs is closed after a while without data, and not before") {
  LinksOf node;
  Link& link = node.open_proven(1, 11);
  node.links.mark_unused(node.now, {id_at(1)});
  link.last_traffic = node.now;
  CHECK(node.wait(1, 10s).empty());
  CHECK(those<Links::Removed>(node.wait(1, 59999ms)).empty());
  const auto outputs = node.wait(1, 1ms);
  CHECK(std::get<Close>(those<Links::Send>(outputs)[0].message).reason == CloseReason::unneeded);
  REQUIRE(those<Links::Removed>(outputs).size() == 1);
  CHECK(those<Links::Removed>(outputs)[0].end == LinkEnd::unneeded);
  // One that gets a role stays.
  node.open_proven(2, 21);
  node.links.mark_unused(node.now, {id_at(2)});
  CHECK(node.links.set_roles(id_at(2), only(Role::near)));
  CHECK_FALSE(node.links.set_roles(id_at(2), only(Role::near)));
  node.links.mark_unused(node.now, {id_at(2)});
  node.wait(2, 1h);
  CHECK(node.has(2));
}
