// A channel whose packets come from another place (RFC 9000, 9.3).

#include <doctest/doctest.h>

#include "channel_world.hpp"

namespace ipop::crypto::test {
namespace {

struct Roaming {
  World world{31};
  Peer& low = world.add(low_and_high().first, endpoint(1));
  Peer& high = world.add(low_and_high().second, endpoint(2));
  Carrier elsewhere = endpoint_at(0xc6336401U, 9999);

  Roaming() {
    low.table.open(world.now, high.address, std::nullopt, 1);
    world.drain(low);
    world.run_for(2s);
    REQUIRE(low.opened.size() == 1);
    REQUIRE(high.opened.size() == 1);
  }
  void send(Peer& from, std::string_view text) {
    from.seal(world.now, text);
    world.drain(from);
  }
  /// The low node's packets seem to come from elsewhere.
  void low_shows_itself_elsewhere() {
    world.seen_as = [this](const Peer& from, auto&&...) { return &from == &low ? elsewhere : from.address; };
  }
};

TEST_CASE("S5: a member that gives another's address as its own gets it three times what it spends, and no more") {
  Roaming pair;
  std::size_t spent = 0;
  std::size_t hit = 0;
  std::size_t at_home = 0;
  bool lies = false;
  pair.world.seen_as = [&](const Peer& from, auto&&...) {
    return lies && &from == &pair.low ? pair.elsewhere : from.address;
  };
  pair.world.passes = [&](const Peer& from, const Carrier& to, const Bytes& packet) {
    if (lies && &from == &pair.low) spent += packet.size();
    if (to == pair.elsewhere) hit += packet.size();
    if (&from == &pair.high && to == pair.low.address) at_home += packet.size();
    return true;
  };
  const std::string payload(1000, 'x');
  const TimePoint end = pair.world.now + 5s;
  for (int i = 0; pair.world.now < end; ++i) {
    lies = i % 500 == 0;
    if (lies) pair.send(pair.low, "give me more");
    lies = false;
    pair.send(pair.high, payload);
    pair.world.run_for(2ms);
  }
  MESSAGE("spent " << spent << " octets, the victim got " << hit << ", the member itself " << at_home);
  CHECK(spent > 0);
  CHECK(hit > 0);
  CHECK(hit <= 3 * spent);
  CHECK(at_home > 2'000'000);
  CHECK(pair.high.moved.empty());
}

TEST_CASE("S5: a place from which one short packet came is asked with no more than three times its octets") {
  Roaming pair;
  std::size_t spent = 0;
  std::size_t hit = 0;
  pair.world.passes = [&](const Peer& from, const Carrier& to, const Bytes& packet) {
    if (&from == &pair.low) spent += packet.size();
    if (to == pair.elsewhere) hit += packet.size();
    return true;
  };
  pair.low_shows_itself_elsewhere();
  pair.send(pair.low, "x");
  pair.world.run_for(4s);
  CHECK(hit > 0);
  CHECK(hit <= 3 * spent);
}

/// A handshake in which the packets of one end, from some moment on, seem to come from somebody else's address.
struct Framing {
  World world{33};
  Peer& low = world.add(low_and_high().first, endpoint(1));
  Peer& high = world.add(low_and_high().second, endpoint(2));
  Carrier victim = endpoint_at(0xc6336401U);
  std::size_t spent = 0;
  std::size_t hit = 0;

  void run(const Peer& liar, Duration honest_for, unsigned lies) {
    bool honest = true;
    world.seen_as = [&](const Peer& from, auto&&...) { return honest || &from != &liar ? from.address : victim; };
    world.passes = [&](const Peer& from, const Carrier& to, const Bytes& packet) {
      if (to == victim) hit += packet.size();
      if (honest || &from != &liar) return true;
      if (lies == 0) return false;
      --lies;
      spent += packet.size();
      return true;
    };
    low.table.open(world.now, high.address, std::nullopt, 1);
    world.drain(low);
    world.run_for(honest_for);
    honest = false;
    world.run_for(40s);
  }
};

TEST_CASE("S5: who answers a handshake in another's name brings it there three times what that cost, and no more") {
  Framing handshake;
  // The cookie is all that it says.
  handshake.run(handshake.high, 0ms, 1);
  CHECK(handshake.spent > 0);
  CHECK(handshake.hit <= 3 * handshake.spent);
}

TEST_CASE(
    "S5: a handshake that a stranger opened ends where its cookie was good, whoever's address it gives afterwards") {
  Framing handshake;
  // Init, cookie and open take 50 ms each; what ends the handshake seems to come from the victim.
  handshake.run(handshake.low, 160ms, 100);
  CHECK(handshake.spent > 0);
  REQUIRE(handshake.high.opened.size() == 1);
  CHECK(handshake.high.opened[0].carrier == handshake.low.address);
  CHECK(handshake.high.moved.empty());
  CHECK(handshake.hit <= 3 * handshake.spent);
}

TEST_CASE("a peer that moved is followed within a round trip and a half of its first packet") {
  Roaming pair;
  pair.low_shows_itself_elsewhere();
  pair.world.at[pair.elsewhere] = &pair.low;
  pair.world.at.erase(pair.low.address);
  pair.send(pair.low, "I am here");
  pair.world.run_for(150ms);
  REQUIRE(pair.high.moved.size() == 1);
  CHECK(pair.high.moved[0].carrier == pair.elsewhere);
  pair.send(pair.high, "to the new place");
  pair.world.run_for(1s);
  CHECK(pair.low.received.back() == "to the new place");
}

TEST_CASE("a peer that moved is followed though the first question is lost") {
  Roaming pair;
  pair.low_shows_itself_elsewhere();
  pair.world.at[pair.elsewhere] = &pair.low;
  pair.world.at.erase(pair.low.address);
  std::size_t asked = 0;
  pair.world.passes = [&](const Peer&, const Carrier& to, const Bytes&) { return to != pair.elsewhere || ++asked > 1; };
  pair.send(pair.low, "I am here");
  pair.world.run_for(1s);
  CHECK(asked == 2);
  CHECK(pair.high.moved.size() == 1);
}

TEST_CASE("a place that does not answer is forgotten after three seconds") {
  Roaming pair;
  pair.low_shows_itself_elsewhere();
  pair.send(pair.low, "somebody copied this");
  pair.world.seen_as = [](const Peer& from, auto&&...) { return from.address; };
  pair.world.run_for(4s);
  CHECK(pair.high.table.counters().get("channel_move_not_confirmed") == 1);
  CHECK(pair.high.moved.empty());
  pair.send(pair.high, "at home");
  pair.world.run_for(1s);
  CHECK(pair.low.received.back() == "at home");
}

TEST_CASE("an answer to another question moves nothing") {
  Roaming pair;
  const Carrier first = endpoint_at(0xc6336402U);
  // Only the first place is the peer's: its answer comes when the second one is being asked.
  pair.world.at[first] = &pair.low;
  for (const Carrier& place : {first, pair.elsewhere}) {
    pair.world.seen_as = [&, place](const Peer& from, auto&&...) { return &from == &pair.low ? place : from.address; };
    pair.send(pair.low, "x");
    pair.world.run_for(60ms);
  }
  pair.world.run_for(1s);
  CHECK(pair.high.table.counters().get("drop_path_response") == 1);
  CHECK(pair.high.moved.empty());
}

}  // namespace
}  // namespace ipop::crypto::test
