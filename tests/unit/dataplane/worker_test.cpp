#include "dataplane/worker.hpp"

#include <atomic>
#include <cstdlib>
#include <deque>
#include <new>

#include <doctest/doctest.h>

#include "packets.hpp"

// Counts what the program takes from the heap while a test asks for it.
namespace {
std::atomic<bool> counts_allocations{false};
std::atomic<std::size_t> allocations{0};
}  // namespace

// NOLINTBEGIN(misc-new-delete-overloads): every form of the library's ends in these.
void* operator new(std::size_t size) {
  if (counts_allocations) ++allocations;
  if (void* place = std::malloc(size == 0 ? 1 : size)) return place;
  throw std::bad_alloc();
}
void operator delete(void* place) noexcept {
  std::free(place);
}
void operator delete(void* place, std::size_t) noexcept {
  std::free(place);
}
// NOLINTEND(misc-new-delete-overloads)

using namespace ipop;
using namespace ipop::dataplane;
using namespace ipop::dataplane::test;

namespace {

const net::MacAddress own_mac({std::byte{0xfe}, std::byte{0xfd}, std::byte{0}, std::byte{0}, std::byte{0},
                               std::byte{0}});
const net::MacAddress guest_mac({std::byte{2}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{9}});
const net::Ipv4Address left_address(10, 128, 0, 1);
const net::Ipv4Address right_address(10, 128, 0, 2);
const net::Endpoint right_endpoint{net::Ipv4Address(192, 0, 2, 2), 5000};
const net::Endpoint left_endpoint{net::Ipv4Address(192, 0, 2, 1), 5000};
constexpr crypto::Spi left_spi{0x1001};
constexpr crypto::Spi right_spi{0x2001};

crypto::Lanes first_lane(crypto::Spi lane) {
  return {crypto::session_of(lane), 1};
}

NodeId node(std::uint8_t first) {
  std::array<std::byte, NodeId::size> octets{};
  octets[0] = static_cast<std::byte>(first);
  return NodeId(octets);
}

Bytes frame_of(ByteSpan packet, std::uint16_t type = 0x0800, const net::MacAddress& to = own_mac) {
  Bytes out;
  append(out, to.octets());
  append(out, guest_mac.octets());
  ByteWriter(out).write(type);
  append(out, packet);
  return out;
}

Bytes octets_of(const net::JoinedFrame& frame) {
  Bytes out;
  for (const ByteSpan piece : frame.packet)
    append(out, piece);
  return out;
}

/// Two nodes' workers; packets of the left one's guest go to the right one's.
struct Pair {
  std::unique_ptr<crypto::AeadFactory> aeads = crypto::make_openssl_aead_factory();
  TimePoint now = TimePoint{} + 1h;
  Worker left{{own_mac, {true, false}}, *aeads};
  Worker right{{own_mac, {true, false}}, *aeads};
  InstallFlow flow{left_address, right_address, first_lane(left_spi), right_endpoint, 1400, true, now + 1s};
  InstallSource source{node(1), left_address, right_address, guest_mac, true, now + 1s};

  Pair() {
    crypto::SessionKeys keys;
    keys.send.key.fill(std::byte{1});
    keys.receive.key.fill(std::byte{2});
    left.handle_order(InstallLane{left_spi, right_spi, keys, node(2)});
    right.handle_order(InstallLane{right_spi, left_spi, {keys.receive, keys.send}, node(1)});
    left.handle_order(flow);
    right.handle_order(source);
  }

  std::vector<Bytes> wire;  // of the last call of send()
  Worker::Outcome send(const net::VnetHeader& header, ByteSpan packet) {
    frame_ = frame_of(packet);
    const net::TapFrame frame{header, frame_};
    const auto outcome = left.handle_frames(now, {&frame, 1});
    wire.clear();
    runs = outcome.sends.size();
    for (const net::Datagrams& run : outcome.sends) {
      CHECK(run.other == right_endpoint);
      for (std::size_t at = 0; at < run.octets.size(); at += run.segment)
        wire.push_back(to_bytes(run.octets.subspan(at, std::min(run.segment, run.octets.size() - at))));
    }
    return outcome;
  }
  /// As UDP_GRO would join them.
  Worker::Outcome receive(const std::vector<Bytes>& datagrams) {
    joined_.clear();
    for (const Bytes& datagram : datagrams)
      append(joined_, datagram);
    const net::Datagrams all{left_endpoint, joined_, datagrams.front().size()};
    Worker::Place place;
    const auto outcome = right.handle_datagrams(now, {&all, 1}, place);
    CHECK(place.run == 1);
    return outcome;
  }
  std::size_t runs = 0;

 private:
  Bytes frame_;
  Bytes joined_;
};

/// The same two with a member between: their own lane, and one each with him.
struct Relayed {
  static constexpr crypto::Spi left_relay{0x3001};
  static constexpr crypto::Spi relay_left{0x4001};
  static constexpr crypto::Spi right_relay{0x5003};
  static constexpr crypto::Spi relay_right{0x6001};
  const net::Endpoint relay_endpoint{net::Ipv4Address(192, 0, 2, 9), 5000};

  Pair pair;
  Worker relay{{own_mac, {}}, *pair.aeads};
  InstallPass pass{node(1),      node(2), first_lane(relay_right), right_endpoint, std::make_shared<Loan>(1'000'000),
                   pair.now + 1s};

  Relayed() {
    install(pair.left, left_relay, relay, relay_left, node(1), 3);
    install(relay, relay_right, pair.right, right_relay, node(9), 4, node(2));
    pair.flow.relay = first_lane(left_relay);
    pair.flow.to = relay_endpoint;
    pair.left.handle_order(pair.flow);
    relay.handle_order(pass);
  }

  Worker::Outcome send(const net::TapFrame& frame) {
    const auto sent = pair.left.handle_frames(pair.now, {&frame, 1});
    return give(relay, sent.sends, left_endpoint, to_relay_);
  }
  Worker::Outcome arrive(std::span<const net::Datagrams> from_relay) {
    return give(pair.right, from_relay, relay_endpoint, to_right_);
  }

 private:
  static void install(Worker& a, crypto::Spi at_a, Worker& b, crypto::Spi at_b, const NodeId& a_id, unsigned key,
                      const NodeId& b_id = node(9)) {
    crypto::SessionKeys keys;
    keys.send.key.fill(static_cast<std::byte>(key));
    keys.receive.key.fill(static_cast<std::byte>(key + 100));
    a.handle_order(InstallLane{at_a, at_b, keys, b_id});
    b.handle_order(InstallLane{at_b, at_a, {keys.receive, keys.send}, a_id});
  }
  /// Copies what was sent, as the network does.
  Worker::Outcome give(Worker& to, std::span<const net::Datagrams> sent, const net::Endpoint& from, Bytes& octets) {
    std::size_t used = 0;
    std::size_t count = 0;
    for (const net::Datagrams& run : sent) {
      std::ranges::copy(run.octets, octets.begin() + static_cast<std::ptrdiff_t>(used));
      arriving_[count++] = {from, std::span(octets).subspan(used, run.octets.size()), run.segment};
      used += run.octets.size();
    }
    Worker::Place place;
    return to.handle_datagrams(pair.now, std::span(arriving_).first(count), place);
  }

  Bytes to_relay_ = Bytes(1 << 20);
  Bytes to_right_ = Bytes(1 << 20);
  std::array<net::Datagrams, 64> arriving_{};
};

PacketShape shape_of(std::size_t payload, unsigned protocol = ip::tcp) {
  SeededRng rng(payload);
  PacketShape shape;
  shape.protocol = protocol;
  shape.source = left_address;
  shape.destination = right_address;
  shape.payload = random_octets(rng, payload);
  return shape;
}

TEST_CASE("a hand seals with the lane that is its own, and gives the node what it has none for") {
  const auto aeads = crypto::make_openssl_aead_factory();
  const TimePoint now = TimePoint{} + 1h;
  const crypto::Lanes two{crypto::Spi{0x1000}, 2};
  for (unsigned hand = 0; hand < 2; ++hand) {
    Worker worker({own_mac, {}, hand, 2}, *aeads);
    InstallFlow flow{left_address, right_address, two, right_endpoint, 1400, true, now + 1s};
    for (unsigned number = 0; number < 2; ++number) {
      crypto::SessionKeys keys;
      keys.send.key.fill(static_cast<std::byte>(number + 1));
      const Order install = InstallLane{crypto::lane_of(two.session, number),
                                        crypto::lane_of(crypto::Spi{0x2000}, number), keys, node(2)};
      if (hand_for(install, 2) == hand) worker.handle_order(install);
    }
    CHECK(worker.lanes() == 1);
    worker.handle_order(flow);
    Bytes frame = frame_of(make_packet(shape_of(100, ip::udp)));
    const net::TapFrame input{{}, frame};
    const auto outcome = worker.handle_frames(now, {&input, 1});
    REQUIRE(outcome.sends.size() == 1);
    const crypto::Spi sent{ByteReader(outcome.sends[0].octets).read<std::uint32_t>()};
    CHECK(crypto::session_of(sent) == crypto::Spi{0x2000});
    CHECK(crypto::hand_of(crypto::lane_of(two.session, (sent.value >> 4U) & 7U), 2) == hand);
    // The peer takes one lane only: it is one hand's.
    flow.lanes.count = 1;
    worker.handle_order(flow);
    Bytes again = frame_of(make_packet(shape_of(100, ip::udp)));
    const net::TapFrame second{{}, again};
    const auto fewer = worker.handle_frames(now, {&second, 1});
    const bool is_own = crypto::hand_of(crypto::lane_of(two.session, 0), 2) == hand;
    CHECK(fewer.sends.size() == (is_own ? 1 : 0));
    CHECK(fewer.for_node.frames.size() == (is_own ? 0 : 1));
  }
}

TEST_CASE("what a member brings for another hand's lane is that hand's") {
  Relayed world;
  Bytes frame = frame_of(make_packet(shape_of(100, ip::udp)));
  const net::TapFrame input{{}, frame};
  const auto from_relay = world.send(input).sends;
  // The receiver with two hands: the relay's lane is one's, and the pair's the other's.
  const auto aeads = crypto::make_openssl_aead_factory();
  const unsigned outer = crypto::hand_of(Relayed::right_relay, 2);
  Worker one({own_mac, {}, outer, 2}, *aeads);
  crypto::SessionKeys keys;
  keys.send.key.fill(std::byte{104});
  keys.receive.key.fill(std::byte{4});
  one.handle_order(InstallLane{Relayed::right_relay, Relayed::relay_right, keys, node(9)});
  std::deque<Bytes> copies;
  std::vector<net::Datagrams> datagrams;
  for (const net::Datagrams& run : from_relay) {
    copies.push_back(to_bytes(run.octets));
    datagrams.push_back({world.relay_endpoint, copies.back(), copies.back().size()});
  }
  // As if the sender had a lane with the other hand.
  Worker::Place place;
  const auto outcome = one.handle_datagrams(world.pair.now, datagrams, place);
  const bool is_others = crypto::hand_of(right_spi, 2) != outer;
  REQUIRE(is_others);
  REQUIRE(outcome.for_hands.size() == 1);
  CHECK(outcome.for_hands[0].hand == crypto::hand_of(right_spi, 2));
  CHECK(outcome.for_hands[0].peer == node(1));
  std::vector<Bytes> packets = {to_bytes(outcome.for_hands[0].packet)};
  CHECK(world.pair.right.handle_relayed(world.pair.now, node(1), packets).frames.size() == 1);
}

TEST_CASE("a loan is for all hands together, and what is not there is not taken") {
  Loan loan(1000);
  CHECK(loan.take(600));
  CHECK_FALSE(loan.take(600));
  CHECK(loan.take(400));
  CHECK_FALSE(loan.take(1));
}

}  // namespace

TEST_CASE("what a kernel sends in one piece arrives in one piece") {
  Pair pair;
  const LargeFrame large = make_large(shape_of(20 * 1348 + 5), 1348);
  static_cast<void>(pair.send(large.header, large.packet));
  REQUIRE(pair.wire.size() == 21);
  CHECK(pair.runs == 1);
  CHECK(pair.wire.front().size() == 1388 + crypto::Session::overhead);
  const auto arrived = pair.receive(pair.wire);
  REQUIRE(arrived.frames.size() == 1);
  CHECK(arrived.frames[0].header == large.header);
  CHECK(octets_of(arrived.frames[0]) == large.packet);
  CHECK(equal(ByteSpan(arrived.frames[0].ethernet).first(6), guest_mac.octets()));
  CHECK(arrived.for_node.opened.empty());
}

TEST_CASE("a small packet goes through as it is") {
  Pair pair;
  const Bytes packet = make_packet(shape_of(30, ip::udp));
  static_cast<void>(pair.send({}, packet));
  REQUIRE(pair.wire.size() == 1);
  const auto arrived = pair.receive(pair.wire);
  REQUIRE(arrived.frames.size() == 1);
  CHECK(arrived.frames[0].header == net::VnetHeader{});
  CHECK(octets_of(arrived.frames[0]) == packet);
}

TEST_CASE("what the worker has no decision for goes to the node in whole frames") {
  Pair pair;
  const auto large = make_large(shape_of(3000), 1000);
  SUBCASE("no flow") {
    pair.left.handle_order(ForgetDecisions{});
  }
  SUBCASE("a flow that has run out") {
    pair.now += 1s;
  }
  SUBCASE("its lane is gone") {
    pair.left.handle_order(RemoveLane{left_spi});
  }
  SUBCASE("all lanes are gone") {
    pair.left.handle_order(RemoveAllLanes{});
  }
  SUBCASE("the path takes less") {
    pair.flow.mtu = 1039;
    pair.left.handle_order(pair.flow);
  }
  const auto outcome = pair.send(large.header, large.packet);
  CHECK(pair.wire.empty());
  REQUIRE(outcome.for_node.frames.size() == 3);
  PacketShape first = shape_of(3000);
  first.payload.resize(1000);
  CHECK(equal(outcome.for_node.frames[0], frame_of(make_packet(first))));
  CHECK(pair.left.counters().get("worker_frames_to_node") == 3);
}

TEST_CASE("frames that are no IPv4 packet for a peer go to the node as they came") {
  Pair pair;
  const Bytes packet = make_packet(shape_of(10));
  const std::vector<Bytes> frames = {
      frame_of(packet, 0x0806),
      frame_of(packet, 0x86dd),
      frame_of(packet, 0x0800, guest_mac),
      frame_of(ByteSpan(packet).first(19)),
      Bytes(13),
      Bytes(),
  };
  for (Bytes frame : frames) {
    const Bytes before = frame;
    const net::TapFrame input{{}, frame};
    const auto outcome = pair.left.handle_frames(pair.now, {&input, 1});
    CHECK(outcome.sends.empty());
    REQUIRE(outcome.for_node.frames.size() == 1);
    CHECK(equal(outcome.for_node.frames[0], before));
  }
}

TEST_CASE("the node sees the first packets of connections where it wants to") {
  Pair pair;
  PacketShape syn = shape_of(0);
  syn.flags = tcp::syn;
  pair.flow.passes_syn = false;
  pair.source.passes_syn = false;
  static_cast<void>(pair.send({}, make_packet(syn)));
  REQUIRE(pair.wire.size() == 1);
  const auto through = pair.receive(pair.wire);
  CHECK(through.frames.size() == 1);
  pair.right.handle_order(pair.source);
  static_cast<void>(pair.send({}, make_packet(syn)));
  const auto arrived = pair.receive(pair.wire);
  CHECK(arrived.frames.empty());
  CHECK(arrived.for_node.opened.size() == 1);
  pair.left.handle_order(pair.flow);
  const auto sent = pair.send({}, make_packet(syn));
  CHECK(pair.wire.empty());
  CHECK(sent.for_node.frames.size() == 1);
}

TEST_CASE("S7: what a peer may not say by itself goes to the node") {
  Pair pair;
  PacketShape shape = shape_of(10);
  SUBCASE("a source that is not admitted") {
    pair.right.handle_order(ForgetDecisions{});
  }
  SUBCASE("an admission that has run out") {
    pair.now += 2s;
  }
  SUBCASE("a source that is another peer's") {
    pair.source.peer = node(3);
    pair.right.handle_order(pair.source);
  }
  SUBCASE("another destination") {
    pair.source.destination = left_address;
    pair.right.handle_order(pair.source);
  }
  SUBCASE("a fragment") {
    shape.fragment = 0x2000;
  }
  SUBCASE("DHCP") {
    shape.protocol = ip::udp;
    shape.destination_port = 68;
  }
  pair.flow.until = pair.now + 1s;
  pair.left.handle_order(pair.flow);
  const Bytes packet = make_packet(shape);
  static_cast<void>(pair.send({}, packet));
  REQUIRE(pair.wire.size() == 1);
  const auto arrived = pair.receive(pair.wire);
  CHECK(arrived.frames.empty());
  REQUIRE(arrived.for_node.opened.size() == 1);
  CHECK(arrived.for_node.opened[0].lane == right_spi);
  CHECK(equal(arrived.for_node.opened[0].packet, packet));
}

TEST_CASE("S4, S18: datagrams that are not a lane's go to the node untouched, and bad ones are counted") {
  Pair pair;
  static_cast<void>(pair.send({}, make_packet(shape_of(10))));
  const Bytes good = pair.wire.front();
  const auto reason = [&](Bytes datagram) {
    const Counters before = pair.right.counters();
    const auto outcome = pair.receive({datagram});
    CHECK(outcome.frames.empty());
    if (!outcome.for_node.datagrams.empty())
      return std::string(equal(outcome.for_node.datagrams[0].octets, datagram) ? "node" : "changed");
    const Counters after = pair.right.counters();
    for (const auto& [name, value] : after.all()) {
      if (value != before.get(name)) return name;
    }
    return std::string("nothing");
  };
  Bytes other = good;
  other[3] ^= std::byte{1};
  CHECK(reason(other) == "node");
  other = good;
  other[0] ^= std::byte{1};
  CHECK(reason(other) == "node");
  CHECK(reason(Bytes(11)) == "node");
  CHECK(reason(Bytes()) == "node");
  CHECK(reason(Bytes(40)) == "node");
  other = good;
  other.back() ^= std::byte{1};
  CHECK(reason(other) == "drop_channel_bad_tag");
  CHECK(reason(to_bytes(ByteSpan(good).first(27))) == "drop_channel_truncated");
  CHECK(pair.receive({good}).frames.size() == 1);
  CHECK(reason(good) == "drop_channel_replayed");
}

TEST_CASE("what came over the session and what came over the lane stay in their order, also where they came joined") {
  Pair pair;
  std::vector<Bytes> lane;
  for (int i = 0; i < 4; ++i) {
    static_cast<void>(pair.send({}, make_packet(shape_of(10, ip::udp))));
    lane.push_back(pair.wire.front());
  }
  Bytes session(lane[0].size(), std::byte{2});
  Bytes joined;
  for (const Bytes* datagram : {&session, &lane[0], &lane[1], &session, &lane[2]})
    append(joined, *datagram);
  Bytes alone = lane[3];
  Bytes nothing;
  const std::vector<net::Datagrams> batch = {{left_endpoint, joined, session.size()},
                                             {left_endpoint, alone, alone.size()},
                                             {left_endpoint, nothing, 0},
                                             {left_endpoint, session, session.size()}};
  std::vector<std::pair<std::size_t, std::size_t>> seen;  // frames, datagrams for the node
  for (Worker::Place place; place.run < batch.size();) {
    const auto outcome = pair.right.handle_datagrams(pair.now, batch, place);
    seen.emplace_back(outcome.frames.size(), outcome.for_node.datagrams.size());
    REQUIRE(seen.size() < 10);
  }
  CHECK(seen == std::vector<std::pair<std::size_t, std::size_t>>{{0, 1}, {2, 0}, {0, 1}, {2, 0}, {0, 2}});
}

TEST_CASE("a lane's traffic is reported once") {
  Pair pair;
  const LargeFrame large = make_large(shape_of(3000), 1000);
  static_cast<void>(pair.send(large.header, large.packet));
  static_cast<void>(pair.receive(pair.wire));
  const auto sent = pair.left.take_report();
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].lane == left_spi);
  CHECK(sent[0].packets_sent == 3);
  CHECK(sent[0].octets_sent == 3000 + 3 * 40);
  CHECK(sent[0].sealed_in_all == 3);
  CHECK(!sent[0].from);
  const auto received = pair.right.take_report();
  REQUIRE(received.size() == 1);
  CHECK(received[0].packets_received == 3);
  CHECK(received[0].octets_received == 3000 + 3 * 40);
  CHECK(received[0].from == left_endpoint);
  CHECK(pair.left.take_report().empty());
}

TEST_CASE("packets of one size to one endpoint leave in one call, within the kernel's limits") {
  Pair pair;
  std::vector<Bytes> frames;
  for (std::size_t i = 0; i < 200; ++i)
    frames.push_back(frame_of(make_packet(shape_of(i == 150 ? 20 : 64, ip::udp))));
  std::vector<net::TapFrame> input;
  for (Bytes& frame : frames)
    input.push_back({{}, frame});
  const auto outcome = pair.left.handle_frames(pair.now, input);
  std::vector<std::size_t> counts;
  for (const net::Datagrams& run : outcome.sends)
    counts.push_back((run.octets.size() + run.segment - 1) / run.segment);
  CHECK(counts == std::vector<std::size_t>{64, 64, 23, 49});
}

TEST_CASE("through a member: sealed twice, passed on, and in one piece at the end") {
  Relayed world;
  const LargeFrame large = make_large(shape_of(20 * 1323 + 5), 1323);
  Bytes frame = frame_of(large.packet);
  const auto passed = world.send({large.header, frame});
  REQUIRE(passed.sends.size() == 1);
  CHECK(passed.sends[0].other == right_endpoint);
  CHECK(passed.sends[0].segment == 1363 + 2 * crypto::Session::overhead + RelayedHead::size);
  CHECK(passed.for_node.opened.empty());
  const auto arrived = world.arrive(passed.sends);
  REQUIRE(arrived.frames.size() == 1);
  CHECK(arrived.frames[0].header == large.header);
  CHECK(octets_of(arrived.frames[0]) == large.packet);
  CHECK(world.relay.counters().get("worker_passed") == 21);

  const auto report = world.relay.take_report();
  REQUIRE(report.size() == 2);
  CHECK(report[0].lane == Relayed::relay_left);
  CHECK(report[0].packets_received == 21);
  CHECK(report[0].packets_passed == 0);
  CHECK(report[1].lane == Relayed::relay_right);
  CHECK(report[1].packets_passed == 21);
  CHECK(report[1].octets_passed == large.packet.size() + 20 * 40 + 21 * crypto::Session::overhead);
  // Where the pair's own packets come from is the member's endpoint, and no place of the peer.
  for (const Worker::Traffic& traffic : world.pair.right.take_report())
    CHECK(traffic.from.has_value() == (traffic.lane == Relayed::right_relay));
}

TEST_CASE("what goes beyond a loan, or has none, is the node's, and nothing overtakes it") {
  Relayed world;
  const auto send = [&](std::size_t payload) {
    Bytes frame = frame_of(make_packet(shape_of(payload, ip::udp)));
    const auto outcome = world.send({{}, frame});
    return std::pair(outcome.sends.size(), outcome.for_node.opened.size());
  };
  world.pass.loan = std::make_shared<Loan>(3000);
  world.relay.handle_order(world.pass);
  CHECK(send(1300) == std::pair(std::size_t{1}, std::size_t{0}));
  CHECK(send(1300) == std::pair(std::size_t{1}, std::size_t{0}));
  CHECK(send(1300) == std::pair(std::size_t{0}, std::size_t{1}));
  CHECK(send(10) == std::pair(std::size_t{0}, std::size_t{1}));  // would fit
  world.pass.loan = std::make_shared<Loan>(3000);
  world.relay.handle_order(world.pass);
  CHECK(send(10) == std::pair(std::size_t{1}, std::size_t{0}));
  world.relay.handle_order(ForgetDecisions{});
  CHECK(send(10) == std::pair(std::size_t{0}, std::size_t{1}));
  world.relay.handle_order(world.pass);
  world.pair.now += 1s;
  world.pair.flow.until = world.pair.now + 1s;
  world.pair.left.handle_order(world.pair.flow);
  CHECK(send(10) == std::pair(std::size_t{0}, std::size_t{1}));
  world.pass.until = world.pair.now + 1s;
  world.relay.handle_order(world.pass);
  CHECK(send(10) == std::pair(std::size_t{1}, std::size_t{0}));
  // The lane of the other link has ended.
  world.relay.handle_order(RemoveLane{Relayed::relay_right});
  CHECK(send(10) == std::pair(std::size_t{0}, std::size_t{1}));
}

TEST_CASE("S7: a member between names nobody else as the sender") {
  Relayed world;
  Bytes frame = frame_of(make_packet(shape_of(100, ip::udp)));
  // A pass for another pair does not hold.
  world.pass.destination = node(5);
  world.relay.handle_order(ForgetDecisions{});
  world.relay.handle_order(world.pass);
  auto passed = world.send({{}, frame});
  CHECK(passed.sends.empty());
  REQUIRE(passed.for_node.opened.size() == 1);
  // The member seals as he likes for the last link: with a false name it is the node's to judge, still sealed.
  Bytes payload = to_bytes(passed.for_node.opened[0].packet);
  crypto::SessionKeys keys;
  keys.send.key.fill(std::byte{4});
  crypto::Session lying(*world.pair.aeads, keys, Relayed::right_relay, Relayed::relay_right);
  const auto arrives = [&](const NodeId& named) {
    RelayedHead::write(payload.data(), RelayedHead::final, named);
    Bytes sealed(payload.size() + crypto::Session::overhead);
    REQUIRE(lying.seal_to(payload, sealed.data()));
    const net::Datagrams datagram{world.relay_endpoint, sealed, sealed.size()};
    const auto outcome = world.arrive({&datagram, 1});
    return std::pair(outcome.frames.size(), outcome.for_node.opened.size());
  };
  CHECK(arrives(node(7)) == std::pair(std::size_t{0}, std::size_t{1}));
  CHECK(arrives(node(1)) == std::pair(std::size_t{1}, std::size_t{0}));
  // Once more: the pair's own window knows it.
  CHECK(arrives(node(1)) == std::pair(std::size_t{0}, std::size_t{0}));
  CHECK(world.pair.right.counters().get("drop_channel_replayed") == 1);
  payload.back() ^= std::byte{1};
  payload[RelayedHead::size + 11] ^= std::byte{1};  // a counter that was not seen
  CHECK(arrives(node(1)) == std::pair(std::size_t{0}, std::size_t{0}));
  CHECK(world.pair.right.counters().get("drop_channel_bad_tag") == 1);
}

TEST_CASE("what a member brought over the session of his link is opened when the node hands it over") {
  Relayed world;
  world.relay.handle_order(ForgetDecisions{});
  const Bytes packet = make_packet(shape_of(100, ip::udp));
  Bytes frame = frame_of(packet);
  const auto passed = world.send({{}, frame});
  REQUIRE(passed.for_node.opened.size() == 1);
  const ByteSpan inner = passed.for_node.opened[0].packet.subspan(RelayedHead::size);
  std::vector<Bytes> sealed = {to_bytes(inner)};
  CHECK(world.pair.right.handle_relayed(world.pair.now, node(7), sealed).frames.empty());
  CHECK(world.pair.right.counters().get("drop_channel_lane") == 1);
  const auto arrived = world.pair.right.handle_relayed(world.pair.now, node(1), sealed);
  REQUIRE(arrived.frames.size() == 1);
  CHECK(octets_of(arrived.frames[0]) == packet);
  sealed = {{}, Bytes(3), Bytes(11), to_bytes(inner)};
  CHECK(world.pair.right.handle_relayed(world.pair.now, node(1), sealed).frames.empty());
  CHECK(world.pair.right.counters().get("drop_channel_lane") == 4);
  CHECK(world.pair.right.counters().get("drop_channel_replayed") == 1);
}

TEST_CASE("packets that pass through a member take nothing from the heap") {
  Relayed world;
  world.pass.loan = std::make_shared<Loan>(1'000'000'000);
  world.relay.handle_order(world.pass);
  const LargeFrame large = make_large(shape_of(40 * 1323), 1323);
  for (int round = 0; round < 6; ++round) {
    Bytes frame = frame_of(large.packet);
    allocations = 0;
    counts_allocations = round > 1;
    const auto arrived = world.arrive(world.send({large.header, frame}).sends);
    counts_allocations = false;
    CHECK(arrived.frames.size() == 1);
    CHECK(allocations == 0);
  }
}

TEST_CASE("packets that pass take nothing from the heap") {
  Pair pair;
  std::vector<LargeFrame> large;
  std::vector<Bytes> frames;
  for (std::size_t i = 0; i < 4; ++i)
    large.push_back(make_large(shape_of(40 * 1348), 1348));
  std::vector<net::TapFrame> input(100);
  Bytes wire(4 << 20);
  std::vector<net::Datagrams> arriving(200);
  for (int round = 0; round < 6; ++round) {
    frames.clear();
    for (const LargeFrame& frame : large)
      frames.push_back(frame_of(frame.packet));
    for (std::size_t i = 4; i < input.size(); ++i)
      frames.push_back(frame_of(make_packet(shape_of(64, ip::udp))));
    for (std::size_t i = 0; i < input.size(); ++i)
      input[i] = {i < 4 ? large[i].header : net::VnetHeader{}, frames[i]};
    allocations = 0;
    counts_allocations = round > 1;
    const auto sent = pair.left.handle_frames(pair.now, input);
    std::size_t used = 0;
    std::size_t count = 0;
    for (const net::Datagrams& run : sent.sends) {
      std::ranges::copy(run.octets, wire.begin() + static_cast<std::ptrdiff_t>(used));
      arriving[count++] = {left_endpoint, std::span(wire).subspan(used, run.octets.size()), run.segment};
      used += run.octets.size();
    }
    Worker::Place place;
    const auto arrived = pair.right.handle_datagrams(pair.now, std::span(arriving).first(count), place);
    counts_allocations = false;
    CHECK(arrived.frames.size() == input.size());
    CHECK(allocations == 0);
  }
}
