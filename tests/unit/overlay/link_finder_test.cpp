#include "overlay/link_finder.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <doctest/doctest.h>

#include "link_maker.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

namespace {

/// The node 100, which finds links beside those that the test makes.
struct Finding {
  Finding() { finder.set_instance(7); }

  /// A request or answer of `source` that came over the link to `previous`.
  std::vector<LinkFinder::Output> hear(std::uint8_t source, const ConnectToMe& message, std::uint8_t previous = 90) {
    RoutedPacket packet;
    packet.type = PacketType::connect_to_me;
    packet.source = id_at(source);
    packet.destination = id_at(100);
    encode(message, packet.payload);
    finder.handle_message(now, packet, message, id_at(previous));
    return drained(finder);
  }
  /// An attempt to link `peer` begins, since traffic wants it; the question that goes out.
  ConnectToMe seek(std::uint8_t peer) {
    finder.want(now, id_at(peer));
    finder.seek_wanted(now);
    for (const LinkFinder::Route& route : those<LinkFinder::Route>(drained(finder))) {
      if (route.packet.destination == id_at(peer)) return *decode_connect_to_me(route.packet.payload);
    }
    return {};
  }
  std::vector<LinkFinder::Output> run_for(Duration time) {
    std::vector<LinkFinder::Output> out;
    const TimePoint end = now + time;
    while (finder.poll_timeout() && *finder.poll_timeout() <= end) {
      now = std::max(now, *finder.poll_timeout());
      finder.handle_timeout(now);
      for (auto& output : drained(finder))
        out.push_back(std::move(output));
    }
    now = end;
    return out;
  }

  TimePoint now = TimePoint{} + 1h;
  SeededRng rng{5};
  LinkTable links{id_at(100)};
  PathOpenings openings;
  Reachability reachability{std::nullopt};
  LinkFinder finder{id_at(100), 2, 60s, {.links = links, .openings = openings, .reachability = reachability}, rng};
};

ConnectToMe request_for(const Roles& roles, std::uint64_t token = 5) {
  ConnectToMe out;
  out.roles = roles;
  out.token = token;
  out.candidates = {place(33)};
  return out;
}

ConnectToMe answer_to(std::uint64_t token) {
  ConnectToMe out = request_for({}, token);
  out.kind = ConnectToMe::Kind::answer;
  return out;
}

/// The messages that go out, by whom they are for.
std::map<NodeId, ConnectToMe> messages_in(const std::vector<LinkFinder::Output>& outputs) {
  std::map<NodeId, ConnectToMe> out;
  for (const LinkFinder::Route& route : those<LinkFinder::Route>(outputs))
    out[route.packet.destination] = *decode_connect_to_me(route.packet.payload);
  return out;
}

bool opens(const std::vector<LinkFinder::Output>& outputs, const LinkCarrier& carrier) {
  return std::ranges::any_of(those<LinkFinder::OpenPath>(outputs),
                             [&](const LinkFinder::OpenPath& path) { return path.carrier == carrier; });
}

}  // namespace

TEST_CASE("a request is answered with who we are and who stands next to its source, which is shot at") {
  Finding node;
  add_up(node.links, id_at(90), 90).paths.begin()->round_trip = 20ms;
  add_up(node.links, id_at(40), 40).paths.begin()->round_trip = 10ms;
  node.reachability.handle_local_endpoints({place(100)});
  const auto outputs = node.hear(33, request_for(only(Role::near)));
  const auto answers = messages_in(outputs);
  REQUIRE(answers.size() == 1);
  const ConnectToMe& answer = answers.at(id_at(33));
  CHECK(answer.kind == ConnectToMe::Kind::answer);
  CHECK(answer.token == 5);
  CHECK(answer.instance == 7);
  CHECK(answer.candidates == std::vector{place(100)});
  CHECK(std::set<NodeId>(answer.neighbours.begin(), answer.neighbours.end()) == std::set{id_at(40), id_at(90)});
  CHECK(answer.relays == std::vector{RelayOffer{id_at(40), 10}, RelayOffer{id_at(90), 20}});
  CHECK(opens(outputs, place(33)));
  CHECK(those<LinkFinder::PunchBegan>(outputs).size() == 1);
  CHECK_FALSE(those<LinkFinder::LookAgain>(outputs).empty());
}

TEST_CASE("who wants no link, or has a direct one that is sound, is answered and not shot at") {
  Finding node;
  CHECK(those<LinkFinder::OpenPath>(node.hear(33, request_for({}))).empty());
  add_up(node.links, id_at(34), 34);
  const auto linked = node.hear(34, request_for(only(Role::near)));
  CHECK(messages_in(linked).contains(id_at(34)));
  CHECK(those<LinkFinder::OpenPath>(linked).empty());
  // Another instance has no link yet, whatever the former one had.
  node.links.find(id_at(34))->peer_instance = 3;
  CHECK(opens(node.hear(34, request_for(only(Role::near))), place(33)));
}

TEST_CASE("a request that is spread goes to those next to its source, but not to whom it is linked with") {
  Finding node;
  for (std::uint8_t peer = 30; peer < 70; peer += 10)
    add_up(node.links, id_at(peer), peer);
  ConnectToMe request = request_for(only(Role::near));
  request.spread = true;
  request.neighbours = {id_at(40)};
  const auto outputs = node.hear(45, request);
  const auto messages = messages_in(outputs);
  CHECK_FALSE(messages.contains(id_at(40)));
  for (const std::uint8_t next : std::vector<std::uint8_t>{30, 50, 60}) {
    REQUIRE(messages.contains(id_at(next)));
    CHECK_FALSE(messages.at(id_at(next)).spread);
    CHECK(messages.at(id_at(next)).neighbours.empty());
  }
  for (const LinkFinder::Route& route : those<LinkFinder::Route>(outputs)) {
    const bool is_answer = route.packet.source == id_at(100);
    CHECK(route.first_hop == (is_answer ? std::nullopt : std::optional(route.packet.destination)));
  }
}

TEST_CASE(
    "a request is not spread past those that stand next to its source by what both ends know, this node included") {
  Finding node;
  for (const std::uint8_t peer : std::vector<std::uint8_t>{80, 90, 110, 120})
    add_up(node.links, id_at(peer), peer);
  ConnectToMe request = request_for({});
  request.spread = true;
  request.neighbours = {id_at(85)};
  const auto messages = messages_in(node.hear(95, request));
  // 100 itself stands between the source and 120, and 85 between it and 80.
  CHECK(messages.contains(id_at(110)));
  CHECK(messages.contains(id_at(90)));
  CHECK_FALSE(messages.contains(id_at(120)));
  CHECK_FALSE(messages.contains(id_at(80)));
}

TEST_CASE("a message names where members are that may let anybody in: first who has no NAT, and no bootstrap node") {
  Finding node;
  add_up(node.links, id_at(10), 10).peer_nat = NatClass::address_dependent;
  add_up(node.links, id_at(20), 20).paths.begin()->to_bootstrap = true;
  add_up(node.links, id_at(30), 30, RelayPath{id_at(20), id_at(30)});
  for (const std::uint8_t peer : std::vector<std::uint8_t>{40, 50, 60, 70})
    add_up(node.links, id_at(peer), peer).peer_nat = NatClass::endpoint_independent;
  node.links.find(id_at(60))->peer_nat = NatClass::none;
  const auto messages = messages_in(node.hear(33, request_for(only(Role::near))));
  CHECK(messages.at(id_at(33)).ways_in == std::vector{place(60), place(40), place(50)});
}

TEST_CASE("who lost all links tries where members were said to be") {
  Finding node;
  add_up(node.links, id_at(90), 90);
  ConnectToMe request = request_for({});
  request.nat = NatClass::address_dependent;
  request.ways_in = {place(61)};
  node.hear(33, request);
  node.links.erase(id_at(90));
  node.finder.handle(node.now, Links::Removed{.peer = id_at(90), .end = LinkEnd::lost, .was_near = true});
  node.finder.seek_leaves(node.now, 1);
  const auto outputs = drained(node.finder);
  CHECK(opens(outputs, place(61)));
  CHECK_FALSE(opens(outputs, place(33)));  // behind a NAT like that nobody is found
}

TEST_CASE("the attempt of another is this node's own when it misses that one next to it") {
  Finding node;
  Link& link = add_up(node.links, id_at(90), 90);
  link.neighbours = {id_at(95)};
  node.finder.handle(node.now, Links::Told{id_at(90), false});
  ConnectToMe request = request_for(only(Role::near));
  request.relays = {{id_at(50), 1}};
  request.nat = NatClass::address_dependent;
  node.hear(95, request);
  node.run_for(3s);
  node.finder.seek_wanted(node.now);
  CHECK(messages_in(drained(node.finder)).contains(id_at(50)));
  // Of one that nobody else names it is not.
  ConnectToMe unnamed = request;
  unnamed.relays = {{id_at(51), 1}};
  node.hear(97, unnamed);
  node.run_for(3s);
  node.finder.seek_wanted(node.now);
  CHECK_FALSE(messages_in(drained(node.finder)).contains(id_at(51)));
}

TEST_CASE("beyond so many shortcuts of others another one is refused, a link of another kind is not") {
  Finding node;
  std::size_t taken = 0;
  while (messages_in(node.hear(33, request_for(only(Role::shortcut)))).at(id_at(33)).kind ==
         ConnectToMe::Kind::answer) {
    REQUIRE(++taken < 200);
    const auto peer = static_cast<std::uint8_t>(50 + taken);
    add_up(node.links, id_at(peer), peer).peer_roles = only(Role::shortcut);
  }
  CHECK(taken == node.finder.ring().shortcuts_accepted());
  CHECK(node.finder.counters().get("shortcuts_refused") == 1);
  CHECK(those<LinkFinder::OpenPath>(node.hear(35, request_for(only(Role::shortcut)))).empty());
  const auto other = messages_in(node.hear(34, request_for(only(Role::shortcut) | only(Role::near))));
  CHECK(other.at(id_at(34)).kind == ConnectToMe::Kind::answer);
}

TEST_CASE("S5: requests of one link start so many attempts and no more; all are answered") {
  Finding node;
  std::size_t opened = 0;
  for (unsigned i = 0; i < 2 * Seeker::foreign_seeks_a_hop; ++i) {
    const auto outputs = node.hear(static_cast<std::uint8_t>(101 + i), request_for(only(Role::near)));
    CHECK(messages_in(outputs).size() == 1);
    opened += those<LinkFinder::OpenPath>(outputs).size();
  }
  CHECK(opened == Seeker::foreign_seeks_a_hop);
  CHECK(node.finder.counters().get("drop_seek_full") == Seeker::foreign_seeks_a_hop);
}

TEST_CASE("an answer counts for whoever was asked, and with the token of the question only") {
  Finding node;
  add_up(node.links, id_at(90), 90);
  const ConnectToMe question = node.seek(33);
  CHECK(question.kind == ConnectToMe::Kind::request);
  CHECK(question.roles == only(Role::on_demand));
  CHECK(question.instance == 7);
  CHECK(node.hear(33, answer_to(question.token + 1)).empty());
  CHECK(node.hear(34, answer_to(question.token)).empty());
  CHECK(node.finder.counters().get("drop_answer_unasked") == 2);
  CHECK(node.finder.reach(node.now, id_at(33)) == nullptr);
  CHECK(opens(node.hear(33, answer_to(question.token)), place(33)));
  REQUIRE(node.finder.reach(node.now, id_at(33)) != nullptr);
}

TEST_CASE("nobody is sought without a link to ask over, and nobody looks for itself") {
  Finding node;
  CHECK(node.seek(33).token == 0);
  add_up(node.links, id_at(90), 90);
  CHECK(node.seek(33).token != 0);
  CHECK(node.seek(100).token == 0);
}

TEST_CASE("a peer that refuses or does not answer is left alone for a while, with a line in its journal") {
  for (const bool refuses : {true, false}) {
    Finding node;
    add_up(node.links, id_at(90), 90);
    ConnectToMe refusal = answer_to(node.seek(33).token);
    refusal.kind = ConnectToMe::Kind::refusal;
    auto outputs = refuses ? node.hear(33, refusal) : node.run_for(8s);
    CHECK(those<LinkFinder::CancelDirect>(outputs).size() == 1);
    CHECK(those<LinkFinder::Noted>(outputs)[0].text ==
          (refuses ? "the peer refused another link" : "no answer over the ring"));
    CHECK_FALSE(those<LinkFinder::LookAgain>(outputs).empty());
    CHECK(node.seek(33).token == 0);
    node.now += 2 * RetryPace::pace.first;
    CHECK(node.seek(33).token != 0);
  }
}

TEST_CASE("a relay is one with direct links to both, another when it fails, and members are wanted for want of one") {
  Finding node;
  add_up(node.links, id_at(90), 90);
  add_up(node.links, id_at(80), 80);
  ConnectToMe answer = answer_to(node.seek(33).token);
  answer.relays = {{id_at(90), 10}, {id_at(80), 90}, {id_at(50), 1}};
  node.hear(33, answer);
  CHECK(opens(node.run_for(2s), RelayPath{id_at(90), id_at(33)}));
  node.finder.handle_relay_failed(node.now, id_at(33), id_at(90));
  CHECK(opens(drained(node.finder), RelayPath{id_at(80), id_at(33)}));
  node.finder.handle_open_failed(node.now, {RelayPath{id_at(80), id_at(33)}, id_at(33)});
  const auto outputs = drained(node.finder);
  CHECK(those<LinkFinder::OpenPath>(outputs).empty());
  CHECK_FALSE(those<LinkFinder::LookAgain>(outputs).empty());
  node.finder.seek_wanted(node.now);
  CHECK(messages_in(drained(node.finder)).contains(id_at(50)));
}

TEST_CASE("a direct path that carries data ends the attempt and what is being opened beside it") {
  Finding node;
  add_up(node.links, id_at(90), 90);
  node.hear(33, answer_to(node.seek(33).token));
  node.finder.handle(node.now, Links::Reached{.peer = id_at(33), .endpoint = place(33)});
  const auto cancelled = those<LinkFinder::CancelDirect>(drained(node.finder));
  REQUIRE(cancelled.size() == 1);
  CHECK(cancelled[0].peer == id_at(33));
  CHECK(those<LinkFinder::OpenPath>(node.run_for(10s)).empty());
}

TEST_CASE("a candidate on which there is a path is not opened again") {
  Finding node;
  Link& link = node.links.add(id_at(33));
  node.links.add_path(link, path_on(33));
  add_up(node.links, id_at(90), 90);
  CHECK_FALSE(opens(node.hear(33, request_for(only(Role::near))), place(33)));
}
