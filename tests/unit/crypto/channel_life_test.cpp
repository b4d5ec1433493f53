#include <algorithm>

#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "channel_world.hpp"

namespace ipop::crypto::test {
namespace {

struct OpenPair {
  World world;
  Peer* low;
  Peer* high;

  explicit OpenPair(std::uint64_t seed, ChannelTable::Limits limits = {})
      : world(seed),
        low(&world.add(low_and_high().first, endpoint(1), limits)),
        high(&world.add(low_and_high().second, endpoint(2), limits)) {
    low->table.open(world.now, high->address, std::nullopt, 1);
    world.drain(*low);
    world.run_for(5s);
    REQUIRE(low->opened.size() == 1);
    REQUIRE(high->opened.size() == 1);
  }

  void send(Peer& from, std::string_view text) {
    from.seal(world.now, text);
    world.drain(from);
  }
};

TEST_CASE("payloads of a batch are one Transmit and arrive in order") {
  OpenPair pair(1);
  std::vector<std::string> texts;
  std::vector<ByteSpan> payloads;
  for (int i = 0; i < 40; ++i)
    texts.push_back("payload " + std::to_string(i));
  for (const auto& text : texts)
    payloads.push_back(as_bytes(text));
  REQUIRE(pair.low->table.seal(pair.world.now, pair.low->opened[0].id, payloads).has_value());
  const auto output = pair.low->table.poll_output();
  REQUIRE(output.has_value());
  const auto* transmit = std::get_if<ChannelTable::Transmit>(&*output);
  REQUIRE(transmit != nullptr);
  CHECK(transmit->to == pair.high->address);
  REQUIRE(transmit->packets.size() == 40);
  CHECK(transmit->packets[0].size() == texts[0].size() + 28);
  CHECK_FALSE(pair.low->table.poll_output().has_value());

  std::vector<ChannelTable::Incoming> incoming;
  for (const Bytes& packet : transmit->packets)
    incoming.push_back({pair.low->address, packet});
  pair.high->table.handle_packets(pair.world.now, incoming);
  const auto received = pair.high->table.poll_output();
  REQUIRE(received.has_value());
  const auto* group = std::get_if<ChannelTable::Received>(&*received);
  REQUIRE(group != nullptr);
  REQUIRE(group->payloads.size() == 40);
  CHECK(as_text(group->payloads[39]) == "payload 39");
  CHECK_FALSE(pair.high->table.poll_output().has_value());
}

TEST_CASE("a channel that is gone can't be sealed to") {
  OpenPair pair(2);
  const ByteSpan payload = as_bytes("x");
  CHECK(pair.low->table.seal(pair.world.now, ChannelId{99}, std::span(&payload, 1)).error().code == Errc::not_found);
}

TEST_CASE("closing tells the peer, and nobody else") {
  OpenPair pair(3);
  pair.low->table.close(pair.world.now, pair.low->opened[0].id);
  pair.world.drain(*pair.low);
  CHECK(pair.low->table.size() == 0);
  pair.world.run_for(1s);
  CHECK(pair.low->closed.empty());
  REQUIRE(pair.high->closed.size() == 1);
  CHECK(pair.high->closed[0].why == ChannelTable::Ending::closed_by_peer);
  CHECK(pair.high->closed[0].peer == low_and_high().first.id);
  CHECK_FALSE(pair.low->table.poll_timeout().has_value());
  CHECK_FALSE(pair.high->table.poll_timeout().has_value());
}

TEST_CASE("a channel without traffic closes after 15 minutes, one with traffic does not") {
  OpenPair pair(4);
  for (int i = 0; i < 20; ++i) {
    pair.world.run_for(std::chrono::minutes(1));
    pair.send(*pair.low, "x");
  }
  CHECK(pair.low->closed.empty());
  CHECK(pair.high->closed.empty());
  const TimePoint last = pair.world.now;
  pair.world.run_for(std::chrono::minutes(20), [&] { return !pair.low->closed.empty(); });
  CHECK(pair.world.now == last + std::chrono::minutes(15));
  CHECK(pair.low->closed[0].why == ChannelTable::Ending::idle);
  pair.world.run_for(1s);
  CHECK(pair.high->table.size() == 0);
}

TEST_CASE("keys are renewed in flight: every payload arrives once, the channel keeps its name") {
  for (const bool by_count : {false, true}) {
    CAPTURE(by_count);
    ChannelTable::Limits limits;
    limits.rekey_after = by_count ? Duration(std::chrono::hours(9)) : Duration(10s);
    if (by_count) limits.rekey_packets = 300;
    OpenPair pair(5, limits);
    pair.world.jitter = 45ms;
    std::vector<std::string> expected;
    for (int i = 0; i < 2000; ++i) {
      const std::string text = "payload " + std::to_string(i);
      expected.push_back(text);
      pair.send(*pair.low, text);
      pair.send(*pair.high, text);
      pair.world.run_for(20ms);
    }
    pair.world.run_for(1s);
    std::ranges::sort(expected);
    for (Peer* peer : {pair.low, pair.high}) {
      std::ranges::sort(peer->received);
      CHECK(peer->received == expected);
      CHECK(peer->opened.size() == 1);
      CHECK(peer->closed.empty());
    }
    CHECK(pair.low->table.counters().get("channel_rekey") + pair.high->table.counters().get("channel_rekey") >= 3);
    CHECK(pair.low->table.counters().get("drop_channel_unknown_spi") == 0);
    CHECK(pair.high->table.counters().get("drop_channel_unknown_spi") == 0);
  }
}

TEST_CASE("keys are renewed under 15 % loss and the channel lives on") {
  ChannelTable::Limits limits;
  limits.rekey_after = 10s;
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    CAPTURE(seed);
    OpenPair pair(seed, limits);
    pair.world.loss = 0.15;
    pair.world.duplicates = 0.05;
    pair.world.jitter = 30ms;
    for (int i = 0; i < 600; ++i) {
      pair.send(*pair.low, "low " + std::to_string(i));
      pair.send(*pair.high, "high " + std::to_string(i));
      pair.world.run_for(100ms);
    }
    for (Peer* peer : {pair.low, pair.high}) {
      CHECK(peer->closed.empty());
      CHECK(peer->opened.size() == 1);
      CHECK(peer->received.size() > 420);
      std::ranges::sort(peer->received);
      CHECK(std::ranges::adjacent_find(peer->received) == peer->received.end());
    }
    CHECK(pair.low->table.counters().get("channel_rekey") + pair.high->table.counters().get("channel_rekey") >= 4);
  }
}

TEST_CASE("both ends that renew keys at the same moment agree on one set") {
  ChannelTable::Limits limits;
  limits.rekey_packets = 20;
  OpenPair pair(6, limits);
  for (int i = 0; i < 20; ++i) {
    pair.send(*pair.low, "x" + std::to_string(i));
    pair.send(*pair.high, "x" + std::to_string(i));
  }
  pair.world.run_for(5s);
  CHECK(pair.low->received.size() == 20);
  CHECK(pair.high->received.size() == 20);
  CHECK(pair.low->table.counters().get("channel_rekey") == 1);
  CHECK(pair.high->table.counters().get("channel_rekey") == 1);
  pair.send(*pair.low, "more");
  pair.send(*pair.high, "more");
  pair.world.run_for(1s);
  CHECK(pair.low->received.back() == "more");
  CHECK(pair.high->received.back() == "more");
}

TEST_CASE("a peer that is silent while keys are renewed is given up after three handshakes") {
  ChannelTable::Limits limits;
  limits.rekey_after = 10s;
  OpenPair pair(7, limits);
  pair.world.passes = [](auto&&...) { return false; };
  for (int i = 0; i < 120 && pair.low->closed.empty(); ++i) {
    pair.send(*pair.low, "x");
    pair.world.run_for(1s);
  }
  REQUIRE(pair.low->closed.size() == 1);
  CHECK(pair.low->closed[0].why == ChannelTable::Ending::timed_out);
}

TEST_CASE("a peer that moved is followed, by a new packet and not by a copy of an old one") {
  OpenPair pair(8);
  Bytes old_packet;
  pair.world.passes = [&](const Peer&, const Carrier&, const Bytes& packet) {
    old_packet = packet;
    return true;
  };
  pair.send(*pair.low, "one");
  const Bytes first = old_packet;
  pair.world.run_for(1s);
  const Carrier elsewhere = endpoint(1, 9999);
  pair.world.deliver(*pair.high, elsewhere, first);
  CHECK(pair.high->moved.empty());
  CHECK(pair.high->table.counters().get("drop_channel_replayed") == 1);

  pair.world.at[elsewhere] = pair.low;
  pair.world.seen_as = [&](const Peer& from, auto&&...) { return &from == pair.low ? elsewhere : from.address; };
  pair.send(*pair.low, "two");
  pair.world.run_for(1s);
  REQUIRE(pair.high->moved.size() == 1);
  CHECK(pair.high->moved[0].carrier == elsewhere);
  pair.world.at.erase(pair.low->address);
  pair.send(*pair.high, "to the new place");
  pair.world.run_for(1s);
  CHECK(pair.low->received.back() == "to the new place");
}

TEST_CASE("the owner can move a channel") {
  OpenPair pair(9);
  const Carrier elsewhere = endpoint(2, 9999);
  pair.world.at[elsewhere] = pair.high;
  pair.world.at.erase(pair.high->address);
  pair.low->table.move(pair.low->opened[0].id, elsewhere);
  pair.send(*pair.low, "x");
  pair.world.run_for(1s);
  CHECK(pair.high->received == std::vector<std::string>{"x"});
}

TEST_CASE("a peer that restarts and opens again replaces its old channel") {
  for (const bool low_restarts : {true, false}) {
    CAPTURE(low_restarts);
    OpenPair pair(10);
    Peer& stays = low_restarts ? *pair.high : *pair.low;
    const Identity& identity = low_restarts ? low_and_high().first : low_and_high().second;
    Peer& restarted = pair.world.add(identity, low_restarts ? pair.low->address : pair.high->address);
    restarted.table.open(pair.world.now, stays.address, std::nullopt, 9);
    pair.world.drain(restarted);
    pair.world.run_for(5s);
    REQUIRE(restarted.opened.size() == 1);
    REQUIRE(stays.opened.size() == 2);
    REQUIRE(stays.closed.size() == 1);
    CHECK(stays.closed[0].id == stays.opened[0].id);
    CHECK(stays.table.size() == 1);
    pair.send(stays, "x");
    pair.world.run_for(1s);
    CHECK(restarted.received == std::vector<std::string>{"x"});
  }
}

TEST_CASE("a stranger at the peer's address that claims its id replaces nothing") {
  for (const bool claims_low : {true, false}) {
    CAPTURE(claims_low);
    OpenPair pair(11);
    Peer& victim = claims_low ? *pair.high : *pair.low;
    Peer& absent = claims_low ? *pair.low : *pair.high;
    // INIT and OPEN say the peer's id, TLS says the truth. A relative of the peer on the same side
    // of the victim takes the same role, so that the handshake goes on to its end.
    const Identity& truth = [&]() -> const Identity& {
      static std::map<bool, Identity> found;
      for (std::uint64_t n = 200; !found.contains(claims_low); ++n) {
        Identity candidate(n);
        if ((candidate.id < (claims_low ? low_and_high().second : low_and_high().first).id) == claims_low)
          found.emplace(claims_low, std::move(candidate));
      }
      return found.at(claims_low);
    }();
    const NodeId claimed = (claims_low ? low_and_high().first : low_and_high().second).id;
    Peer& stranger = pair.world.add(truth, absent.address);
    pair.world.passes = [&](const Peer& from, const Carrier& to, const Bytes& packet) {
      if (&from != &stranger || packet[0] != std::byte{0} || packet[5] == std::byte{4}) return true;
      Bytes forged = packet;
      std::ranges::copy(claimed.octets(), forged.begin() + 24);
      pair.world.deliver(*pair.world.at.at(to), stranger.address, forged);
      return false;
    };
    stranger.table.open(pair.world.now, victim.address, std::nullopt, 1);
    pair.world.drain(stranger);
    pair.world.run_for(5s);
    CHECK(victim.table.counters().get("handshake_failed") >= 1);
    CHECK(victim.opened.size() == 1);
    CHECK(victim.closed.empty());
    CHECK(victim.table.size() == 1);
  }
}

TEST_CASE("a peer that restarted and says nothing is found by its hint") {
  OpenPair pair(12);
  Peer& restarted = pair.world.add(low_and_high().second, pair.high->address);
  for (int i = 0; i < 8; ++i) {
    pair.send(*pair.low, "x");
    pair.world.run_for(1s);
  }
  CHECK(restarted.table.counters().get("channel_hint_sent") >= 1);
  CHECK(pair.low->table.counters().get("channel_probe") == 1);
  REQUIRE(pair.low->opened.size() == 2);
  REQUIRE(pair.low->closed.size() == 1);
  CHECK(pair.low->closed[0].id == pair.low->opened[0].id);
  CHECK_FALSE(pair.low->opened[1].attempt.has_value());
  pair.send(*pair.low, "back");
  pair.world.run_for(1s);
  CHECK(restarted.received.back() == "back");
}

TEST_CASE("hints are at most one a second, whoever asks") {
  OpenPair pair(13);
  SeededRng rng(1);
  const std::size_t before = pair.high->packets_out;
  for (int i = 0; i < 300; ++i) {
    Bytes noise(60);
    rng.fill(noise);
    noise[0] = std::byte{0x77};
    pair.world.deliver(*pair.high, endpoint(static_cast<std::uint8_t>(i)), noise);
    pair.world.run_for(10ms);
  }
  CHECK(pair.high->packets_out - before == 3);
}

TEST_CASE("a forged hint about a live channel starts nothing") {
  OpenPair pair(14);
  Bytes last;
  pair.world.passes = [&](const Peer&, const Carrier&, const Bytes& packet) {
    last = packet;
    return true;
  };
  pair.send(*pair.low, "x");
  pair.world.run_for(100ms);
  pair.send(*pair.high, "y");
  pair.world.run_for(100ms);
  pair.send(*pair.low, "z");
  // The SPI that the low side sends to, seen on the wire.
  Bytes hint = *parse_hex(
      "0000000001050000"
      "9f86d081884c7d65");
  append(hint, ByteSpan(last).first(4));
  const std::size_t before = pair.low->packets_out;
  pair.world.deliver(*pair.low, pair.high->address, hint);
  CHECK(pair.low->table.counters().get("drop_hint_early") == 1);
  pair.world.run_for(1s);
  pair.world.deliver(*pair.low, endpoint(77), hint);
  CHECK(pair.low->table.counters().get("drop_hint_unknown") == 1);
  CHECK(pair.low->packets_out == before);
}

TEST_CASE("S22: after drop_all no key and no cookie of before is used") {
  OpenPair pair(15);
  Bytes last;
  pair.world.passes = [&](const Peer&, const Carrier&, const Bytes& packet) {
    last = packet;
    return true;
  };
  pair.send(*pair.high, "for a clone");
  pair.low->table.drop_all();
  CHECK(pair.low->table.size() == 0);
  CHECK_FALSE(pair.low->table.poll_output().has_value());
  CHECK_FALSE(pair.low->table.poll_timeout().has_value());
  const ByteSpan payload = as_bytes("x");
  CHECK_FALSE(pair.low->table.seal(pair.world.now, pair.low->opened[0].id, std::span(&payload, 1)).has_value());
  pair.world.run_for(1s);
  CHECK(pair.low->received.empty());
  // A new channel opens as if nothing had been; the other side's probe may have been faster.
  pair.low->table.open(pair.world.now, pair.high->address, std::nullopt, 2);
  pair.world.drain(*pair.low);
  pair.world.run_for(5s);
  CHECK(pair.low->opened.size() >= 2);
  CHECK(pair.low->opened.back().attempt == 2);
  CHECK(pair.low->table.size() == 1);
  CHECK(pair.high->table.size() == 1);
}

TEST_CASE("statistics count packets, payload octets and times") {
  OpenPair pair(16);
  const auto before = *pair.low->table.statistics(pair.low->opened[0].id);
  pair.send(*pair.low, "12345");
  pair.world.run_for(1s);
  const TimePoint sent = pair.world.now;
  pair.send(*pair.high, "123");
  pair.world.run_for(1s);
  const auto after = *pair.low->table.statistics(pair.low->opened[0].id);
  CHECK(after.packets_sent == before.packets_sent + 1);
  CHECK(after.octets_sent == 5);
  CHECK(after.octets_received == 3);
  CHECK(after.last_received == sent + pair.world.delay);
  CHECK_FALSE(pair.low->table.statistics(ChannelId{99}).has_value());
}

}  // namespace
}  // namespace ipop::crypto::test
