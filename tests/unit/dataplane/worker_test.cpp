#include "dataplane/worker.hpp"

#include <doctest/doctest.h>

#include "worker_fixtures.hpp"

using namespace ipop;
using namespace ipop::dataplane;
using namespace ipop::dataplane::test;

TEST_CASE("what a kernel joined with another hand's packets is that hand's") {
  Pair pair;
  const auto aeads = crypto::make_openssl_aead_factory();
  const unsigned hand = crypto::hand_of(right_spi, 2);
  Worker other({own_mac, {}, 1 - hand, 2}, *aeads);
  const LargeFrame large = make_large(shape_of(3 * 1323), 1323);
  REQUIRE(pair.send(large.header, large.packet).sends.size() == 1);
  REQUIRE(pair.wire.size() == 3);

  Bytes run;
  for (const Bytes& datagram : pair.wire)
    append(run, datagram);
  const net::Datagrams joined{left_endpoint, run, pair.wire.front().size()};
  Worker::Place place;
  const auto outcome = other.handle_datagrams(pair.now, {&joined, 1}, place);
  CHECK(place.run == 1);
  CHECK(outcome.for_node.datagrams.empty());
  REQUIRE(outcome.for_hands.size() == 3);
  std::vector<Bytes> packets;
  for (const Worker::ForHand& packet : outcome.for_hands) {
    CHECK(packet.hand == hand);
    CHECK(packet.origin == Worker::Origin(left_endpoint));
    packets.push_back(to_bytes(packet.packet));
  }
  // Nobody has the lane: the node says what is to be said of it.
  std::vector<Bytes> copies = packets;
  Worker empty({own_mac, {}, hand, 2}, *aeads);
  CHECK(empty.handle_handed(pair.now, left_endpoint, copies).for_node.datagrams.size() == 3);

  const auto arrived = pair.right.handle_handed(pair.now, left_endpoint, packets);
  REQUIRE(arrived.frames.size() == 1);
  CHECK(octets_of(arrived.frames[0]) == large.packet);
  const auto report = pair.right.take_report();
  REQUIRE(report.size() == 1);
  CHECK(report[0].from == left_endpoint);
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

TEST_CASE("a loan is for all hands together, and what is not there is not taken") {
  Loan loan(1000);
  CHECK(loan.take(600));
  CHECK_FALSE(loan.take(600));
  CHECK(loan.take(400));
  CHECK_FALSE(loan.take(1));
}

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

TEST_CASE("S18: a frame that lies about itself goes nowhere, and each lie is counted by its name") {
  using Cut = net::VnetHeader::Cut;
  Pair pair;
  const LargeFrame good = make_large(shape_of(3000), 1000);
  const auto lies = [&](auto&& lie, std::string_view reason) {
    LargeFrame frame = good;
    lie(frame);
    const std::uint64_t before = pair.left.counters().get(reason);
    const auto outcome = pair.send(frame.header, frame.packet);
    CHECK(outcome.sends.empty());
    CHECK(outcome.for_node.frames.empty());
    CHECK(pair.left.counters().get(reason) == before + 1);
  };
  lies([](LargeFrame& it) { it.header.segment = 0; }, "drop_vnet_segments");
  lies([](LargeFrame& it) { it.header.cut = Cut::udp_fragments; }, "drop_vnet_kind");
  lies([](LargeFrame& it) { it.header.checksum_start = 0xffff; }, "drop_vnet_checksum");
  lies([](LargeFrame& it) { it.packet.resize(2000); }, "drop_vnet_headers");
  lies([](LargeFrame& it) { it.packet.resize(9000); }, "drop_vnet_length");
  CHECK(pair.send(good.header, good.packet).sends.size() == 1);
}

TEST_CASE("S18: a run of datagrams of one octet is the node's, each by itself") {
  Pair pair;
  const std::vector<Bytes> octets(64, Bytes{std::byte{7}});
  CHECK(pair.receive(octets).for_node.datagrams.size() == 64);
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
