// A group whose addresses a lease server gives out, with the shipped nodes.

#include "router/lease_server.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include <doctest/doctest.h>

#include "leasing/lease_grant.hpp"
#include "leasing/lease_request.hpp"
#include "support/sim_ring.hpp"

using namespace ipop;
using namespace ipop::test_support;

namespace {

const leasing::AddressRange pool{net::Ipv4Address(10, 128, 1, 10), net::Ipv4Address(10, 128, 1, 99)};

/// Signs one address for each node, in the order of their requests.
class Desk {
 public:
  Desk() : key_(crypto::PrivateKey::from_seed(as_bytes("the lease server of a simulated ring"))) {}

  [[nodiscard]] router::LeaseServer described(router::LeaseServer::Fallback fallback) const {
    return {*crypto::key_fingerprint_of(key_.public_key()), {pool}, fallback};
  }
  /// As a node reaches it.
  std::optional<Bytes> answer(TimePoint now, const Bytes& octets) {
    if (!is_up) return std::nullopt;
    const auto request = leasing::decode_lease_request(octets);
    REQUIRE(request);
    ++asked;
    auto [place, is_new] = given_.try_emplace(request->node, next_);
    if (is_new) next_ = net::Ipv4Address(next_.value() + 1);
    return grant(place->second, request->node, request->name_space, now);
  }
  [[nodiscard]] Bytes grant(net::Ipv4Address address, const NodeId& node, const std::string& name_space,
                            TimePoint now) const {
    const WallTime wall{SimRing::start_wall_seconds +
                        std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count()};
    leasing::LeaseGrant out;
    out.address = address;
    out.node = node;
    out.issued = wall;
    out.expires = wall + lease_time;
    leasing::sign(out, name_space, key_);
    Bytes octets;
    encode(out, octets);
    return octets;
  }

  /// The address goes to somebody else: the node gets another one with its next request.
  void take_back(const NodeId& node) { given_.erase(node); }

  bool is_up = true;
  std::size_t asked = 0;
  std::chrono::seconds lease_time = std::chrono::minutes(20);

 private:
  crypto::PrivateKey key_;
  std::map<NodeId, net::Ipv4Address> given_;
  net::Ipv4Address next_ = pool.first;
};

struct Group {
  explicit Group(Desk& server, std::size_t members, router::LeaseServer::Fallback fallback, std::uint64_t seed)
      : desk(server), ring({.seed = seed}) {
    ring.add_bootstrap();
    for (std::size_t i = 0; i < members; ++i)
      add(fallback, TimePoint{} + std::chrono::milliseconds(200 * i));
  }
  std::size_t add(router::LeaseServer::Fallback fallback, TimePoint when) {
    const SiteId site = ring.network().add_public_site();
    const std::size_t index =
        ring.add_member(site, when, [&](node::NodeConfig& config) { config.lease_server = desk.described(fallback); });
    ring.at(index).lease_server = [this](TimePoint now, const Bytes& request) { return desk.answer(now, request); };
    return index;
  }
  [[nodiscard]] std::size_t in_pool() {
    std::size_t count = 0;
    for (std::size_t i = 1; i < ring.size(); ++i) {
      const auto address = ring.at(i).node().address();
      if (address && pool.contains(*address)) ++count;
    }
    return count;
  }

  Desk& desk;
  SimRing ring;
};

}  // namespace

TEST_CASE("every member has the address that the server gave it, and they reach each other") {
  Desk desk;
  Group group(desk, 12, router::LeaseServer::Fallback::wait, 41);
  CHECK(group.ring.network().run_until_done([&] { return group.in_pool() == 12; }, 60s));
  CHECK(group.ring.duplicate_addresses() == 0);
  CHECK(group.ring.ping_all_pairs(10s) == group.ring.pairs());
}

TEST_CASE(
    "without the server there is no address; it comes when the server does, and outlasts a silence of less than a "
    "lease") {
  Desk desk;
  desk.is_up = false;
  Group group(desk, 6, router::LeaseServer::Fallback::wait, 42);
  group.ring.network().run_for(60s);
  for (std::size_t i = 1; i < group.ring.size(); ++i)
    CHECK_FALSE(group.ring.at(i).node().address());
  CHECK(group.ring.at(1).node().notices().size() == 1);
  desk.is_up = true;
  CHECK(group.ring.network().run_until_done([&] { return group.in_pool() == 6; }, 120s));
  desk.is_up = false;
  group.ring.network().run_for(std::chrono::minutes(9));
  CHECK(group.in_pool() == 6);
  desk.is_up = true;
  group.ring.network().run_for(std::chrono::minutes(40));
  CHECK(group.in_pool() == 6);
  // Past its end nothing is left of a lease.
  desk.is_up = false;
  group.ring.network().run_for(std::chrono::minutes(21));
  CHECK(group.in_pool() == 0);
}

TEST_CASE("with the ring as fallback a silent server costs nobody an address, and its own are left alone") {
  Desk desk;
  desk.is_up = false;
  Group group(desk, 8, router::LeaseServer::Fallback::ring, 43);
  const auto all_have = [&] { return group.ring.all_have_addresses(); };
  CHECK(group.ring.network().run_until_done(all_have, 120s));
  CHECK(group.in_pool() == 0);
  CHECK(group.ring.duplicate_addresses() == 0);
  desk.is_up = true;
  CHECK(group.ring.network().run_until_done([&] { return group.in_pool() == 8; }, 180s));
  CHECK(group.ring.duplicate_addresses() == 0);
  CHECK(group.ring.ping_all_pairs(10s) == group.ring.pairs());
}

TEST_CASE("a lease of a silent server is kept to its end, and then the ring gives an address outside of the pool") {
  Desk desk;
  Group group(desk, 6, router::LeaseServer::Fallback::ring, 47);
  CHECK(group.ring.network().run_until_done([&] { return group.in_pool() == 6; }, 60s));
  desk.is_up = false;
  group.ring.network().run_for(std::chrono::minutes(9));
  CHECK(group.in_pool() == 6);
  const auto out_of_pool = [&] { return group.in_pool() == 0 && group.ring.all_have_addresses(); };
  CHECK(group.ring.network().run_until_done(out_of_pool, std::chrono::minutes(15)));
  CHECK(group.ring.duplicate_addresses() == 0);
  desk.is_up = true;
  CHECK(group.ring.network().run_until_done([&] { return group.in_pool() == 6; }, 180s));
}

TEST_CASE("whoever has no grant holds no address of the server's, whatever he claims") {
  Desk desk;
  Group group(desk, 8, router::LeaseServer::Fallback::wait, 44);
  CHECK(group.ring.network().run_until_done([&] { return group.in_pool() == 8; }, 60s));
  // He takes his addresses from the ring, and begins with one that another member has.
  const auto theirs = *group.ring.at(1).node().address();
  const std::size_t liar = group.ring.add_member(group.ring.network().add_public_site(), group.ring.network().now(),
                                                 [&](node::NodeConfig& config) { config.preferred_address = theirs; });
  group.ring.network().run_for(60s);
  const auto his = group.ring.at(liar).node().address();
  CHECK_FALSE((his && pool.contains(*his)));
  CHECK(group.ring.at(1).node().address() == theirs);
  CHECK(group.in_pool() == 8);
}

TEST_CASE("of two grants for one address the later one holds") {
  Desk desk;
  Group group(desk, 8, router::LeaseServer::Fallback::wait, 45);
  CHECK(group.ring.network().run_until_done([&] { return group.in_pool() == 8; }, 60s));
  const auto moved = *group.ring.at(1).node().address();
  desk.take_back(group.ring.at(1).node().id());
  const std::size_t newcomer = group.add(router::LeaseServer::Fallback::wait, group.ring.network().now());
  const std::string name_space = group.ring.at(newcomer).config().name_space;
  group.ring.at(newcomer).lease_server = [&](TimePoint now, const Bytes& request) {
    return desk.grant(moved, leasing::decode_lease_request(request)->node, name_space, now);
  };
  CHECK(group.ring.network().run_until_done([&] { return group.ring.at(newcomer).node().address() == moved; }, 60s));
  const auto lost = [&] { return group.ring.at(1).node().address() != moved; };
  CHECK(group.ring.network().run_until_done(lost, std::chrono::minutes(15)));
  CHECK(group.ring.at(newcomer).node().address() == moved);
  CHECK(group.ring.duplicate_addresses() == 0);
}

TEST_CASE("a server that is a member behind a NAT is found by its name, and asked over the ring") {
  Desk desk;
  SimRing ring({.seed = 46});
  ring.add_bootstrap();
  const auto add = [&](SiteId site, TimePoint when, const std::string& name) {
    return ring.add_member(site, when, [&](node::NodeConfig& config) {
      config.host_name = name;
      config.lease_server = desk.described(router::LeaseServer::Fallback::wait);
      config.lease_server->member = "desk";
    });
  };
  // The members come first: they wait for a server that is not there yet.
  std::vector<std::size_t> members;
  for (int i = 0; i < 6; ++i)
    members.push_back(add(ring.network().add_nat_site(i % 2 == 0 ? symmetric() : port_restricted_cone()),
                          TimePoint{} + 100ms * i, "member-" + std::to_string(i)));
  ring.network().run_for(20s);
  for (const std::size_t member : members) {
    CHECK_FALSE(ring.at(member).node().address());
    CHECK(ring.at(member).node().notices() ==
          std::vector<std::string>{"the lease server gave no lease: no member has the name desk"});
  }
  CHECK(desk.asked == 0);
  const std::size_t server = add(ring.network().add_nat_site(port_restricted_cone()), ring.network().now(), "Desk");
  ring.at(server).lease_server = [&](TimePoint now, const Bytes& request) { return desk.answer(now, request); };
  const auto all_in_pool = [&] {
    return std::ranges::all_of(members, [&](std::size_t member) {
      const auto address = ring.at(member).node().address();
      return address && pool.contains(*address);
    });
  };
  CHECK(ring.network().run_until_done(all_in_pool, 120s));
  CHECK(ring.at(server).node().address());
  CHECK(ring.duplicate_addresses() == 0);
  CHECK(ring.ping_all_pairs(10s) == ring.pairs());
  for (const std::size_t member : members)
    CHECK(ring.at(member).node().notices().empty());

  // The server's program stops: they hear why, keep their addresses to the end, and get them back after it.
  std::vector<std::optional<net::Ipv4Address>> before;
  for (const std::size_t member : members)
    before.push_back(ring.at(member).node().address());
  desk.is_up = false;
  ring.network().run_for(std::chrono::minutes(15));
  CHECK(all_in_pool());
  CHECK(ring.at(members[0]).node().notices() ==
        std::vector<std::string>{"the lease server gave no lease: the member desk says: no answer"});
  ring.network().run_for(std::chrono::minutes(10));
  for (const std::size_t member : members)
    CHECK_FALSE(ring.at(member).node().address());
  desk.is_up = true;
  CHECK(ring.network().run_until_done(all_in_pool, 180s));
  for (std::size_t i = 0; i < members.size(); ++i)
    CHECK(ring.at(members[i]).node().address() == before[i]);
}
