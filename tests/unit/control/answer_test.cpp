#include <doctest/doctest.h>

#include "control/rpc.hpp"

using namespace ipop;
using namespace ipop::control;

namespace {

NodeId id_of(unsigned char first) {
  std::array<std::byte, NodeId::size> octets{};
  octets[0] = std::byte{first};
  return NodeId(octets);
}

const net::Endpoint endpoint{net::Ipv4Address(192, 0, 2, 1), 5000};
const net::Ipv4Address address(10, 128, 0, 7);

template <class Wanted>
Wanted round_trip(const Wanted& answer) {
  const std::string line = encode_answer(RequestId(std::int64_t{3}), node::Answer(answer));
  CHECK(line.find('\n') == std::string::npos);
  const auto message = decode_message(line);
  REQUIRE(message);
  const auto* decoded = std::get_if<AnswerMessage>(&*message);
  REQUIRE(decoded != nullptr);
  CHECK(decoded->id == 3);
  REQUIRE(decoded->answer);
  const auto* wanted = std::get_if<Wanted>(&*decoded->answer);
  REQUIRE(wanted != nullptr);
  // What decodes is the same line again: nothing was lost on the way.
  CHECK(encode_answer(RequestId(std::int64_t{3}), node::Answer(*wanted)) == line);
  return *wanted;
}

Error error_of(const std::string& line) {
  const auto message = decode_message(line);
  REQUIRE(message);
  const auto& answer = std::get<AnswerMessage>(*message).answer;
  REQUIRE_FALSE(answer);
  return answer.error();
}

}  // namespace

TEST_CASE("a status answer reads back as it was") {
  node::StatusAnswer status;
  status.id = id_of(1);
  status.name_space = "lab-abc";
  status.version = "0.1.0";
  status.joined = true;
  status.ring_size_estimate = 12;
  status.links = 5;
  status.direct_links = 4;
  status.nat = overlay::NatClass::address_dependent;
  status.local_endpoints = {endpoint};
  status.observed_endpoints = {{net::Ipv6Address{}, 1}};
  status.prefix = net::Ipv4Prefix(net::Ipv4Address(10, 128, 0, 0), 9);
  status.address = address;
  status.lease_expires = WallTime{1'800'000'000};
  status.domain = "ipop";
  status.names = {"C128000007", "alice"};
  status.interface = "ipop0";
  status.cipher = "chacha20-poly1305";
  status.suite = crypto::AeadSuite::chacha20_poly1305;
  status.library = "openssl";
  status.offloads = {"tap-tcp", "udp-send"};
  status.uptime = 1234ms;
  status.dht_records = 9;
  status.counters = {{"drop_x", 1}, {"udp_sent", 1ULL << 40U}};
  const auto back = round_trip(status);
  CHECK(back.address == address);
  CHECK(back.lease_expires == status.lease_expires);
  CHECK(back.nat == status.nat);
  CHECK(back.names == status.names);
  CHECK(back.offloads == status.offloads);
  CHECK(back.counters == status.counters);
  CHECK(back.observed_endpoints == status.observed_endpoints);
  CHECK(back.uptime == 1234ms);

  const auto empty = round_trip(node::StatusAnswer{});
  CHECK_FALSE(empty.address);
  CHECK_FALSE(empty.prefix);
}

TEST_CASE("peers, members, endpoints and DNS answers read back as they were") {
  node::PeerRow relayed;
  relayed.id = id_of(2);
  relayed.direct = false;
  relayed.relay = id_of(3);
  relayed.roles = {"near", "on-demand"};
  relayed.round_trip = 1500us;
  relayed.octets_sent = 7;
  relayed.reason = "both NATs are address dependent";
  const auto peers = round_trip(node::PeersAnswer{{relayed}});
  REQUIRE(peers.peers.size() == 1);
  CHECK(peers.peers[0].relay == id_of(3));
  CHECK_FALSE(peers.peers[0].endpoint);
  CHECK(peers.peers[0].roles == relayed.roles);
  CHECK(peers.peers[0].round_trip == 1500us);

  node::MemberRow member;
  member.id = id_of(4);
  member.address = address;
  member.name = "bob";
  member.address_after = 800ms;
  member.answered = false;
  const node::GoneRow absent{id_of(8), address, "carol", WallTime{1'800'000'000}, node::Absence::revoked};
  const auto members = round_trip(node::MembersAnswer{{member}, false, {absent}});
  REQUIRE(members.gone.size() == 1);
  CHECK(members.gone[0].id == absent.id);
  CHECK(members.gone[0].address == absent.address);
  CHECK(members.gone[0].name == "carol");
  CHECK(members.gone[0].last_seen == absent.last_seen);
  CHECK(members.gone[0].why == node::Absence::revoked);
  REQUIRE(members.members.size() == 1);
  CHECK(members.members[0].name == "bob");
  CHECK(members.members[0].address_after == 800ms);
  CHECK_FALSE(members.members[0].answered);
  CHECK_FALSE(members.complete);

  const auto endpoints = round_trip(node::EndpointsAnswer{id_of(5), {endpoint}, true});
  CHECK(endpoints.endpoints == std::vector{endpoint});
  CHECK(endpoints.reachable_from_outside);

  const Bytes octets{std::byte{0x12}, std::byte{0}};
  CHECK(round_trip(node::DnsAnswer{octets}).message == octets);
  (void)round_trip(node::DoneAnswer{});
}

TEST_CASE("the answer to why reads back with its connection and its journal") {
  node::WhyAnswer why;
  why.id = id_of(6);
  why.state = "direct";
  why.reason = "the first punch came through";
  overlay::Connection connection;
  connection.peer = id_of(6);
  connection.endpoint = endpoint;
  connection.roles.set(static_cast<std::size_t>(overlay::Role::near));
  connection.initiated_here = true;
  connection.round_trip = 25ms;
  connection.carries = 1375;
  connection.is_failing = true;
  connection.suite = crypto::AeadSuite::chacha20_poly1305;
  why.report.connection = connection;
  why.report.own_nat = overlay::NatClass::endpoint_independent;
  why.report.peer_candidates = {endpoint};
  why.report.punch_attempts = 2;
  why.library = "ipsec-mb";
  why.journal = {{5s, "punched"}, {1s, "link up"}};
  const auto back = round_trip(why);
  REQUIRE(back.report.connection);
  CHECK(back.report.connection->endpoint == endpoint);
  CHECK(back.report.connection->is_direct());
  CHECK(back.report.connection->has(overlay::Role::near));
  CHECK_FALSE(back.report.connection->has(overlay::Role::leaf));
  CHECK(back.report.connection->round_trip == 25ms);
  CHECK(back.report.connection->carries == 1375);
  CHECK(back.report.connection->is_failing);
  CHECK(back.report.connection->suite == crypto::AeadSuite::chacha20_poly1305);
  CHECK(back.report.own_nat == overlay::NatClass::endpoint_independent);
  CHECK(back.journal == why.journal);
  CHECK_FALSE(back.gone);
  CHECK(back.library == "ipsec-mb");
  why.gone = node::GoneRow{id_of(6), std::nullopt, "bob", WallTime{1'700'000'000}, node::Absence::revoked};
  CHECK(round_trip(why).gone == why.gone);

  why.report.connection.reset();
  why.report.next_hop = id_of(7);
  const auto routed = round_trip(why);
  CHECK_FALSE(routed.report.connection);
  CHECK(routed.report.next_hop == id_of(7));
}

TEST_CASE("DHT answers of every outcome read back as they were") {
  for (const auto outcome : {dht::Outcome::done, dht::Outcome::exists, dht::Outcome::not_found,
                             dht::Outcome::no_majority, dht::Outcome::refused}) {
    node::DhtAnswer answer;
    answer.outcome = outcome;
    answer.values = {{to_bytes(as_bytes("text")), id_of(1), WallTime{5}}, {Bytes{std::byte{0}}, id_of(2), WallTime{6}}};
    answer.detail = "5 of 8 replicas";
    const auto back = round_trip(answer);
    CHECK(back.outcome == outcome);
    REQUIRE(back.values.size() == 2);
    CHECK(back.values[1].value == answer.values[1].value);
    CHECK(back.values[1].expires == WallTime{6});
  }
}

TEST_CASE("every event reads back as it was") {
  const std::vector<node::Event> events{
      node::JoinedEvent{},
      node::LeaseHeldEvent{address, net::Ipv4Prefix(net::Ipv4Address(10, 128, 0, 0), 9), WallTime{77}},
      node::LeaseLostEvent{address, "taken"},
      node::PeerUpEvent{id_of(1), false},
      node::PeerDownEvent{id_of(1), "silent"},
      node::NameHeldEvent{"alice"},
      node::ReachabilityEvent{overlay::NatClass::none, {endpoint}},
      node::DhtChangedEvent{"a key"},
  };
  for (const node::Event& event : events) {
    const std::string line = encode_event(event);
    const auto message = decode_message(line);
    REQUIRE(message);
    const auto* back = std::get_if<node::Event>(&*message);
    REQUIRE(back != nullptr);
    CHECK(back->index() == event.index());
    CHECK(encode_event(*back) == line);
  }
}

TEST_CASE("a refusal keeps its reason and its sentence") {
  const RequestId id(std::int64_t{1});
  const auto line_of = [&](std::error_code code, std::string text) {
    return encode_answer(id, Result<node::Answer>(make_error(code, std::move(text))));
  };
  const Error missing = error_of(line_of(make_error_code(Errc::not_found), "no node begins with \"ab\""));
  CHECK(missing.code == Errc::not_found);
  CHECK(missing.context == "no node begins with \"ab\"");
  CHECK(error_of(line_of(std::make_error_code(std::errc::permission_denied), "no")).code ==
        std::errc::permission_denied);
  CHECK(error_of(line_of(std::make_error_code(std::errc::timed_out), "late")).code == std::errc::timed_out);
  CHECK(error_of(line_of(std::make_error_code(std::errc::io_error), "odd")).code == std::errc::protocol_error);
  CHECK(error_of(encode_bad_request({id, -32602, "wrong"})).code == std::errc::invalid_argument);
  CHECK(error_of(encode_bad_request({id, -32601, "unknown"})).code == Errc::malformed);
}

TEST_CASE("a client skips fields that it does not know and refuses wrong ones") {
  const auto done = decode_message(R"({"jsonrpc":"2.0","id":1,"result":{"schema":"ipop.done/1","more":[1,2]}})");
  REQUIRE(done);
  CHECK(std::get<AnswerMessage>(*done).answer);
  CHECK(error_of(R"({"jsonrpc":"2.0","id":1,"result":{"schema":"ipop.done/2"}})").code == Errc::unsupported);
  CHECK(error_of(R"({"jsonrpc":"2.0","id":1,"result":{}})").code == Errc::malformed);
  CHECK(error_of(R"({"jsonrpc":"2.0","id":1,"result":7})").code == Errc::malformed);
  CHECK(error_of(R"({"jsonrpc":"2.0","id":1,"result":{"schema":"ipop.status/1","id":"!"}})").code == Errc::malformed);
  CHECK(error_of(R"({"jsonrpc":"2.0","id":1,"result":{"schema":"ipop.peers/1","peers":[7]}})").code == Errc::malformed);
  CHECK(error_of(R"({"jsonrpc":"2.0","id":1,"error":7})").code == std::errc::protocol_error);
  CHECK_FALSE(decode_message("{}"));
  CHECK_FALSE(decode_message("[]"));
  CHECK_FALSE(decode_message(R"({"jsonrpc":"2.0","method":"event"})"));
  const auto future = decode_message(R"({"jsonrpc":"2.0","method":"event","params":{"event":"flying"}})");
  REQUIRE_FALSE(future);
  CHECK(future.error().code == Errc::unsupported);
}

TEST_CASE("foreign text that is not UTF-8 can't break a line") {
  node::LeaseLostEvent lost{address, "bad \xff\n text"};
  const std::string line = encode_event(lost);
  CHECK(line.find('\n') == std::string::npos);
  CHECK(decode_message(line));
}
