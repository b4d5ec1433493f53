#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "wanting.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

// Ring, beyond the near links: bootstrap links, shortcuts, what traffic wants, spare links, and the roles of all.

namespace {

std::vector<net::Endpoint> bootstrap_places(std::uint8_t count) {
  std::vector<net::Endpoint> out;
  for (std::uint8_t i = 1; i <= count; ++i)
    out.push_back(place(i));
  return out;
}

}  // namespace

TEST_CASE("a node that has not joined opens two bootstrap endpoints at once, and one for each that does not answer") {
  Wanting node;
  node.ring.handle_bootstrap(bootstrap_places(5), {});
  const auto opens = those<Ring::Open>(node.look());
  REQUIRE(opens.size() == 2);
  CHECK(those<Ring::Open>(node.look()).empty());
  CHECK(node.ring.next_look(node.now));
  node.ring.handle_open_failed(node.now, opens[0].endpoint);
  const auto another = those<Ring::Open>(node.look());
  REQUIRE(another.size() == 1);
  CHECK(another[0].endpoint != opens[0].endpoint);
  // This node itself is nobody to ask.
  node.ring.handle_own(another[0].endpoint);
  node.now += 1h;
  for (int i = 0; i < 10; ++i) {
    for (const Ring::Open& open : those<Ring::Open>(node.look())) {
      CHECK(open.endpoint != another[0].endpoint);
      node.ring.handle_open_failed(node.now, open.endpoint);
    }
    node.now += 1min;
  }
}

TEST_CASE("a bootstrap link keeps its role until five seconds after the node has joined") {
  Wanting node;
  node.ring.handle_bootstrap(bootstrap_places(1), {});
  node.look();
  node.ring.handle_accepted(node.now, id_at(200), place(1));
  node.link(200);
  for (const std::uint8_t peer : std::vector<std::uint8_t>{90, 95, 105, 110, 115, 85})
    node.link(peer);
  node.look();
  CHECK(node.roles(200) == only(Role::leaf));
  node.now += 1h;
  node.look();
  CHECK(node.roles(200) == only(Role::leaf));
  const auto token = node.asks().at(0).token;
  node.answer(token, 90);
  node.look();
  REQUIRE(node.ring.is_joined());
  const TimePoint ends = node.now + Ring::leaf_linger;
  CHECK(node.ring.next_look(node.now) <= ends);
  node.now = ends - 1ms;
  node.look();
  CHECK(node.roles(200).test(index_of(Role::leaf)));
  node.now = ends;
  node.look();
  CHECK(node.roles(200).none());
}

TEST_CASE("a node that has joined draws shortcuts, one question at a time, and one that has not draws none") {
  Wanting node;
  for (std::uint8_t peer = 80; peer < 120; peer += 5) {
    if (peer != 100)
      node.link(peer, {id_at(static_cast<std::uint8_t>(peer + 100)), id_at(static_cast<std::uint8_t>(peer - 50))});
  }
  const auto place_token = node.asks().at(0).token;
  const auto shortcut_asks = [](const std::vector<Ring::Output>& outputs) {
    auto out = those<Ring::Ask>(outputs);
    std::erase_if(out, [](const Ring::Ask& ask) { return ask.roles != only(Role::shortcut); });
    return out;
  };
  CHECK(shortcut_asks(node.look()).empty());
  node.answer(place_token, 90);
  node.unheard = {id_at(195), id_at(205)};
  std::vector<Ring::Ask> asks;
  for (int i = 0; i < 4 && asks.empty(); ++i) {
    asks = shortcut_asks(node.look());
    node.now += 1s;
  }
  REQUIRE(node.ring.is_joined());
  REQUIRE(asks.size() == 1);
  CHECK_FALSE(asks[0].spread);
  CHECK(shortcut_asks(node.look()).empty());
  // A refusal and a neighbour are no shortcut.
  ConnectToMe refusal;
  refusal.kind = ConnectToMe::Kind::refusal;
  refusal.token = asks[0].token;
  CHECK(node.ring.handle_answer(node.now, id_at(30), refusal, node.view()));
  CHECK(sought(drained(node.ring), Role::shortcut).empty());
  asks.clear();
  for (int i = 0; i < 100 && asks.empty(); ++i) {
    node.now += 1s;
    asks = shortcut_asks(node.look());
  }
  REQUIRE(asks.size() == 1);
  CHECK(node.answer(asks[0].token, 30));
  CHECK(sought(drained(node.ring), Role::shortcut) == std::set{id_at(30)});
  // The answers after the first change nothing.
  CHECK(node.answer(asks[0].token, 31));
  CHECK(sought(drained(node.ring), Role::shortcut).empty());
  node.link(30);
  node.look();
  CHECK(node.roles(30).test(index_of(Role::shortcut)));
  node.ring.handle_not_linked(id_at(30));
  node.look();
  CHECK_FALSE(node.roles(30).test(index_of(Role::shortcut)));
}

TEST_CASE("traffic wants a link until it has been idle, and packets on the link count") {
  Wanting node;
  node.join();
  CHECK(node.ring.want(node.now, id_at(200)));
  CHECK_FALSE(node.ring.want(node.now, id_at(200)));
  CHECK(sought(node.look(), Role::on_demand) == std::set{id_at(200)});
  node.failed = {id_at(200)};
  CHECK(sought(node.look(), Role::on_demand).empty());
  node.link(200);
  node.look();
  CHECK(node.roles(200).test(index_of(Role::on_demand)));
  CHECK(node.ring.idle_deadline() == node.now + 60s);
  node.links.find(id_at(200))->last_traffic = node.now + 30s;
  node.now += 60s;
  node.ring.expire_on_demand(node.now, node.links);
  CHECK(node.ring.idle_deadline() == node.now + 30s);
  node.now += 30s;
  node.ring.expire_on_demand(node.now, node.links);
  CHECK_FALSE(node.ring.idle_deadline());
}

TEST_CASE("the member between is wanted as long as a path goes over it, and a link that waits keeps its roles") {
  Wanting node;
  for (const std::uint8_t peer : std::vector<std::uint8_t>{70, 80, 90, 95, 105, 110, 120})
    node.link(peer);
  node.link(200);
  add_up(node.links, id_at(30), 30, RelayPath{id_at(200), id_at(30)});
  node.look();
  CHECK(node.roles(200) == only(Role::on_demand));
  CHECK(node.roles(90) == only(Role::near));
  node.links.remove_path(*node.links.find(id_at(30)), crypto::ChannelId{30});
  node.links.remove_path(*node.links.find(id_at(90)), crypto::ChannelId{90});
  node.look();
  CHECK(node.roles(200).none());
  CHECK(node.roles(90) == only(Role::near));
}

TEST_CASE("a node with one direct link tries the member that most peers are linked with, once it has joined") {
  Wanting node;
  node.offered = {id_at(30), id_at(40), id_at(40), id_at(90)};
  node.link(90);
  CHECK(sought(node.look(), Role::on_demand).empty());
  node.answer(node.asks().at(0).token, 90);
  node.look();
  REQUIRE(node.ring.is_joined());
  CHECK(sought(node.look(), Role::on_demand).contains(id_at(40)));
  // Its only direct link is its way in, and is told so.
  CHECK(node.roles(90).test(index_of(Role::leaf)));
  node.link(40);
  node.link(50);
  node.now += 1h;
  node.ring.expire_on_demand(node.now, node.links);
  CHECK(sought(node.look(), Role::on_demand).empty());
  CHECK_FALSE(node.roles(90).test(index_of(Role::leaf)));
}

TEST_CASE("a node with one direct link opens an endpoint that is known before it asks members") {
  Wanting node;
  node.join();
  node.unlink(110);
  node.ring.handle_hearsay(place(7));
  node.offered = {id_at(40)};
  node.now += SpareLinks::pace.longest * 2;
  const auto first = node.look();
  REQUIRE(those<Ring::Open>(first).size() == 1);
  CHECK(those<Ring::Open>(first)[0].endpoint == place(7));
  CHECK(sought(first, Role::on_demand).empty());
  node.ring.handle_open_failed(node.now, place(7));
  node.now += SpareLinks::pace.longest * 2;
  // Nobody is there: members are asked, each in its turn.
  const auto second = node.look();
  CHECK(those<Ring::Open>(second).empty());
  CHECK(sought(second, Role::on_demand).contains(id_at(40)));
}

TEST_CASE(
    "without links all questions and shortcuts are forgotten, and a neighbour that is lost is looked for at once") {
  Wanting node;
  node.join();
  node.unlink(110);
  CHECK(node.ring.poll_timeout(node.links) == node.now);
  CHECK_FALSE(node.asks().empty());
  node.unlink(90);
  CHECK_FALSE(node.ring.is_joined());
  CHECK_FALSE(node.ring.poll_timeout(node.links));
  CHECK(node.ring.heard_neighbours(node.now, node.view()).empty());
}
