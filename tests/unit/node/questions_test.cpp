#include "node/questions.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "node/node.hpp"
#include "node/value_writer.hpp"
#include "support/stand_in_crypto.hpp"

using namespace ipop;
using namespace ipop::node;
using namespace std::chrono_literals;

namespace {

constexpr WallTime asked_at{1'767'225'600};

/// The questions of a node that is alone: nothing is sent, and this test is the ring.
struct AskedNode {
  explicit AskedNode(NodeConfig of = {.name_space = "test"}) : config(std::move(of)) {
    basis.set_wall_time(now, asked_at);
  }

  NodeConfig config;
  TimePoint now{};
  crypto::Basis basis;
  SeededRng rng{7};
  crypto::PrivateKey key = crypto::PrivateKey::from_seed(Bytes(32, std::byte{3}));
  NodeId self = *crypto::node_id_of(key.public_key());
  test_support::StandInHandshakeFactory handshakes{self, 1};
  test_support::StandInAeadFactory aeads;
  overlay::Overlay ring{{.self = self}, basis, handshakes, aeads, rng};
  dht::Dht table{{.self = self}, key, basis, rng};
  std::optional<router::Router> router;
  EndToEnd sessions{self, as_bytes("test"), basis, handshakes, aeads, rng};
  Arrival arrival{{}};
  std::optional<OwnCertificate> certificate;
  LeaseWay leases{"test", std::nullopt, std::nullopt, rng};
  Keepsakes keepsakes{{}, {}, basis.clock()};
  TwinWatch twin{key, as_bytes("test"), rng};
  ClockNotice clock_notice;
  Counters counters;
  SelfReport report{{config, self, basis, aeads, ring, table, router, sessions, arrival, certificate, leases, keepsakes,
                     twin, clock_notice, counters}};
  Questions machine{report, to_bytes(as_bytes("test")), basis.clock(), rng};

  template <class T>
  std::optional<T> next() {
    auto output = machine.poll_output();
    if (!output || !std::holds_alternative<T>(*output)) return std::nullopt;
    return std::move(std::get<T>(*output));
  }
  /// The answer to `id`, which comes next.
  Result<Answer> answer_to(std::uint64_t id) {
    auto answered = next<CommandAnswer>();
    REQUIRE(answered);
    REQUIRE(answered->id == CommandId{id});
    return std::move(answered->answer);
  }
  void ask(std::uint64_t id, const Command& command) { machine.handle_command(now, CommandId{id}, command); }
  dht::Record value_of(const std::string& name) {
    ValueWriter writer(to_bytes(as_bytes("test")), key, {});
    return writer.write(asked_at, name, Bytes(2, std::byte{5}), 1h);
  }
};

std::string refusal(const Result<Answer>& answer) {
  REQUIRE_FALSE(answer);
  return answer.error().context;
}

}  // namespace

TEST_CASE("status, peers and endpoints are answered at once, from the report") {
  AskedNode node({.name_space = "test", .version = "1.2"});
  node.report.handle_start(node.now);
  node.counters.add("drop_query_pace");
  node.arrival.handle_local_endpoints(node.now, {*net::parse_endpoint("192.0.2.1:7000")});
  node.now += 3s;
  node.ask(1, StatusCommand{});
  const auto status = std::get<StatusAnswer>(*node.answer_to(1));
  CHECK(status.id == node.self);
  CHECK(status.version == "1.2");
  CHECK(status.uptime == 3s);
  CHECK(status.counters.at("drop_query_pace") == 1);
  CHECK(status.local_endpoints.size() == 1);
  node.ask(2, PeersCommand{});
  CHECK(std::get<PeersAnswer>(*node.answer_to(2)).peers.empty());
  node.ask(3, EndpointsCommand{});
  CHECK(std::get<EndpointsAnswer>(*node.answer_to(3)).endpoints == status.local_endpoints);
}

TEST_CASE("a value that is asked for comes with its owner; one that is out of bounds is not asked for") {
  AskedNode node;
  node.ask(1, DhtGetCommand{"door"});
  const auto get = node.next<Questions::Get>();
  REQUIRE(get);
  CHECK(get->name == to_bytes(as_bytes("door")));
  node.machine.handle_dht_answer(node.now, get->id,
                                 {.outcome = dht::Outcome::done, .records = {node.value_of("door")}});
  const auto found = std::get<DhtAnswer>(*node.answer_to(1));
  REQUIRE(found.values.size() == 1);
  CHECK(found.values.front().owner == node.self);
  // An answer that comes twice is nobody's.
  node.machine.handle_dht_answer(node.now, get->id, {});
  CHECK_FALSE(node.machine.poll_output());

  node.ask(2, DhtGetCommand{""});
  CHECK(refusal(node.answer_to(2)) == "a key has 1 to 255 octets");
  node.ask(3, DhtPutCommand{"door", {}, 1h});
  CHECK(refusal(node.answer_to(3)) == "a value has 1 to 1024 octets");
  node.ask(4, DhtPutCommand{"door", Bytes(1), 200h});
  CHECK(refusal(node.answer_to(4)) == "a time to live is 1 second to 7 days");
}

TEST_CASE("so many questions of each kind may wait, and the next one is refused") {
  AskedNode node;
  for (std::uint64_t id = 0; id < Questions::max_walks; ++id)
    node.ask(id, MembersCommand{});
  for (std::uint64_t id = 0; id < Questions::max_operations; ++id)
    node.ask(id, DhtGetCommand{"door"});
  while (node.machine.poll_output()) {
  }
  node.ask(1, DhtGetCommand{"door"});
  CHECK(refusal(node.answer_to(1)) == "too many DHT operations at once");
}

TEST_CASE("a node that is alone is all members; who was here before is asked for where a client wants it") {
  AskedNode node;
  node.ask(1, MembersCommand{});
  const auto members = std::get<MembersAnswer>(*node.answer_to(1));
  REQUIRE(members.members.size() == 1);
  CHECK(members.members.front().id == node.self);
  node.ask(2, MembersCommand{.all = true});
  auto walked = node.next<Questions::Walked>();
  REQUIRE(walked);
  node.machine.handle_gone(std::move(*walked), {GoneRow{.name = "gone"}});
  CHECK(std::get<MembersAnswer>(*node.answer_to(2)).gone.size() == 1);
}

TEST_CASE("a watch, a list and an end are the owner's to carry out") {
  AskedNode node;
  node.ask(1, DhtWatchCommand{"door"});
  CHECK(node.next<Questions::Watch>()->name == to_bytes(as_bytes("door")));
  node.machine.handle_done(CommandId{1}, {});
  CHECK(std::holds_alternative<DoneAnswer>(*node.answer_to(1)));
  node.ask(2, RevokeCommand{});
  CHECK(refusal(node.answer_to(2)) == "an open group has no authority that could revoke");
  node.ask(3, DnsCommand{});
  CHECK(refusal(node.answer_to(3)) == "this node has no virtual network");
  node.ask(4, StopCommand{});
  CHECK(node.answer_to(4));
  CHECK(node.next<Questions::Stop>());
}

TEST_CASE("why: the node itself is known by the beginning of its id, and a stranger is not") {
  AskedNode node;
  node.ask(1, WhyCommand{to_string(node.self).substr(0, 6)});
  CHECK(std::get<WhyAnswer>(*node.answer_to(1)).state == "self");
  node.ask(2, WhyCommand{"nobody"});
  CHECK(refusal(node.answer_to(2)) == "no node nobody among the links of this node");
}

TEST_CASE("who waits when the node leaves its ring is refused, each once") {
  AskedNode node;
  node.ask(3, DhtGetCommand{"door"});
  const auto get = node.next<Questions::Get>();
  node.ask(2, DhtGetCommand{"gate"});
  CHECK(node.next<Questions::Get>());
  node.machine.refuse_all("the node left");
  CHECK(refusal(node.answer_to(2)) == "the node left");
  CHECK(refusal(node.answer_to(3)) == "the node left");
  node.machine.handle_dht_answer(node.now, get->id, {});
  CHECK_FALSE(node.machine.poll_output());
  CHECK_FALSE(node.machine.poll_timeout());
}
