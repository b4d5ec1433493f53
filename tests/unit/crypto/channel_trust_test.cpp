#include <doctest/doctest.h>

#include "trust_fixtures.hpp"

namespace ipop::crypto::test {
namespace {

using Ending = ChannelTable::Ending;

const Identity& low_member() {
  return low_and_high_member().first;
}
const Identity& high_member() {
  return low_and_high_member().second;
}

Peer& add(World& world, const Identity& identity, std::uint8_t host, ChannelTable::Limits limits = {}) {
  Peer& peer = world.add(identity, endpoint(host), limits);
  peer.trust(world.now, closed_group());
  return peer;
}

void open(World& world, Peer& from, const Peer& to) {
  from.table.open(world.now, to.address, std::nullopt, 1);
  world.drain(from);
}

void trust(World& world, Peer& peer, std::shared_ptr<const TrustStore> store) {
  peer.trust(world.now, std::move(store));
  world.drain(peer);
}

/// The list that revokes the lower id's key.
std::shared_ptr<const TrustStore> without_low() {
  return closed_group_without({low_member().certificate.key_fingerprint()});
}

/// Two members with a channel between them.
struct MemberPair {
  World world;
  Peer* low;
  Peer* high;

  explicit MemberPair(std::uint64_t seed, ChannelTable::Limits limits = {})
      : world(seed), low(&add(world, low_member(), 1, limits)), high(&add(world, high_member(), 2, limits)) {
    open(world, *low, *high);
    world.run_for(2s);
    REQUIRE(low->opened.size() == 1);
    REQUIRE(high->opened.size() == 1);
  }
};

TEST_CASE("members of a closed group open a channel under their positions") {
  MemberPair pair(1);
  CHECK(pair.low->opened[0].peer == high_member().id);
  CHECK(pair.high->opened[0].peer == low_member().id);
  pair.low->seal(pair.world.now, "hello");
  pair.world.drain(*pair.low);
  pair.world.run_for(1s);
  CHECK(pair.high->received == std::vector<std::string>{"hello"});
}

TEST_CASE("a self-signed node gets no channel with a member, whoever asks") {
  for (const bool member_asks : {false, true}) {
    CAPTURE(member_asks);
    World world(2);
    Peer& inside = add(world, high_member(), 1);
    Peer& outside = world.add(third(), endpoint(2));
    open(world, member_asks ? inside : outside, member_asks ? outside : inside);
    world.run_for(30s);
    CHECK(inside.opened.empty());
    CHECK(inside.table.size() == 0);
    CHECK(outside.table.size() == 0);
    if (member_asks) {
      REQUIRE(inside.failed.size() == 1);
      CHECK(inside.failed[0].why == Ending::refused);
    }
  }
}

TEST_CASE("S10: a key or a user that is revoked in mid-stream loses its channel at once") {
  for (const bool by_user : {false, true}) {
    CAPTURE(by_user);
    MemberPair pair(3);
    Peer& carol = add(pair.world, member("carol"), 3);
    open(pair.world, carol, *pair.high);
    pair.world.run_for(2s);
    REQUIRE(pair.high->table.size() == 2);
    // On its way when the list arrives.
    pair.low->seal(pair.world.now, "too late");
    pair.world.drain(*pair.low);
    trust(pair.world, *pair.high,
          by_user ? closed_group_without({}, {low_member().certificate.user()}) : without_low());
    REQUIRE(pair.high->closed.size() == 1);
    CHECK(pair.high->closed[0].why == Ending::revoked);
    CHECK(pair.high->closed[0].peer == low_member().id);
    CHECK(pair.high->table.size() == 1);
    CHECK(pair.high->table.counters().get("channel_revoked") == 1);
    pair.world.run_for(1s);
    CHECK(pair.high->received.empty());
    // The other end learns that it is over, and the other member notices nothing.
    REQUIRE(pair.low->closed.size() == 1);
    CHECK(pair.low->closed[0].why == Ending::closed_by_peer);
    carol.seal(pair.world.now, "still here");
    pair.world.drain(carol);
    pair.world.run_for(1s);
    CHECK(pair.high->received == std::vector<std::string>{"still here"});
    // It does not come back.
    open(pair.world, *pair.low, *pair.high);
    pair.world.run_for(30s);
    CHECK(pair.high->opened.size() == 2);
    CHECK(pair.high->table.size() == 1);
  }
}

TEST_CASE("S10: a list that comes while keys are renewed ends the channel and the renewal") {
  ChannelTable::Limits limits;
  limits.rekey_after = 10s;
  for (std::size_t lost_after = 0; lost_after < 4; ++lost_after) {
    CAPTURE(lost_after);
    MemberPair pair(4, limits);
    // So many packets of the renewal pass, then the link is silent.
    std::size_t passed = 0;
    pair.world.passes = [&](auto&&...) { return passed++ < lost_after; };
    pair.world.run_for(9s);
    CHECK(pair.low->table.counters().get("channel_rekey") == 1);
    trust(pair.world, *pair.high, without_low());
    CHECK(pair.high->table.size() == 0);
    REQUIRE(pair.high->closed.size() == 1);
    CHECK(pair.high->closed[0].why == Ending::revoked);
    // No attempt is left either.
    CHECK_FALSE(pair.high->table.poll_timeout().has_value());
  }
}

TEST_CASE("S10: a handshake whose peer is revoked before it ends is refused") {
  for (const bool at_client : {false, true}) {
    CAPTURE(at_client);
    World world(6);
    Peer& low = add(world, low_member(), 1);
    Peer& high = add(world, high_member(), 2);
    std::size_t packets = 0;
    world.passes = [&](auto&&...) {
      // INIT, COOKIE, OPEN, the server's flight; then the client's last flight.
      if (++packets == 4 && at_client) {
        low.trust(world.now, closed_group_without({high_member().certificate.key_fingerprint()}));
      }
      if (packets == 5 && !at_client) high.trust(world.now, without_low());
      return true;
    };
    open(world, low, high);
    world.run_for(30s);
    CHECK((at_client ? low : high).opened.empty());
    CHECK(low.table.size() == 0);
    CHECK(high.table.size() == 0);
    if (at_client) {
      REQUIRE(low.failed.size() == 1);
      CHECK(low.failed[0].why == Ending::revoked);
    }
    CHECK((at_client ? low : high).table.counters().get("handshake_failed") == 1);
  }
}

TEST_CASE("S10: a handshake's end is judged by the list in the basis, though the table has not been told of it") {
  World world(6);
  Peer& low = add(world, low_member(), 1);
  Peer& high = add(world, high_member(), 2);
  std::size_t packets = 0;
  world.passes = [&](auto&&...) {
    if (++packets == 5) high.basis.set_trust(without_low());
    return true;
  };
  open(world, low, high);
  world.run_for(30s);
  CHECK(packets > 5);
  CHECK(high.opened.empty());
  CHECK(high.table.counters().get("handshake_failed") == 1);
}

TEST_CASE("a newer list that names nobody here changes nothing") {
  MemberPair pair(7);
  trust(pair.world, *pair.high, closed_group_without({}, {"mallory"}));
  pair.low->seal(pair.world.now, "hello");
  pair.world.drain(*pair.low);
  pair.world.run_for(1s);
  CHECK(pair.high->received == std::vector<std::string>{"hello"});
  CHECK(pair.high->closed.empty());
}

TEST_CASE("a store of another group ends every channel and attempt") {
  MemberPair pair(8);
  pair.low->table.open(pair.world.now, endpoint(9), std::nullopt, 5);
  pair.world.drain(*pair.low);
  trust(pair.world, *pair.low, TrustStore::open_group());
  CHECK(pair.low->table.size() == 0);
  REQUIRE(pair.low->closed.size() == 1);
  CHECK(pair.low->closed[0].why == Ending::revoked);
  REQUIRE(pair.low->failed.size() == 1);
  CHECK(pair.low->failed[0].attempt == 5);
  CHECK(pair.low->failed[0].why == Ending::revoked);
  CHECK_FALSE(pair.low->table.poll_timeout().has_value());
}

TEST_CASE("S21: a wall clock that jumps leaves live channels alone") {
  for (const std::int64_t wall : {wall_at_start.seconds + 3600, wall_at_start.seconds - 3600,
                                  wall_at_start.seconds + 86'400, wall_at_start.seconds - 86'400, std::int64_t{0}}) {
    CAPTURE(wall);
    MemberPair pair(9);
    pair.low->basis.set_wall_time(pair.world.now, WallTime{wall});
    for (int i = 0; i < 10; ++i) {
      pair.low->seal(pair.world.now, "to and");
      pair.world.drain(*pair.low);
      pair.high->seal(pair.world.now, "fro");
      pair.world.drain(*pair.high);
      pair.world.run_for(1s);
    }
    CHECK(pair.low->received.size() == 10);
    CHECK(pair.high->received.size() == 10);
    CHECK(pair.low->closed.empty());
  }
}

TEST_CASE("S21: a clock that is wrong by a year shuts out its own node, with a reason, and nobody else") {
  World world(10);
  Peer& low = add(world, low_member(), 1);
  Peer& high = add(world, high_member(), 2);
  Peer& carol = add(world, member("carol"), 3);
  low.basis.set_wall_time(world.now, wall_at_start + std::chrono::hours(24 * 365));
  open(world, low, high);
  open(world, carol, high);
  world.run_for(30s);
  REQUIRE(low.failed.size() == 1);
  CHECK(low.failed[0].why == Ending::refused);
  CHECK(low.failed[0].detail.find("check the clocks") != std::string::npos);
  CHECK(carol.opened.size() == 1);
  CHECK(high.table.size() == 1);
}

TEST_CASE("S5: in a closed group, too, a stranger gets no more octets than it sent") {
  MemberPair pair(11);
  SeededRng rng(11);
  std::vector<Bytes> recorded;
  pair.world.passes = [&](const Peer&, const Carrier&, const Bytes& packet) {
    recorded.push_back(packet);
    return true;
  };
  // A member's opening, and traffic after it.
  Peer& carol = add(pair.world, member("carol"), 3);
  open(pair.world, carol, *pair.high);
  pair.world.run_for(2s);
  carol.seal(pair.world.now, "x");
  pair.world.drain(carol);
  pair.world.run_for(1s);
  REQUIRE(recorded.size() >= 7);
  for (int i = 0; i < 5000; ++i) {
    Bytes packet = recorded[rng.below(recorded.size())];
    for (std::uint64_t flips = rng.below(3); flips > 0; --flips)
      packet[rng.below(packet.size())] ^= static_cast<std::byte>(1U << rng.below(8));
    packet.resize(packet.size() - (rng.below(4) == 0 ? rng.below(packet.size()) : 0));
    const ChannelTable::Incoming incoming{endpoint(static_cast<std::uint8_t>(100 + rng.below(100))), packet};
    pair.high->table.handle_packets(pair.world.now, std::span(&incoming, 1));
    std::size_t octets = 0;
    while (auto output = pair.high->table.poll_output()) {
      if (const auto* transmit = std::get_if<ChannelTable::Transmit>(&*output)) {
        for (const Bytes& answer : transmit->packets)
          octets += answer.size();
      }
    }
    REQUIRE(octets <= packet.size());
    pair.world.now += 1ms;
  }
  CHECK(pair.high->table.size() == 2);
}

}  // namespace
}  // namespace ipop::crypto::test
