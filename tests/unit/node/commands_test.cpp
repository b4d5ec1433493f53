#include <doctest/doctest.h>

#include "net/dns_message.hpp"
#include "support/sim_ring.hpp"

using namespace ipop;
using namespace ipop::test_support;

namespace {

/// A bootstrap node and two members that have addresses.
struct Trio {
  explicit Trio(std::uint64_t seed) : ring({.seed = seed}) {
    ring.add_bootstrap();
    ring.add_member(ring.network().add_public_site(), TimePoint{});
    ring.add_member(ring.network().add_public_site(), TimePoint{},
                    [](node::NodeConfig& config) { config.host_name = "alice"; });
    const auto has_name = [&] { return alice().status(ring.network().now()).names.size() == 2; };
    REQUIRE(ring.network().run_until_done(
        [&] { return ring.all_joined() && ring.all_have_addresses() && has_name() && ring.near_links_are_right(); },
        60s));
  }

  SimNode& member() { return ring.at(1); }
  SimNode& alice() { return ring.at(2); }

  /// The answer to what the first member is asked.
  Result<node::Answer> ask(const node::Command& command, std::size_t index = 1) {
    SimNode& node = ring.at(index);
    const std::uint64_t id = node.ask(ring.network().now(), command);
    ring.network().drain(ring.host(index));
    REQUIRE(ring.network().run_until_done([&] { return node.answers.contains(id); }, 30s));
    return node.answers.at(id);
  }
  template <class A>
  A answer(const node::Command& command, std::size_t index = 1) {
    const auto result = ask(command, index);
    REQUIRE_MESSAGE(result.has_value(), result.error().message());
    REQUIRE(std::holds_alternative<A>(*result));
    return std::get<A>(*result);
  }
  std::error_code refused(const node::Command& command, std::size_t index = 1) {
    const auto result = ask(command, index);
    return result ? std::error_code() : result.error().code;
  }

  SimRing ring;
};

Bytes value(std::string_view text) {
  return to_bytes(as_bytes(text));
}

}  // namespace

TEST_CASE("a node's status tells who it is, what it holds and whom it is linked to") {
  Trio trio(21);
  const auto status = trio.answer<node::StatusAnswer>(node::StatusCommand{}, 2);
  CHECK(status.id == trio.alice().node().id());
  CHECK(status.joined);
  CHECK_FALSE(status.closed);
  CHECK(status.address == trio.alice().node().address());
  CHECK(status.lease_expires);
  REQUIRE(status.names.size() == 2);
  CHECK(status.names[1] == "alice");
  CHECK(status.links == 2);
  CHECK(status.direct_links == 2);
  CHECK(status.notices.empty());
  CHECK_FALSE(status.library.empty());
  CHECK(status.uptime > std::chrono::milliseconds(0));
  CHECK_FALSE(status.counters.empty());
}

TEST_CASE("peers are those whom a node is linked to, with what went over each link") {
  Trio trio(22);
  const auto answer = trio.answer<node::PeersAnswer>(node::PeersCommand{});
  REQUIRE(answer.peers.size() == 2);
  for (const node::PeerRow& row : answer.peers) {
    CHECK(row.direct);
    CHECK(row.endpoint);
    CHECK(row.reason.empty());
    CHECK(row.octets_sent > 0);
    CHECK(row.octets_received > 0);
    CHECK((row.id == trio.alice().node().id() || row.id == trio.ring.at(0).node().id()));
  }
}

TEST_CASE("members are all of the ring, this node first; a limit says that there are more") {
  Trio trio(23);
  const auto all = trio.answer<node::MembersAnswer>(node::MembersCommand{});
  CHECK(all.complete);
  REQUIRE(all.members.size() == 3);
  CHECK(all.members[0].id == trio.member().node().id());
  CHECK(std::ranges::count_if(all.members, [](const node::MemberRow& row) { return row.name == "alice"; }) == 1);
  CHECK(std::ranges::count_if(all.members, [](const node::MemberRow& row) { return row.address.has_value(); }) == 2);
  const auto some = trio.answer<node::MembersAnswer>(node::MembersCommand{.limit = 2});
  CHECK(some.members.size() == 2);
  CHECK_FALSE(some.complete);
}

TEST_CASE("more walks at once than a node makes are refused, and those under way end well") {
  Trio trio(24);
  std::vector<std::uint64_t> asked;
  for (int i = 0; i < 9; ++i)
    asked.push_back(trio.member().ask(trio.ring.network().now(), node::MembersCommand{}));
  trio.ring.network().drain(trio.ring.host(1));
  REQUIRE(trio.member().answers.contains(asked.back()));
  CHECK(trio.member().answers.at(asked.back()).error().code == Errc::exhausted);
  asked.pop_back();
  for (const std::uint64_t id : asked) {
    REQUIRE(trio.ring.network().run_until_done([&] { return trio.member().answers.contains(id); }, 30s));
    CHECK(std::get<node::MembersAnswer>(*trio.member().answers.at(id)).members.size() == 3);
  }
  CHECK(trio.answer<node::MembersAnswer>(node::MembersCommand{}).complete);
}

TEST_CASE("why takes an id, the beginning of one, an address, and a name with the domain or without") {
  Trio trio(25);
  const NodeId alice = trio.alice().node().id();
  const std::string id = to_string(alice);
  for (const std::string& target : {id, id.substr(0, 8), to_string(*trio.alice().node().address()),
                                    std::string("alice"), std::string("alice.ipop")}) {
    CAPTURE(target);
    const auto why = trio.answer<node::WhyAnswer>(node::WhyCommand{target});
    CHECK(why.id == alice);
    CHECK(why.state == "direct");
    CHECK_FALSE(why.reason.empty());
    CHECK_FALSE(why.journal.empty());
  }
  CHECK(trio.answer<node::WhyAnswer>(node::WhyCommand{to_string(trio.member().node().id())}).state == "self");
  CHECK(trio.refused(node::WhyCommand{"nobody"}) == Errc::not_found);
  CHECK(trio.refused(node::WhyCommand{"10.200.1.1"}) == Errc::not_found);
}

TEST_CASE("why says that a member left, and when, until it is back") {
  Trio trio(28);
  const NodeId alice = trio.alice().node().id();
  const auto why = [&] { return trio.answer<node::WhyAnswer>(node::WhyCommand{to_string(alice)}); };
  CHECK_FALSE(why().gone);
  const TimePoint before = trio.ring.network().now();
  trio.alice().stop(trio.ring.network().now());
  trio.ring.network().drain(trio.ring.host(2));
  trio.ring.kill(2);
  trio.ring.network().run_for(20s);
  const auto left = why();
  CHECK(left.state != "direct");
  CHECK(left.reason.starts_with("this member left; no link"));
  REQUIRE(left.gone);
  CHECK(left.gone->why == node::Absence::stopped);
  const auto at = std::chrono::duration_cast<std::chrono::seconds>(before - TimePoint{}).count();
  CHECK(left.gone->last_seen.seconds - SimRing::start_wall_seconds - at <= 1);
  trio.ring.restart(2);
  REQUIRE(trio.ring.network().run_until_done([&] { return why().state == "direct"; }, 60s));
  CHECK_FALSE(why().gone);
}

TEST_CASE("why says the address of a name to which no packet went yet") {
  Trio trio(27);
  const auto why = trio.answer<node::WhyAnswer>(node::WhyCommand{"alice"});
  CHECK(why.id == trio.alice().node().id());
  CHECK(why.address == trio.alice().node().address());
}

TEST_CASE("a value is put, read by another member, kept by who created it, and within its limits") {
  Trio trio(26);
  CHECK(trio.answer<node::DhtAnswer>(node::DhtPutCommand{.key = "colour", .value = value("blue"), .exclusive = true})
            .outcome == dht::Outcome::done);
  const auto read = trio.answer<node::DhtAnswer>(node::DhtGetCommand{"colour"}, 2);
  REQUIRE(read.values.size() == 1);
  CHECK(read.values[0].value == value("blue"));
  CHECK(read.values[0].owner == trio.member().node().id());
  CHECK(trio.answer<node::DhtAnswer>(node::DhtPutCommand{.key = "colour", .value = value("red"), .exclusive = true}, 2)
            .outcome == dht::Outcome::exists);
  CHECK(trio.answer<node::DhtAnswer>(node::DhtGetCommand{"shape"}).outcome == dht::Outcome::not_found);

  using Put = node::DhtPutCommand;
  for (const Put& put : {Put{.key = "", .value = value("x")}, Put{.key = std::string(256, 'k'), .value = value("x")},
                         Put{.key = "k", .value = {}}, Put{.key = "k", .value = Bytes(1025)},
                         Put{.key = "k", .value = value("x"), .time_to_live = std::chrono::seconds(0)},
                         Put{.key = "k", .value = value("x"), .time_to_live = std::chrono::hours(24 * 7 + 1)}})
    CHECK(trio.refused(put) == Errc::out_of_range);
  CHECK(trio.refused(node::DhtGetCommand{""}) == Errc::out_of_range);
}

TEST_CASE("a key that is watched tells of a change, and of none after the watch has ended") {
  Trio trio(27);
  trio.answer<node::DoneAnswer>(node::DhtWatchCommand{"colour"});
  const auto changes = [&] {
    return std::ranges::count_if(trio.member().events, [](const auto& event) {
      return std::holds_alternative<node::DhtChangedEvent>(event.second);
    });
  };
  REQUIRE(trio.ring.network().run_until_done([&] { return changes() == 1; }, 30s));
  trio.answer<node::DhtAnswer>(node::DhtPutCommand{.key = "colour", .value = value("blue")}, 2);
  REQUIRE(trio.ring.network().run_until_done([&] { return changes() == 2; }, 30s));
  trio.member().node().end_watch(trio.ring.network().now(), "colour");
  trio.answer<node::DhtAnswer>(node::DhtPutCommand{.key = "colour", .value = value("red")}, 2);
  trio.ring.network().run_for(60s);
  CHECK(changes() == 2);
}

TEST_CASE("a DNS question of a program is answered as on the virtual network; a node without one says so") {
  Trio trio(28);
  net::DnsMessage question;
  question.header.id = 7;
  question.questions.push_back({*net::parse_dns_name("alice.ipop"), net::DnsType::a, net::DnsClass::in});
  Bytes octets;
  net::encode(question, octets);
  const auto answer = trio.answer<node::DnsAnswer>(node::DnsCommand{octets});
  const auto message = net::decode_dns(answer.message);
  REQUIRE(message);
  CHECK(message->header.id == 7);
  CHECK(message->answers.size() == 1);
  // The bootstrap node has no virtual network.
  CHECK(trio.refused(node::DnsCommand{octets}, 0) == Errc::unsupported);
  CHECK(trio.refused(node::WhyCommand{"alice"}, 0) == Errc::not_found);
}

TEST_CASE("endpoints are those at which others see a node, then its own, each once") {
  Trio trio(29);
  const auto answer = trio.answer<node::EndpointsAnswer>(node::EndpointsCommand{});
  CHECK(answer.id == trio.member().node().id());
  const auto own = trio.ring.network().local_endpoint(trio.ring.host(1));
  CHECK(std::ranges::count(answer.endpoints, own) == 1);
}

TEST_CASE("an open group revokes nobody, and files are the daemon's to read") {
  Trio trio(30);
  CHECK(trio.refused(node::RevokeCommand{Bytes(100)}) == Errc::unsupported);
  CHECK(trio.refused(node::ReloadCommand{}) == Errc::unsupported);
}
