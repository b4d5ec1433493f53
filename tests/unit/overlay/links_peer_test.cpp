#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "links_of.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

// Links, as of what its peers say and do.

namespace {

Status of_instance(std::uint64_t instance, std::uint32_t sequence, const Roles& roles = {}) {
  Status status;
  status.instance = instance;
  status.sequence = sequence;
  status.roles = roles;
  return status;
}

}  // namespace

TEST_CASE("a peer that restarted has new paths only, and its link is down until then") {
  LinksOf node;
  const Link& link = node.open_proven(1, 11);
  node.hear(11, of_instance(7, 5, only(Role::near)));
  REQUIRE(link.peer_roles == only(Role::near));
  node.now += 1s;
  node.open(1, 12);
  const auto outputs = node.hear(12, of_instance(8, 1));
  REQUIRE(those<Links::Restarted>(outputs).size() == 1);
  const auto restarted = those<Links::Restarted>(outputs)[0];
  CHECK(restarted.former == 7);
  CHECK(restarted.latest == 8);
  REQUIRE(restarted.aside.size() == 1);
  CHECK(restarted.aside[0].first == on(11));
  CHECK(those<Links::Down>(outputs).size() == 1);
  CHECK(those<Links::CloseChannel>(outputs).empty());  // the other machine may be behind it
  CHECK(link.peer_roles.none());
  CHECK(those<Links::Up>(node.prove(1, 12)).size() == 1);
}

TEST_CASE("a status of a former life, over a path older than another, changes nothing") {
  LinksOf node;
  const Link& link = node.open_proven(1, 11);
  node.now += 1s;
  node.open_proven(1, 12);
  node.hear(12, of_instance(8, 1, only(Role::near)));
  CHECK(node.hear(11, of_instance(7, 9)).empty());
  CHECK(link.peer_instance == 8);
  CHECK(link.peer_roles == only(Role::near));
  CHECK(node.links.counters().get("drop_status_old_instance") == 1);
}

TEST_CASE("a peer that restarted is believed over the older of two new paths, while the other has said nothing") {
  LinksOf node;
  const Link& link = node.open_proven(1, 11);
  node.hear(11, of_instance(7, 5));
  node.now += 1s;
  node.open_proven(1, 12);
  node.now += 40ms;
  node.open_proven(1, 13, RelayPath{id_at(2), id_at(1)});
  CHECK(those<Links::Restarted>(node.hear(12, of_instance(8, 1, only(Role::near)))).size() == 1);
  CHECK(link.peer_instance == 8);
  CHECK(link.peer_roles == only(Role::near));
  CHECK(node.links.counters().get("drop_status_old_instance") == 0);
}

TEST_CASE("a restarted peer whose only path went over a link that goes with it is forgotten") {
  LinksOf node;
  // Each is the other's relay, which no honest pair is.
  node.open_proven(1, 11);
  node.open(1, 12, RelayPath{id_at(2), id_at(1)});
  node.open_proven(2, 21, RelayPath{id_at(1), id_at(2)});
  node.hear(12, of_instance(7, 1));
  const auto outputs = node.hear(12, of_instance(8, 1));
  CHECK(those<Links::Restarted>(outputs).size() == 1);
  CHECK(those<Links::Told>(outputs).empty());
  CHECK_FALSE(node.has(1));
  CHECK_FALSE(node.has(2));
}

TEST_CASE("a status that is newer is told, with whether the peer takes this node for near, an older one is not") {
  LinksOf node;
  node.open_proven(1, 11);
  const auto first = those<Links::Told>(node.hear(11, of_instance(7, 2, only(Role::near))));
  REQUIRE(first.size() == 1);
  CHECK(first[0].near_changed);
  CHECK(node.hear(11, of_instance(7, 2)).empty());
  CHECK(node.hear(11, of_instance(7, 1)).empty());
  CHECK_FALSE(those<Links::Told>(node.hear(11, of_instance(7, 3, only(Role::near))))[0].near_changed);
}

TEST_CASE("what a peer says as it closes a link is how the link ended, and whether it is tried again soon") {
  struct Case {
    CloseReason said;
    LinkEnd end;
    bool is_set_back;
  };
  for (const Case& one : {Case{CloseReason::leaving, LinkEnd::left, true}, Case{CloseReason::full, LinkEnd::full, true},
                          Case{CloseReason::unneeded, LinkEnd::unneeded, false}}) {
    CAPTURE(one.said);
    LinksOf node;
    node.open_proven(1, 11);
    node.open_proven(1, 12);
    const auto outputs = node.hear(12, Close{one.said});
    CHECK_FALSE(node.has(1));
    CHECK(those<Links::CloseChannel>(outputs).size() == 2);
    REQUIRE(those<Links::Down>(outputs).size() == 1);
    CHECK(those<Links::Down>(outputs)[0].end == one.end);
    CHECK(those<Links::SetBack>(outputs).empty() != one.is_set_back);
  }
  LinksOf node;
  const Link& link = node.open_proven(1, 11);
  node.open_proven(1, 12);
  const auto outputs = node.hear(12, Close{CloseReason::duplicate});
  CHECK(link.paths.size() == 1);
  CHECK(link.is_up());
  CHECK(those<Links::Down>(outputs).empty());
}

TEST_CASE("at the limit a link that no end needs and that is old enough makes room, the oldest first") {
  LinksOf node(3);
  for (std::uint8_t peer = 1; peer <= 3; ++peer) {
    node.open_proven(peer, peer);
    node.now += 1s;
  }
  CHECK(node.links.has_room(node.now, id_at(1), place(50), true));  // a path more of a link that there is
  CHECK_FALSE(node.links.has_room(node.now, id_at(4), place(4), true));
  CHECK(node.links.counters().get("drop_link_full") == 1);
  node.now += 10s;
  node.links.set_roles(id_at(1), only(Role::near));
  // Nobody makes room for what comes over itself.
  CHECK(node.links.has_room(node.now, id_at(4), RelayPath{id_at(2), id_at(4)}, true));
  const auto outputs = drained(node.links);
  REQUIRE(those<Links::Removed>(outputs).size() == 1);
  CHECK(those<Links::Removed>(outputs)[0].peer == id_at(3));
  CHECK(those<Links::Removed>(outputs)[0].end == LinkEnd::full);
  CHECK(std::get<Close>(those<Links::Send>(outputs)[0].message).reason == CloseReason::full);
  node.open_proven(4, 4);
  node.links.table().find(id_at(2))->last_traffic = node.now;
  CHECK_FALSE(node.links.has_room(node.now, id_at(5), place(5), true));
}

TEST_CASE("in an open group one place holds so many peers, in a closed one any number") {
  LinksOf node(1000);
  for (unsigned i = 0; i < LinkTable::peers_a_place; ++i) {
    const crypto::ChannelTable::Opened opened{.id = crypto::ChannelId{i + 1}, .peer = id_of(i)};
    node.links.add_path(node.now, opened, place(7), false, own_instance);
  }
  CHECK_FALSE(node.links.has_room(node.now, id_at(1), place(7), true));
  CHECK(node.links.counters().get("drop_link_place") == 1);
  CHECK(node.links.has_room(node.now, id_at(1), place(8), true));
  CHECK(node.links.has_room(node.now, id_at(1), place(7), false));
}

TEST_CASE("a direct path moves with its peer, a relayed one stays") {
  LinksOf node;
  const Link& link = node.open_proven(1, 11);
  CHECK_FALSE(node.links.handle_moved(node.now, on(11), place(50)));
  CHECK(link.paths.begin()->carrier == LinkCarrier(place(50)));
  CHECK(link.deadline() <= node.now);  // it is asked for data at once
  CHECK(those<Links::PathAdded>(drained(node.links)).size() == 1);
  CHECK(node.links.handle_moved(node.now, on(11), std::nullopt) == LinkCarrier(place(50)));
  const LinkCarrier relayed = RelayPath{id_at(9), id_at(2)};
  node.open_proven(2, 21, relayed);
  CHECK(node.links.handle_moved(node.now, on(21), place(50)) == relayed);
  CHECK(node.links.counters().get("moves_refused") == 2);
  CHECK_FALSE(node.links.handle_moved(node.now, on(99), place(50)));
  CHECK(drained(node.links).empty());
}

TEST_CASE("what a relay held back counts for the pair that goes over it, and is not believed of others") {
  LinksOf node;
  node.open_proven(9, 91);
  const Link& pair = node.open_proven(1, 11, RelayPath{id_at(9), id_at(1)});
  const Shaped held{.other = id_at(1), .delayed = 5, .dropped = 2, .kib_a_second = 100};
  node.hear(91, held);
  node.hear(91, held);
  CHECK(pair.shaped->delayed == 10);
  CHECK(pair.shaped->dropped == 4);
  CHECK(pair.shaped->relay == id_at(9));
  node.hear(91, Shaped{.other = id_at(2)});
  node.open_proven(8, 81);
  node.hear(81, held);
  CHECK(pair.shaped->delayed == 10);
  CHECK(node.links.counters().get("drop_shaped_unasked") == 2);
  const auto lines = node.links.journal().entries(id_at(1));
  CHECK(std::ranges::count_if(
            lines, [](const JournalEntry& line) { return line.text.find("held") != std::string::npos; }) == 1);
}
