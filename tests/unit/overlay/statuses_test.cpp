#include "overlay/statuses.hpp"

#include <algorithm>
#include <map>

#include <doctest/doctest.h>

#include "link_maker.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

namespace {

/// The node 100 with links to these, all of them told and acknowledged.
struct Telling {
  explicit Telling(const std::vector<std::uint8_t>& peers) {
    for (const std::uint8_t peer : peers)
      add_up(table, id_at(peer), peer).own_roles = only(Role::near);
    look();
    acknowledge();
  }

  void acknowledge() {
    for (const auto& [peer, link] : table.change_all())
      link.status.handle_ack({link.status.latest().sequence});
  }
  /// To whom something is told, by their first octets, and what.
  std::map<NodeId, Status> look(const std::vector<NodeId>& changed = {}) {
    statuses.look(now, own, changed, table);
    return told();
  }
  std::map<NodeId, Status> told() {
    std::map<NodeId, Status> out;
    while (const auto output = statuses.poll_output()) {
      if (const auto* status = std::get_if<Status>(&output->message)) out[output->peer] = *status;
    }
    return out;
  }
  /// What is due after `time`.
  std::map<NodeId, Status> wait(Duration time) {
    now += time;
    statuses.look_at_due(now, own, table);
    return told();
  }
  void join(std::uint8_t peer, const Roles& roles = only(Role::near)) {
    add_up(table, id_at(peer), peer).own_roles = roles;
    statuses.handle_changed_beside(id_at(peer), table);
  }

  TimePoint now = TimePoint{} + 1h;
  Statuses::Own own{.instance = 7};
  LinkTable table{id_at(100)};
  Statuses statuses{id_at(100)};
};

}  // namespace

TEST_CASE("a new link is told all at once: roles, and who stands beside this node and beside the peer") {
  Telling node({});
  node.join(90);
  node.join(110, only(Role::near) | only(Role::leaf));
  const auto told = node.look();
  REQUIRE(told.size() == 2);
  CHECK(told.at(id_at(110)).roles == (only(Role::near) | only(Role::leaf)));
  CHECK(told.at(id_at(110)).instance == 7);
  CHECK(told.at(id_at(110)).neighbours == std::vector{id_at(90)});  // not itself
  node.acknowledge();
  node.now += 1s;
  CHECK(node.look().empty());
}

TEST_CASE("a list names three on each side of both ends, and no more than a status may") {
  std::vector<std::uint8_t> peers;
  for (std::uint8_t peer = 10; peer < 250; peer += 10) {
    if (peer != 100) peers.push_back(peer);
  }
  Telling node(peers);
  const auto& list = node.table.find(id_at(200))->status.latest().neighbours;
  CHECK(list.size() == max_listed_neighbours);
  for (const std::uint8_t named : std::vector<std::uint8_t>{70, 80, 90, 110, 120, 130, 170, 180, 190, 210, 220, 230})
    CHECK(std::ranges::find(list, id_at(named)) != list.end());
}

TEST_CASE("what is the same on every link is told on every link at once") {
  for (const auto& change : {Statuses::Own{.instance = 8}, Statuses::Own{.instance = 7, .nat = NatClass::none},
                             Statuses::Own{.instance = 7, .relay_load = 12}}) {
    Telling node({20, 90, 110, 200});
    node.now += 1s;
    node.own = change;
    const auto told = node.look();
    CHECK(told.size() == 4);
    CHECK(told.at(id_at(20)).relay_load == change.relay_load);
  }
}

TEST_CASE("a newcomer is told to those beside it soon and together, to others with their next keep-alive") {
  Telling node({80, 90, 110, 120});
  node.join(20, Roles{});
  Link& far = *node.table.find(id_at(20));
  node.look({id_at(20)});
  node.acknowledge();
  node.now += 1s;
  node.join(105);
  const auto at_once = node.look();
  REQUIRE(at_once.size() == 1);
  CHECK(at_once.contains(id_at(105)));
  node.acknowledge();
  CHECK(node.wait(599ms).empty());
  const auto soon = node.wait(1ms);
  CHECK(soon.size() == 4);
  CHECK_FALSE(soon.contains(id_at(20)));
  // A keep-alive is due there: the list takes its place.
  CHECK(node.statuses.tell_waiting(node.now, node.own, far, node.table));
  const auto instead = node.told();
  REQUIRE(instead.contains(id_at(20)));
  const auto& list = instead.at(id_at(20)).neighbours;
  CHECK(std::ranges::find(list, id_at(105)) != list.end());
  CHECK_FALSE(node.statuses.tell_waiting(node.now, node.own, far, node.table));
}

TEST_CASE("who is lost is told to neighbours at once, to others within five seconds, to whom it was never named not") {
  Telling node({70, 80, 90, 110, 120, 130});
  node.join(20, Roles{});
  node.look({id_at(20)});
  node.acknowledge();
  node.now += 1s;
  node.table.erase(id_at(110));
  node.statuses.handle_changed_beside(id_at(110), node.table);
  node.statuses.handle_lost(id_at(110), node.table);
  const auto at_once = node.look();
  CHECK(at_once.size() == 5);
  CHECK_FALSE(at_once.contains(id_at(20)));
  node.acknowledge();
  CHECK(node.wait(4999ms).empty());
  const auto later = node.wait(1ms);
  REQUIRE(later.size() == 1);
  CHECK(later.contains(id_at(20)));
  node.acknowledge();
  node.statuses.handle_lost(id_at(110), node.table);
  CHECK(node.look().empty());
}

TEST_CASE("a status is acknowledged on its channel, also on a link that is not up") {
  Telling node({90});
  Link& trial = node.table.add(id_at(110));
  node.table.add_path(trial, path_on(110));
  trial.status.handle_status(node.now, crypto::ChannelId{110}, Status{.sequence = 4});
  node.now += StatusExchange::ack_waits;
  node.statuses.look_at_due(node.now, node.own, node.table);
  const auto outputs = drained(node.statuses);
  REQUIRE(outputs.size() == 1);
  CHECK(outputs[0].peer == id_at(110));
  CHECK(outputs[0].channel == crypto::ChannelId{110});
  CHECK(outputs[0].message == LinkMessage(StatusAck{4}));
}
