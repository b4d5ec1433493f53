#include <algorithm>

#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "channel_world.hpp"
#include "crypto/handshake_frame.hpp"

namespace ipop::crypto::test {
namespace {

const ContextTag tag = [] {
  ContextTag out{};
  const Digest256 digest = sha256(as_bytes("test"));
  std::copy_n(digest.begin(), out.size(), out.begin());
  return out;
}();

SessionId random_session(Rng& rng) {
  std::array<std::byte, SessionId::size> octets{};
  rng.fill(octets);
  octets[0] |= std::byte{1};
  return SessionId(octets);
}

NodeId random_node(Rng& rng) {
  std::array<std::byte, NodeId::size> octets{};
  rng.fill(octets);
  return NodeId(octets);
}

Cookie random_cookie(Rng& rng) {
  Cookie out;
  out.issued = static_cast<std::uint32_t>(rng.below(4));
  rng.fill(out.mac);
  return out;
}

/// A message of any kind as a stranger without knowledge can write it, at times damaged or cut.
Bytes random_packet(Rng& rng) {
  Bytes data(rng.below(max_frame_data + 1));
  rng.fill(data);
  Bytes out;
  switch (rng.below(7)) {
    case 0: encode(tag, InitMessage{random_session(rng), random_node(rng)}, out); break;
    case 1: encode(tag, CookieMessage{random_session(rng), random_node(rng), random_cookie(rng)}, out); break;
    case 2: encode(tag, OpenMessage{random_session(rng), random_node(rng), random_cookie(rng), data}, out); break;
    case 3: {
      FrameMessage frame;
      frame.sender = random_session(rng);
      frame.receiver = random_session(rng);
      frame.offset = static_cast<std::uint32_t>(rng.below(40'000));
      frame.data = data;
      encode(tag, frame, out);
      break;
    }
    case 4: encode(tag, HintMessage{random_session(rng).spi()}, out); break;
    case 5: out = data; break;
    default:
      out.resize(rng.below(64));
      rng.fill(out);
      break;
  }
  if (rng.below(4) == 0 && !out.empty()) out[rng.below(out.size())] ^= static_cast<std::byte>(1U << rng.below(8));
  if (rng.below(8) == 0) out.resize(rng.below(out.size() + 1));
  return out;
}

std::size_t octets_out(ChannelTable& table) {
  std::size_t octets = 0;
  while (auto output = table.poll_output()) {
    if (const auto* transmit = std::get_if<ChannelTable::Transmit>(&*output)) {
      for (const Bytes& packet : transmit->packets)
        octets += packet.size();
    }
  }
  return octets;
}

TEST_CASE("S5: no packet of a stranger gets more octets back than it had") {
  World world(5);
  Peer& low = world.add(low_and_high().first, endpoint(1));
  Peer& high = world.add(low_and_high().second, endpoint(2));
  low.table.open(world.now, high.address, std::nullopt, 1);
  world.drain(low);
  world.run_for(2s);
  // A live channel and a running attempt are there to be abused.
  low.table.open(world.now, endpoint(3), std::nullopt, 2);
  world.drain(low);
  SeededRng rng(55);
  std::size_t answered = 0;
  for (int i = 0; i < 20'000; ++i) {
    const Bytes packet = random_packet(rng);
    const ChannelTable::Incoming incoming{endpoint(static_cast<std::uint8_t>(rng.below(256)), 1000), packet};
    low.table.handle_packets(world.now, std::span(&incoming, 1));
    const std::size_t out = octets_out(low.table);
    REQUIRE(out <= packet.size());
    if (out > 0) ++answered;
    world.now += 1ms;
  }
  CHECK(answered > 100);
  CHECK(low.table.size() == 1);
}

TEST_CASE("S5: a recorded exchange played back from elsewhere gets no more octets than it brings") {
  World world(6);
  Peer& low = world.add(low_and_high().first, endpoint(1));
  Peer& high = world.add(low_and_high().second, endpoint(2));
  std::vector<std::pair<const Peer*, Bytes>> recorded;
  world.passes = [&](const Peer& from, const Carrier&, const Bytes& packet) {
    recorded.emplace_back(&from, packet);
    return true;
  };
  low.table.open(world.now, high.address, std::nullopt, 1);
  world.drain(low);
  world.run_for(2s);
  low.seal(world.now, "x");
  world.drain(low);
  world.run_for(1s);
  REQUIRE(recorded.size() >= 7);
  for (const auto& [from, packet] : recorded) {
    Peer& to = from == &low ? high : low;
    const ChannelTable::Incoming incoming{endpoint(66), packet};
    to.table.handle_packets(world.now, std::span(&incoming, 1));
    CHECK(octets_out(to.table) <= packet.size());
  }
  CHECK(low.moved.empty());
  CHECK(high.moved.empty());
}

TEST_CASE("S6: a flood of INITs from invented sources keeps no state and does not stop an honest node") {
  World world(7);
  Peer& low = world.add(low_and_high().first, endpoint(1));
  Peer& high = world.add(low_and_high().second, endpoint(2));
  SeededRng rng(66);
  low.table.open(world.now, high.address, std::nullopt, 1);
  world.drain(low);
  for (int i = 0; i < 10'000; ++i) {
    const Carrier source = endpoint_at(static_cast<std::uint32_t>(rng.next()), static_cast<std::uint16_t>(rng.next()));
    Bytes init;
    encode(tag, InitMessage{random_session(rng), random_node(rng)}, init);
    const ChannelTable::Incoming incoming{source, init};
    high.table.handle_packets(world.now, std::span(&incoming, 1));
    CHECK(octets_out(high.table) <= init.size());
    world.run_for(50us);
  }
  CHECK(low.opened.size() == 1);
  CHECK(high.opened.size() == 1);
  CHECK(high.table.size() == 1);
}

TEST_CASE("S23: a bit flipped once in any handshake message delays the channel, and no more") {
  for (std::size_t index = 0; index < 7; ++index) {
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
      CAPTURE(index);
      CAPTURE(seed);
      World world(seed);
      Peer& low = world.add(low_and_high().first, endpoint(1));
      Peer& high = world.add(low_and_high().second, endpoint(2));
      SeededRng rng(seed * 31 + index);
      std::size_t count = 0;
      std::map<Carrier, Peer*> table_at = world.at;
      world.passes = [&](const Peer&, const Carrier& to, const Bytes& packet) {
        if (count++ != index) return true;
        Bytes damaged = packet;
        // Frames lose a bit of their data with the same odds as one of their head.
        const std::size_t at =
            rng.below(2) == 0 ? rng.below(std::min<std::size_t>(packet.size(), 60)) : rng.below(packet.size());
        damaged[at] ^= static_cast<std::byte>(1U << rng.below(8));
        const Carrier from = table_at.at(to) == &low ? high.address : low.address;
        const ChannelTable::Incoming incoming{from, damaged};
        table_at.at(to)->table.handle_packets(world.now, std::span(&incoming, 1));
        return false;
      };
      low.table.open(world.now, high.address, low_and_high().second.id, 1);
      world.drain(low);
      world.drain(high);
      world.run_for(60s, [&] {
        world.drain(low);
        world.drain(high);
        return false;
      });
      // TLS ends when its octets were changed; then the attempt fails and says so. In no case do
      // the two ends disagree about who they are or hold half a channel.
      const bool is_open = low.table.size() == 1;
      CHECK(low.table.size() == high.table.size());
      CHECK((is_open || low.failed.size() + low.closed.size() == 1));
      for (const auto& opened : low.opened)
        CHECK(opened.peer == low_and_high().second.id);
      for (const auto& opened : high.opened)
        CHECK(opened.peer == low_and_high().first.id);
    }
  }
}

TEST_CASE("every truncation of every packet of an exchange is dropped without harm") {
  World world(9);
  Peer& low = world.add(low_and_high().first, endpoint(1));
  Peer& high = world.add(low_and_high().second, endpoint(2));
  world.passes = [&](const Peer& from, const Carrier& to, const Bytes& packet) {
    Peer& receiver = *world.at.at(to);
    // Cut frames would be real, shorter frames: only what is no frame, and heads of frames.
    const bool is_frame = is_handshake(packet) && packet[5] == std::byte{4};
    const std::size_t end = is_frame ? 40 : packet.size();
    for (std::size_t n = 0; n < end; n += n < 64 ? 1 : 13) {
      const ChannelTable::Incoming incoming{from.address, ByteSpan(packet).first(n)};
      receiver.table.handle_packets(world.now, std::span(&incoming, 1));
      octets_out(receiver.table);
    }
    return true;
  };
  low.table.open(world.now, high.address, std::nullopt, 1);
  world.drain(low);
  world.run_for(2s);
  low.seal(world.now, "x");
  world.drain(low);
  world.run_for(1s);
  CHECK(low.opened.size() == 1);
  CHECK(high.received == std::vector<std::string>{"x"});
}

TEST_CASE("a stranger at another address who knows the id of a wanted peer can't end the attempt") {
  World world(10);
  Peer& low = world.add(low_and_high().first, endpoint(1));
  Peer& high = world.add(low_and_high().second, endpoint(2));
  Peer& stranger = world.add(third(), endpoint(3));
  low.table.open(world.now, high.address, low_and_high().second.id, 1);
  world.drain(low);
  // The stranger rewrites the id in its own INIT and OPEN to that of the wanted peer.
  const auto& wanted = low_and_high().second.id.octets();
  world.passes = [&](const Peer& from, const Carrier& to, const Bytes& packet) {
    if (&from != &stranger || !is_handshake(packet) || packet[5] == std::byte{4}) return true;
    Bytes forged = packet;
    std::copy(wanted.begin(), wanted.end(), forged.begin() + 24);
    world.deliver(*world.at.at(to), stranger.address, forged);
    return false;
  };
  stranger.table.open(world.now, low.address, std::nullopt, 9);
  world.drain(stranger);
  world.run_for(40s);
  REQUIRE(low.opened.size() == 1);
  CHECK(low.opened[0].peer == low_and_high().second.id);
  CHECK(low.opened[0].attempt == 1);
  CHECK(low.failed.empty());
  CHECK(low.closed.empty());
}

}  // namespace
}  // namespace ipop::crypto::test
