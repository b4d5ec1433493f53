#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <doctest/doctest.h>

#include "channel_world.hpp"

namespace ipop::crypto::test {
namespace {

struct LanePair {
  World world;
  Peer* low;
  Peer* high;

  explicit LanePair(std::uint64_t seed, unsigned low_hands = 1, unsigned high_hands = 1,
                    ChannelTable::Limits limits = {})
      : world(seed),
        low(&world.add(low_and_high().first, endpoint(1), limits, "test", low_hands)),
        high(&world.add(low_and_high().second, endpoint(2), limits, "test", high_hands)) {
    low->table.open(world.now, high->address, std::nullopt, 1);
    world.drain(*low);
    world.run_for(5s);
    REQUIRE(low->opened.size() == 1);
    REQUIRE(high->opened.size() == 1);
  }

  void offer(Peer& from) {
    from.table.offer_lanes(world.now, from.opened[0].id);
    world.drain(from);
    world.run_for(1s);
  }
  static std::optional<Spi> lane_of_peer(const Peer& peer) {
    const auto lanes = peer.table.lanes_to(peer.opened[0].id);
    return lanes ? std::optional(lane_of(lanes->session, 0)) : std::nullopt;
  }
  static unsigned lanes_of_peer(const Peer& peer) {
    return peer.table.lanes_to(peer.opened[0].id).value_or(Lanes()).count;
  }
};

TEST_CASE("a lane is lent to both ends of a session, with the same keys, which are not the session's") {
  LanePair pair(1);
  CHECK(pair.low->lanes.empty());
  CHECK_FALSE(LanePair::lane_of_peer(*pair.low));
  pair.offer(*pair.high);
  REQUIRE(pair.low->lanes.size() == 1);
  REQUIRE(pair.high->lanes.size() == 1);
  const auto& low = pair.low->lanes[0];
  const auto& high = pair.high->lanes[0];
  CHECK(low.peer == low_and_high().second.id);
  CHECK(is_lane(low.receive_at));
  CHECK(is_lane(high.receive_at));
  CHECK(low.send_to == high.receive_at);
  CHECK(high.send_to == low.receive_at);
  CHECK(low.keys.send.key == high.keys.receive.key);
  CHECK(low.keys.receive.key == high.keys.send.key);
  CHECK(low.keys.send.salt == high.keys.receive.salt);
  CHECK(low.keys.send.key != low.keys.receive.key);
  CHECK(low.keys.send.key != AeadKey{}.key);
  // Only the end that was offered one may send on it.
  CHECK(LanePair::lane_of_peer(*pair.low) == low.receive_at);
  CHECK_FALSE(LanePair::lane_of_peer(*pair.high));
  pair.offer(*pair.low);
  CHECK(LanePair::lane_of_peer(*pair.high) == high.receive_at);
  CHECK(pair.low->lanes.size() == 1);
  CHECK(pair.high->lanes.size() == 1);

  // The session itself does not open what its lane seals, so its keys are others.
  const auto aeads = make_best_aead_factory();
  Session lane(*aeads, low.keys, session_of(low.send_to), low.receive_at);
  Bytes packet;
  // With a counter that the session has not seen.
  for (int i = 0; i < 50; ++i) {
    packet.clear();
    REQUIRE(lane.seal(as_bytes("data"), packet).has_value());
  }
  pair.world.deliver(*pair.high, pair.low->address, packet);
  CHECK(pair.high->table.counters().get("drop_channel_bad_tag") == 1);
}

TEST_CASE("an end without a worker lends nothing and is sent nothing over a lane") {
  LanePair pair(2, 0, 1);
  pair.offer(*pair.high);
  CHECK(pair.low->lanes.empty());
  CHECK_FALSE(LanePair::lane_of_peer(*pair.low));
  CHECK(pair.low->table.counters().get("drop_channel_inner_unknown") == 1);
  pair.offer(*pair.low);
  CHECK_FALSE(LanePair::lane_of_peer(*pair.high));
}

TEST_CASE("an offer that was lost is made again, at most once a second, and not while the lane is used") {
  LanePair pair(3);
  pair.world.passes = [](auto&&...) { return false; };
  pair.offer(*pair.high);
  CHECK_FALSE(LanePair::lane_of_peer(*pair.low));
  pair.world.passes = [](auto&&...) { return true; };
  const auto offers = [&] {
    const std::size_t before = pair.high->packets_out;
    pair.high->table.offer_lanes(pair.world.now, pair.high->opened[0].id);
    pair.world.drain(*pair.high);
    return pair.high->packets_out - before;
  };
  CHECK(offers() == 1);
  CHECK(offers() == 0);
  pair.world.run_for(1s);
  CHECK(LanePair::lane_of_peer(*pair.low));
  const ByteSpan data = as_bytes("data");
  pair.high->table.handle_opened(pair.world.now, pair.high->lanes[0].receive_at, std::span(&data, 1));
  pair.world.drain(*pair.high);
  CHECK(offers() == 0);
  pair.world.run_for(2s);
  CHECK(offers() == 1);
}

TEST_CASE("what a worker opened and gives back is received as if it had come over the channel") {
  LanePair pair(4);
  pair.offer(*pair.high);
  const std::vector<ByteSpan> packets = {as_bytes("one"), as_bytes("two"), as_bytes(std::string_view("\0x", 2)), {}};
  pair.high->table.handle_opened(pair.world.now, pair.high->lanes[0].receive_at, packets);
  pair.world.drain(*pair.high);
  CHECK(pair.high->received == std::vector<std::string>{"one", "two"});
  CHECK(pair.high->table.counters().get("drop_channel_inner_unknown") == 2);
  pair.high->table.handle_opened(pair.world.now, Spi{0x7777777}, packets);
  CHECK(pair.high->table.counters().get("drop_channel_lane") == 4);
}

TEST_CASE("traffic of a lane counts, keeps the channel and follows the peer when it has answered from there") {
  LanePair pair(5);
  pair.offer(*pair.high);
  const auto id = pair.high->opened[0].id;
  const auto before = *pair.high->table.statistics(id);
  ChannelTable::LaneTraffic traffic{pair.high->lanes[0].receive_at, 3, 300, 4, 400, 3, endpoint(1)};
  CHECK(pair.high->table.handle_traffic(pair.world.now, traffic) == id);
  const auto after = *pair.high->table.statistics(id);
  CHECK(after.packets_sent == before.packets_sent + 3);
  CHECK(after.octets_sent == before.octets_sent + 300);
  CHECK(after.packets_received == before.packets_received + 4);
  CHECK(after.octets_received == before.octets_received + 400);
  CHECK(after.last_received == pair.world.now);

  pair.world.at[endpoint(7)] = pair.low;
  pair.world.seen_as = [&](const Peer& from, auto&&...) { return &from == pair.low ? endpoint(7) : from.address; };
  traffic.from = endpoint(7);
  static_cast<void>(pair.high->table.handle_traffic(pair.world.now, traffic));
  pair.world.drain(*pair.high);
  pair.world.run_for(2s);
  REQUIRE(pair.high->moved.size() == 1);
  CHECK(pair.high->moved[0].carrier == endpoint(7));
  traffic.lane = Spi{0x7777777};
  CHECK_FALSE(pair.high->table.handle_traffic(pair.world.now, traffic));
}

TEST_CASE("a lane ends with its session, whatever ends that, and another one comes with new keys") {
  ChannelTable::Limits limits;
  limits.rekey_packets = 10;
  LanePair pair(6, 1, 1, limits);
  pair.offer(*pair.high);
  pair.offer(*pair.low);
  const Spi first = pair.low->lanes[0].receive_at;
  SUBCASE("new keys") {
    static_cast<void>(pair.low->table.handle_traffic(pair.world.now, {first, 10, 10, 0, 0, 10, std::nullopt}));
    pair.world.run_for(5s);
    CHECK(pair.low->table.counters().get("channel_rekey") == 1);
    CHECK_FALSE(LanePair::lane_of_peer(*pair.low));
    CHECK(pair.low->lanes_closed.empty());
    pair.offer(*pair.high);
    REQUIRE(pair.low->lanes.size() == 2);
    CHECK(LanePair::lane_of_peer(*pair.low) == pair.low->lanes[1].receive_at);
    CHECK(pair.low->lanes[1].keys.send.key != pair.low->lanes[0].keys.send.key);
    pair.world.run_for(40s);
  }
  SUBCASE("the end of the channel") {
    pair.low->table.close(pair.world.now, pair.low->opened[0].id);
  }
  SUBCASE("a suspend") {
    pair.low->table.drop_all();
  }
  SUBCASE("the peer's close") {
    pair.high->table.close(pair.world.now, pair.high->opened[0].id);
    pair.world.drain(*pair.high);
    pair.world.run_for(1s);
  }
  pair.world.drain(*pair.low);
  CHECK(pair.low->lanes_closed == std::vector<Spi>{first});
}

TEST_CASE("a packet of a lane that nobody has is dropped without a word") {
  LanePair pair(7);
  pair.offer(*pair.high);
  const auto aeads = make_best_aead_factory();
  const auto& lent = pair.low->lanes[0];
  Session lane(*aeads, lent.keys, lent.send_to, lent.receive_at);
  Bytes packet;
  REQUIRE(lane.seal(as_bytes("data"), packet).has_value());
  const std::size_t before = pair.high->packets_out;
  pair.world.deliver(*pair.high, pair.low->address, packet);
  CHECK(pair.high->table.counters().get("drop_channel_lane") == 1);
  CHECK(pair.high->packets_out == before);
}

TEST_CASE("a session has as many lanes as the end with more hands has hands, each with keys of its own") {
  for (const auto& [low_hands, high_hands] :
       {std::pair(1U, 4U), std::pair(4U, 1U), std::pair(2U, 4U), std::pair(8U, 8U)}) {
    CAPTURE(low_hands);
    CAPTURE(high_hands);
    LanePair pair(8, low_hands, high_hands);
    const unsigned most = std::max(low_hands, high_hands);
    // One offer is enough: who needs more lanes than were offered says so.
    pair.offer(*pair.low);
    pair.offer(*pair.high);
    CHECK(LanePair::lanes_of_peer(*pair.low) == most);
    CHECK(LanePair::lanes_of_peer(*pair.high) == most);
    REQUIRE(pair.low->lanes.size() == most);
    REQUIRE(pair.high->lanes.size() == most);
    std::set<std::array<std::byte, 32>> keys;
    std::set<unsigned> hands_of_low;
    std::set<unsigned> hands_of_high;
    for (unsigned number = 0; number < most; ++number) {
      const auto& low = pair.low->lanes[number];
      const auto& high = pair.high->lanes[number];
      CHECK(low.receive_at == lane_of(session_of(low.receive_at), number));
      CHECK(low.send_to == high.receive_at);
      CHECK(low.keys.send.key == high.keys.receive.key);
      CHECK(low.keys.receive.salt == high.keys.send.salt);
      keys.insert(low.keys.send.key);
      keys.insert(low.keys.receive.key);
      hands_of_low.insert(hand_of(low.receive_at, low_hands));
      hands_of_high.insert(hand_of(high.receive_at, high_hands));
    }
    CHECK(keys.size() == 2 * most);
    CHECK(hands_of_low.size() == low_hands);
    CHECK(hands_of_high.size() == high_hands);
  }
}

TEST_CASE("of two offers that cross, and of one that is lost, both ends end with the lanes that they need") {
  LanePair pair(9, 1, 4);
  pair.world.passes = [](auto&&...) { return false; };
  pair.offer(*pair.high);
  pair.world.passes = [](auto&&...) { return true; };
  pair.low->table.offer_lanes(pair.world.now, pair.low->opened[0].id);
  pair.high->table.offer_lanes(pair.world.now, pair.high->opened[0].id);
  pair.world.drain(*pair.low);
  pair.world.drain(*pair.high);
  pair.world.run_for(1s);
  CHECK(LanePair::lanes_of_peer(*pair.low) == 4);
  CHECK(LanePair::lanes_of_peer(*pair.high) == 4);
  // They agree: nothing more is said.
  const std::size_t before = pair.low->packets_out + pair.high->packets_out;
  pair.world.run_for(3s);
  CHECK(pair.low->packets_out + pair.high->packets_out == before);
}

TEST_CASE("where several lanes are needed an offer is made again while one of them is in use, but seldom") {
  LanePair pair(10, 2, 2);
  pair.offer(*pair.high);
  const ByteSpan data = as_bytes("data");
  std::size_t offers = 0;
  for (int second = 0; second < 30; ++second) {
    pair.high->table.handle_opened(pair.world.now, pair.high->lanes[0].receive_at, std::span(&data, 1));
    const std::size_t before = pair.high->packets_out;
    pair.high->table.offer_lanes(pair.world.now, pair.high->opened[0].id);
    pair.world.drain(*pair.high);
    offers += pair.high->packets_out - before;
    pair.world.run_for(1s);
  }
  CHECK(offers == 3);
}

TEST_CASE("an offer of more lanes than a session can have is counted and changes nothing") {
  LanePair pair(11, 1, most_lanes + 1);
  pair.offer(*pair.high);
  CHECK(pair.low->table.counters().get("drop_channel_inner_malformed") == 1);
  CHECK(LanePair::lanes_of_peer(*pair.low) == 0);
  CHECK(pair.low->lanes.empty());
}

TEST_CASE("whatever the receiver drew, some lanes behind one another have one for each hand") {
  for (std::uint32_t drawn = 0; drawn < 256; ++drawn) {
    const Spi session{0x12345600U | (drawn & ~lane_bits)};
    REQUIRE(has_room_for_lanes(session));
    for (const unsigned hands : {1U, 2U, 4U, 8U}) {
      std::set<unsigned> seen;
      for (unsigned number = 0; number < hands; ++number) {
        const Spi lane = lane_of(session, number);
        CHECK(is_lane(lane));
        CHECK(session_of(lane) == session);
        seen.insert(hand_of(lane, hands));
      }
      CHECK(seen.size() == hands);
    }
  }
  CHECK_FALSE(has_room_for_lanes(Spi{0x12345601}));
  CHECK_FALSE(has_room_for_lanes(Spi{0x12345610}));
}

}  // namespace
}  // namespace ipop::crypto::test
