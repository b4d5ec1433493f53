#include "router/lease_server.hpp"

#include "leasing/lease_grant.hpp"
#include "leasing/lease_request.hpp"
#include "router/lease_client.hpp"
#include "router_fixture.hpp"

using namespace ipop;
using namespace ipop::test;

namespace {

const leasing::AddressRange pool{net::Ipv4Address(10, 128, 1, 0), net::Ipv4Address(10, 128, 1, 255)};
const net::Ipv4Address leased(10, 128, 1, 7);

struct Server {
  crypto::PrivateKey key = make_key("lease server");
  router::LeaseServer described{*crypto::key_fingerprint_of(key.public_key()), {pool}, {}};
  router::ServerGrants rule{described, std::string(as_text(name_space()))};

  [[nodiscard]] leasing::LeaseGrant grant(const NodeId& node, WallTime issued,
                                          net::Ipv4Address address = leased) const {
    leasing::LeaseGrant out;
    out.address = address;
    out.node = node;
    out.issued = issued;
    out.expires = issued + std::chrono::hours(1);
    leasing::sign(out, as_text(name_space()), key);
    return out;
  }
};

Bytes encoded(const leasing::LeaseGrant& grant) {
  Bytes out;
  encode(grant, out);
  return out;
}

dht::Record record_of(const std::string& owner, const Bytes& grant, net::Ipv4Address address = leased,
                      std::chrono::seconds lives = std::chrono::hours(1)) {
  const auto key = make_key(owner);
  dht::Record out;
  out.kind = dht::RecordKind::lease;
  out.name = router::record_name(address);
  out.value = encode(router::LeaseValue{id_of(key), "", grant});
  out.sequence = 1;
  out.created = wall;
  out.expires = wall + lives;
  dht::sign(out, name_space(), key);
  return out;
}

NodeId node_of(const std::string& owner) {
  return id_of(make_key(owner));
}

struct Client {
  Server server{};
  crypto::PrivateKey key = make_key("self");
  SeededRng rng{7};
  WallClock clock{};
  router::LeaseClient client{{.self = id_of(key),
                              .name_space = std::string(as_text(name_space())),
                              .prefix = prefix,
                              .host_name = "alice",
                              .certificate = {},
                              .server = server.described.key},
                             key,
                             clock,
                             rng};
  TimePoint now{};
  std::vector<leasing::LeaseRequest> asked{};
  std::vector<leasing::LeaseGrant> granted{};
  std::size_t unheard = 0;

  Client() { clock.set(now, wall); }
  void drain() {
    while (auto output = client.poll_output()) {
      if (const auto* ask = std::get_if<router::LeaseClient::Ask>(&*output))
        asked.push_back(*leasing::decode_lease_request(ask->request));
      if (const auto* got = std::get_if<router::LeaseClient::Granted>(&*output)) granted.push_back(got->grant);
      if (std::holds_alternative<router::LeaseClient::Unheard>(*output)) ++unheard;
    }
  }
  void run_until_asked(std::size_t count) {
    while (asked.size() < count) {
      REQUIRE(client.poll_timeout());
      now = *client.poll_timeout();
      client.handle_timeout(now);
      drain();
    }
  }
  [[nodiscard]] WallTime wall_now() const {
    return wall + std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  }
  void answer() {
    client.handle_answer(now, encoded(server.grant(id_of(key), wall_now())));
    drain();
  }
};

}  // namespace

TEST_CASE("a lease value carries the grant, and one without it is as before") {
  const router::LeaseValue plain{node_of("a"), "alice", {}};
  CHECK(encode(plain).front() == std::byte{1});
  CHECK(*router::decode_lease_value(encode(plain)) == plain);
  const router::LeaseValue granted{node_of("a"), "alice", Bytes(180, std::byte{9})};
  CHECK(*router::decode_lease_value(encode(granted)) == granted);
  Bytes cut = encode(granted);
  cut.pop_back();
  CHECK(router::decode_lease_value(cut).error().code == Errc::truncated);
  Bytes none = encode(plain);
  none.front() = std::byte{2};
  none.push_back(std::byte{0});
  CHECK(router::decode_lease_value(none).error().code == Errc::malformed);
}

TEST_CASE("a grant bears out the lease of its node and address, until its end") {
  const Server server;
  const auto good = server.grant(node_of("a"), wall);
  CHECK(server.rule.covers(record_of("a", {})));
  CHECK_FALSE(server.rule.covers(record_of("a", {}, net::Ipv4Address(10, 128, 2, 7))));
  CHECK(server.rule.granted(record_of("a", encoded(good))) == wall);
  CHECK_FALSE(server.rule.granted(record_of("a", {})));
  CHECK_FALSE(server.rule.granted(record_of("b", encoded(good))));
  CHECK_FALSE(server.rule.granted(record_of("a", encoded(good), net::Ipv4Address(10, 128, 1, 8))));
  CHECK_FALSE(server.rule.granted(record_of("a", encoded(good), leased, std::chrono::hours(2))));
  auto forged = good;
  leasing::sign(forged, as_text(name_space()), make_key("somebody"));
  CHECK_FALSE(server.rule.granted(record_of("a", encoded(forged))));
}

TEST_CASE("of two records the granted one prevails, and the later grant, whatever the ring says") {
  const Server server;
  const dht::Group group{name_space(), nullptr, &server.rule};
  const auto early = record_of("a", encoded(server.grant(node_of("a"), wall)));
  const auto late = record_of("b", encoded(server.grant(node_of("b"), wall + std::chrono::seconds(5))));
  const auto none = record_of("c", {});
  CHECK(dht::prevails(late, early, group, 4));
  CHECK_FALSE(dht::prevails(early, late, group, 4));
  CHECK(dht::prevails(early, none, group, 4));
  CHECK_FALSE(dht::prevails(none, early, group, 4));
  CHECK(router::prevailing({none, early, late}, router::record_name(leased), group, wall) == 2U);
  CHECK_FALSE(router::prevailing({none}, router::record_name(leased), group, wall));
}

TEST_CASE("the client asks at once, and again at half of the lease") {
  Client it;
  it.client.start(it.now, leased);
  it.drain();
  REQUIRE(it.asked.size() == 1);
  CHECK(it.asked[0].action == leasing::LeaseAction::obtain);
  CHECK(it.asked[0].address == leased);
  CHECK(it.asked[0].host_name == "alice");
  it.answer();
  REQUIRE(it.granted.size() == 1);
  it.run_until_asked(2);
  CHECK(it.asked[1].action == leasing::LeaseAction::renew);
  CHECK(it.asked[1].sequence > it.asked[0].sequence);
  CHECK(it.now.time_since_epoch() > 25min);
  CHECK(it.now.time_since_epoch() < 35min);
}

TEST_CASE("without an answer it asks ever more slowly, says so once, and has an address to the end of the last lease") {
  Client it;
  it.client.start(it.now, {});
  it.drain();
  for (std::size_t i = 1; i < 12; ++i) {
    it.client.handle_failure(it.now, "connection refused");
    it.drain();
    it.run_until_asked(i + 1);
  }
  CHECK(it.unheard == 1);
  CHECK(it.now.time_since_epoch() > 4min);
  CHECK(it.client.notice() == "the lease server gave no lease: connection refused");
  it.answer();
  CHECK_FALSE(it.client.notice());
  const TimePoint leased_at = it.now;
  while (it.client.grant()) {
    it.client.handle_failure(it.now, "away");
    it.drain();
    it.now = *it.client.poll_timeout();
    it.client.handle_timeout(it.now);
    it.drain();
  }
  CHECK(it.now - leased_at == 60min);
  CHECK(it.unheard == 2);
}

TEST_CASE("what is not the server's word for this node is no lease") {
  Client it;
  it.client.start(it.now, {});
  it.drain();
  const auto refuses = [&](const Bytes& octets, const char* why) {
    CAPTURE(why);
    const std::size_t before = it.asked.size();
    it.client.handle_answer(it.now, octets);
    it.drain();
    CHECK(it.granted.empty());
    CHECK(it.client.notice());
    it.run_until_asked(before + 1);
  };
  auto forged = it.server.grant(id_of(it.key), wall);
  leasing::sign(forged, as_text(name_space()), make_key("somebody"));
  refuses(encoded(forged), "another key");
  refuses(encoded(it.server.grant(node_of("b"), it.wall_now())), "another node");
  refuses(encoded(it.server.grant(id_of(it.key), it.wall_now(), net::Ipv4Address(192, 168, 0, 1))), "another network");
  refuses(encoded(it.server.grant(id_of(it.key), wall + std::chrono::hours(-2))), "ended");
  refuses(Bytes(40, std::byte{1}), "garbage");
  it.answer();
  CHECK(it.granted.size() == 1);
  // Unasked it changes nothing.
  it.client.handle_answer(it.now,
                          encoded(it.server.grant(id_of(it.key), it.wall_now(), net::Ipv4Address(10, 128, 1, 9))));
  it.drain();
  CHECK(it.granted.size() == 1);
}
