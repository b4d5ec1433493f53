// A crowd of validated strangers against one table, and an honest newcomer in between.

#include <array>
#include <functional>

#include <doctest/doctest.h>

#include "channel_world.hpp"
#include "crypto/handshake_frame.hpp"
#include "support/heap_octets.hpp"

namespace ipop::crypto::test {
namespace {

const ContextTag crowd_tag = [] {
  ContextTag out{};
  const Digest256 digest = sha256(as_bytes("test"));
  std::copy_n(digest.begin(), out.size(), out.begin());
  return out;
}();

/// What a stranger says behind the cookie, and then no more.
enum class Beginning { nothing, half_a_hello, whole_hello, nonsense };

NodeId extreme_id(std::byte octet, Rng& rng) {
  std::array<std::byte, NodeId::size> octets{};
  rng.fill(octets);
  octets[0] = octet;
  return NodeId(octets);
}

/// Takes handshakes up and lets them lie, each under a session and a node id of its own.
class Crowd {
 public:
  explicit Crowd(Peer& victim) : victim_(victim) {
    // A real client hello, as the first message of who has the lower id carries it.
    const auto factory = make_tls_handshake_factory(third().key, third().certificate);
    const auto client = factory->make(HandshakeRole::client, wall_at_start, TrustStore::open_group());
    client->advance({});
    hello_ = client->take_outgoing();
  }

  void take_up(TimePoint now, const Carrier& from, Beginning beginning) {
    std::array<std::byte, SessionId::size> session{};
    rng_.fill(session);
    session[0] |= std::byte{1};
    // The highest ids make the victim the TLS client, the lowest the server.
    const NodeId id = extreme_id(beginning == Beginning::nothing ? std::byte{0xff} : std::byte{0}, rng_);
    const auto answers = give(now, from, InitMessage{SessionId(session), id});
    if (answers.empty()) return;
    const auto answer = decode_handshake_message(crowd_tag, answers.front());
    if (!answer || !std::holds_alternative<CookieMessage>(*answer)) return;
    OpenMessage open{SessionId(session), id, std::get<CookieMessage>(*answer).cookie, {}};
    if (beginning == Beginning::whole_hello) open.data = hello_;
    if (beginning == Beginning::half_a_hello) open.data = to_bytes(ByteSpan(hello_).first(hello_.size() / 2));
    if (beginning == Beginning::nonsense) open.data = to_bytes(as_bytes("GET / HTTP/1.1"));
    give(now, from, open);
    ++taken_up;
  }

  std::size_t taken_up = 0;

 private:
  std::vector<Bytes> give(TimePoint now, const Carrier& from, const HandshakeMessage& message) {
    Bytes packet;
    encode(crowd_tag, message, packet);
    const ChannelTable::Incoming incoming{from, packet};
    victim_.table.handle_packets(now, std::span(&incoming, 1));
    std::vector<Bytes> out;
    std::vector<ChannelTable::Output> others;
    while (auto output = victim_.table.poll_output()) {
      auto* transmit = std::get_if<ChannelTable::Transmit>(&*output);
      if (transmit != nullptr && transmit->to == from) {
        out.insert(out.end(), transmit->packets.begin(), transmit->packets.end());
      }
    }
    return out;
  }

  Peer& victim_;
  SeededRng rng_{99};
  Bytes hello_;
};

/// The place of attacker `number`: a /24 of its own.
Carrier place_of(std::uint32_t number) {
  return endpoint_at(0xc6120000U + (number << 8U) + 1);
}

/// The same on the ring: each second of its 256 parts.
Carrier ring_place_of(std::uint32_t number) {
  Bytes octets(21);
  octets[0] = std::byte{4};
  octets[1] = static_cast<std::byte>(2 * number);
  return Carrier(Carrier::Transport::position, octets, {.source = 21, .network = 2});
}

/// Whom a crowd attacks, and from where.
struct Attacked {
  HalfOpen::Limits limits{};
  std::function<Carrier(std::uint32_t)> place = place_of;
  Carrier victim = endpoint(1);
  Carrier newcomer = endpoint(2);
};

/// The table of sessions end to end, as node::EndToEnd has it: smaller, and its carriers are ids of the ring.
Attacked sessions() {
  return {{.all = 128, .working = 24}, ring_place_of, ring_place_of(100), ring_place_of(101)};
}

void check_newcomer(Beginning beginning, const Attacked& attacked = {}) {
  CAPTURE(static_cast<int>(beginning));
  World world(21);
  const HalfOpen::Limits& limits = attacked.limits;
  ChannelTable::Limits of_table;
  of_table.half_open = limits;
  // In the middle of the ring of ids: neither side of the crowd is refused for its id.
  Peer& victim = world.add(low_and_high().first, attacked.victim, of_table);
  Peer& newcomer = world.add(low_and_high().second, attacked.newcomer);
  Crowd crowd(victim);
  constexpr auto pause = std::chrono::nanoseconds(1'000'000'000 / 1500);
  std::uint32_t turn = 0;
  const TimePoint comes = world.now + 2s;
  bool asked = false;
  std::size_t most = 0;
  std::size_t most_working = 0;
  while (world.now < comes + 1s && newcomer.opened.empty()) {
    crowd.take_up(world.now, attacked.place(turn++ % 100), beginning);
    if (!asked && world.now >= comes) {
      asked = true;
      newcomer.table.open(world.now, victim.address, low_and_high().first.id, 1);
      world.drain(newcomer);
    }
    world.run_for(pause);
    most = std::max(most, victim.table.half_open());
    most_working = std::max(most_working, victim.table.half_open_working());
  }
  CHECK(most <= limits.all);
  CHECK(most_working <= limits.working);
  CHECK(crowd.taken_up > 2500);
  REQUIRE(newcomer.opened.size() == 1);
  CHECK(world.now < comes + 1s);
  CHECK(victim.opened.size() == 1);
}

TEST_CASE("S6: a newcomer gets in within a second while 100 addresses take up 1,500 handshakes a second") {
  check_newcomer(Beginning::nothing);
  check_newcomer(Beginning::half_a_hello);
  check_newcomer(Beginning::whole_hello);
}

TEST_CASE("S6: so does a session end to end, while 100 parts of the ring take up 1,500 a second") {
  check_newcomer(Beginning::nothing, sessions());
  check_newcomer(Beginning::half_a_hello, sessions());
  check_newcomer(Beginning::whole_hello, sessions());
}

TEST_CASE("S6: what a crowd holds of a node's memory, in links and sessions together, is below 8 MB") {
  std::size_t all = 0;
  for (const Attacked& attacked : {Attacked{}, sessions()}) {
    World world(27);
    ChannelTable::Limits limits;
    limits.half_open = attacked.limits;
    Peer& victim = world.add(low_and_high().first, attacked.victim, limits);
    Crowd crowd(victim);
    const std::size_t before = test_support::heap_octets();
    std::size_t most = 0;
    std::size_t most_open = 0;
    std::size_t most_working = 0;
    for (std::uint32_t i = 0; i < 6000; ++i) {
      // Half a hello takes a place without a TLS object: both kinds of place are full.
      constexpr std::array kinds{Beginning::whole_hello, Beginning::half_a_hello, Beginning::nothing,
                                 Beginning::half_a_hello};
      crowd.take_up(world.now, attacked.place(i % 100), kinds[i % kinds.size()]);
      world.run_for(std::chrono::nanoseconds(1'000'000'000 / 1500));
      most = std::max(most, test_support::heap_octets() - before);
      most_open = std::max(most_open, victim.table.half_open());
      most_working = std::max(most_working, victim.table.half_open_working());
    }
    CHECK(most_open == attacked.limits.all);
    CHECK(most_working == attacked.limits.working);
    MESSAGE("measured: " << most / 1000 << " kB for " << most_open << " half-open handshakes, " << most_working
                         << " of them with a TLS object");
    all += most;
  }
  CHECK(all < 8'000'000);
  CHECK(all > 1'000'000);
}

TEST_CASE("S6: a crowd's handshakes are gone five seconds after it has") {
  World world(22);
  Peer& victim = world.add(low_and_high().first, endpoint(1));
  Crowd crowd(victim);
  for (std::uint32_t i = 0; i < 40; ++i)
    crowd.take_up(world.now, place_of(i), i % 2 == 0 ? Beginning::half_a_hello : Beginning::whole_hello);
  CHECK(victim.table.half_open() == 40);
  CHECK(victim.table.half_open_working() == 20);
  world.run_for(5s);
  CHECK(victim.table.half_open() == 0);
  CHECK(victim.table.half_open_working() == 0);
}

TEST_CASE("S6: one source takes up a burst of five handshakes and twenty a second") {
  World world(23);
  Peer& victim = world.add(low_and_high().first, endpoint(1));
  Crowd crowd(victim);
  for (std::uint16_t i = 0; i < 30; ++i)
    crowd.take_up(world.now, endpoint(50, static_cast<std::uint16_t>(i + 1)), Beginning::whole_hello);
  CHECK(victim.table.counters().get("drop_init_rate") == 25);
  CHECK(victim.table.half_open() == 5);
}

TEST_CASE("S6: what does not begin as a client hello ends at once, what is too long is not kept") {
  World world(24);
  Peer& victim = world.add(low_and_high().first, endpoint(1));
  Crowd crowd(victim);
  crowd.take_up(world.now, place_of(1), Beginning::nonsense);
  CHECK(victim.table.half_open() == 0);
  CHECK(victim.table.counters().get("handshake_failed") == 1);
}

TEST_CASE("S6: an opener whose handshake was crowded out begins again by itself") {
  World world(25);
  Peer& low = world.add(low_and_high().first, endpoint(1));
  ChannelTable::Limits none;
  none.half_open.all = 0;
  Peer& full = world.add(low_and_high().second, endpoint(2), none);
  Peer& open = world.add(low_and_high().second, endpoint(3));
  // The server's flight is lost until its end has given the handshake up.
  bool is_lossy = true;
  world.passes = [&](const Peer& from, const Carrier&, const Bytes& packet) {
    return !is_lossy || &from != &open || packet[5] != std::byte{4};
  };
  low.table.open(world.now, full.address, std::nullopt, 1);
  world.drain(low);
  low.table.open(world.now, open.address, std::nullopt, 2);
  world.drain(low);
  world.run_for(6s);
  is_lossy = false;
  world.run_for(15s);
  REQUIRE(low.opened.size() == 1);
  CHECK(low.opened[0].attempt == 2);
  CHECK(full.table.counters().get("half_open_crowded_out") > 0);
  REQUIRE(low.failed.size() == 1);
  CHECK(low.failed[0].attempt == 1);
}

}  // namespace
}  // namespace ipop::crypto::test
