#include <deque>

#include <doctest/doctest.h>

#include "dataplane/worker.hpp"
#include "worker_fixtures.hpp"

using namespace ipop;
using namespace ipop::dataplane;
using namespace ipop::dataplane::test;

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
  CHECK(outcome.for_hands[0].origin == Worker::Origin(node(1)));
  std::vector<Bytes> packets = {to_bytes(outcome.for_hands[0].packet)};
  CHECK(world.pair.right.handle_handed(world.pair.now, node(1), packets).frames.size() == 1);
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
  CHECK(world.pair.right.handle_handed(world.pair.now, node(7), sealed).frames.empty());
  CHECK(world.pair.right.counters().get("drop_channel_lane") == 1);
  const auto arrived = world.pair.right.handle_handed(world.pair.now, node(1), sealed);
  REQUIRE(arrived.frames.size() == 1);
  CHECK(octets_of(arrived.frames[0]) == packet);
  sealed = {{}, Bytes(3), Bytes(11), to_bytes(inner)};
  CHECK(world.pair.right.handle_handed(world.pair.now, node(1), sealed).frames.empty());
  CHECK(world.pair.right.counters().get("drop_channel_lane") == 4);
  CHECK(world.pair.right.counters().get("drop_channel_replayed") == 1);
}
