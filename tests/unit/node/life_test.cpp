#include <doctest/doctest.h>

#include "support/sim_ring.hpp"
#include "support/stand_in_crypto.hpp"

using namespace ipop;
using namespace ipop::test_support;

namespace {

/// One node by itself, whose outputs are looked at one by one.
struct Alone {
  explicit Alone(node::NodeConfig config = with_network())
      : key(crypto::PrivateKey::from_seed(as_bytes("alone"))),
        handshakes(*crypto::node_id_of(key.public_key()), 3),
        node(std::move(config), key, handshakes, aeads, rng) {
    node.handle_wall_time(now, WallTime{SimRing::start_wall_seconds});
  }

  static node::NodeConfig with_network() {
    node::NodeConfig config{.name_space = "alone"};
    config.prefix = net::Ipv4Prefix(net::Ipv4Address(10, 128, 0, 0), 9);
    return config;
  }

  void pass(Duration time) {
    const TimePoint end = now + time;
    drain();
    for (int guard = 0; guard < 100'000; ++guard) {
      const auto next = node.poll_timeout();
      if (!next || *next > end) break;
      now = std::max(now, *next);
      node.handle_timeout(now);
      drain();
    }
    now = end;
  }
  void drain() {
    while (auto output = node.poll_output())
      outputs.push_back(*std::move(output));
  }
  template <class O>
  std::vector<O> take() {
    drain();
    std::vector<O> out;
    for (const auto& output : outputs)
      if (const O* one = std::get_if<O>(&output)) out.push_back(*one);
    outputs.clear();
    return out;
  }

  TimePoint now{};
  SeededRng rng{4};
  crypto::PrivateKey key;
  StandInHandshakeFactory handshakes;
  StandInAeadFactory aeads;
  node::Node node;
  std::vector<node::Node::Output> outputs;
};

}  // namespace

TEST_CASE("nothing leaves a node before it is started") {
  Alone alone;
  alone.node.handle_local_endpoints(alone.now, {{net::Ipv4Address(192, 0, 2, 1), 4000}});
  alone.node.handle_bootstrap(alone.now, {{net::Ipv4Address(192, 0, 2, 9), 4000}});
  CHECK(alone.take<node::Node::SendDatagrams>().empty());
  alone.node.start(alone.now);
  CHECK_FALSE(alone.take<node::Node::SendDatagrams>().empty());
}

TEST_CASE("the first node of a group holds an address, and what it holds is saved once") {
  Alone alone;
  alone.node.start(alone.now);
  alone.pass(10s);
  REQUIRE(alone.node.address());
  const auto saved = alone.take<node::Node::SaveState>();
  REQUIRE(saved.size() == 1);
  CHECK(saved[0].address == alone.node.address());
  alone.pass(600s);
  CHECK(alone.take<node::Node::SaveState>().empty());
}

TEST_CASE("a node takes the address that it held before, and a reserved or foreign one never") {
  const net::Ipv4Address before(10, 130, 7, 9);
  for (const net::Ipv4Address kept : {before, net::Ipv4Address(10, 128, 0, 1), net::Ipv4Address(192, 168, 1, 5)}) {
    auto config = Alone::with_network();
    config.preferred_address = kept;
    Alone alone(config);
    alone.node.start(alone.now);
    alone.pass(10s);
    REQUIRE(alone.node.address());
    CHECK((alone.node.address() == kept) == (kept == before));
    CHECK(config.prefix->contains(*alone.node.address()));
  }
}

TEST_CASE("a node without a virtual network takes no address and writes no frame") {
  Alone alone(node::NodeConfig{.name_space = "alone"});
  alone.node.start(alone.now);
  const Bytes frame(60, std::byte{0xff});
  const ByteSpan span(frame);
  alone.node.handle_frames(alone.now, std::span(&span, 1));
  alone.pass(60s);
  CHECK_FALSE(alone.node.address());
  CHECK(alone.take<node::Node::WriteFrames>().empty());
}

TEST_CASE("a client's stop is answered, and then the daemon is told") {
  Alone alone;
  alone.node.start(alone.now);
  alone.drain();
  alone.outputs.clear();
  alone.node.handle_command(alone.now, node::CommandId{9}, node::StopCommand{});
  alone.drain();
  std::vector<std::size_t> order;
  for (const auto& output : alone.outputs) {
    if (const auto* answer = std::get_if<node::Node::CommandAnswer>(&output)) {
      CHECK(answer->id == node::CommandId{9});
      CHECK(answer->answer.has_value());
      order.push_back(1);
    }
    if (std::holds_alternative<node::Node::Stop>(output)) order.push_back(2);
  }
  CHECK(order == std::vector<std::size_t>{1, 2});
}

TEST_CASE("octets and frames that mean nothing are counted, and answered by nothing that is longer") {
  Alone alone;
  alone.node.start(alone.now);
  alone.pass(10s);
  alone.outputs.clear();
  SeededRng noise(8);
  std::size_t received = 0;
  for (std::size_t size = 0; size < 600; size += 3) {
    Bytes octets(size);
    noise.fill(octets);
    received += size;
    const node::Node::Datagram datagram{{net::Ipv4Address(198, 51, 100, 1), 999}, octets};
    alone.node.handle_datagrams(alone.now, std::span(&datagram, 1));
    const ByteSpan span(octets);
    alone.node.handle_frames(alone.now, std::span(&span, 1));
  }
  std::size_t sent = 0;
  for (const auto& send : alone.take<node::Node::SendDatagrams>())
    for (const Bytes& octets : send.datagrams)
      sent += octets.size();
  CHECK(sent <= received);
  alone.node.handle_command(alone.now, node::CommandId{1}, node::StatusCommand{});
  const auto answers = alone.take<node::Node::CommandAnswer>();
  REQUIRE(answers.size() == 1);
  const auto& counters = std::get<node::StatusAnswer>(*answers[0].answer).counters;
  std::uint64_t dropped = 0;
  for (const auto& [name, count] : counters)
    if (name.find("drop") != std::string::npos) dropped += count;
  CHECK(dropped > 100);
}

TEST_CASE("peers are remembered and a restarted node finds its ring by them, without a bootstrap node") {
  SimRing ring({.seed = 41});
  ring.add_bootstrap();
  ring.add_member(ring.network().add_public_site(), TimePoint{});
  const std::size_t second = ring.add_member(ring.network().add_public_site(), TimePoint{});
  REQUIRE(ring.network().run_until_done([&] { return ring.all_joined() && ring.all_have_addresses(); }, 60s));
  REQUIRE(ring.network().run_until_done([&] { return ring.at(second).saved && !ring.at(second).saved->peers.empty(); },
                                        600s));
  const auto address = ring.at(second).node().address();
  ring.kill(second);
  ring.kill(0);
  ring.restart(second);
  REQUIRE(ring.network().run_until_done([&] { return ring.at(second).node().address().has_value(); }, 300s));
  CHECK(ring.at(second).node().address() == address);
  CHECK(ring.ping_all_pairs(30s) == ring.pairs());
}

TEST_CASE("a restarted node knows who was here before, and why he is not") {
  SimRing ring({.seed = 43});
  ring.add_bootstrap();
  const std::size_t leaver = ring.add_member(ring.network().add_public_site(), TimePoint{});
  const std::size_t watcher = ring.add_member(ring.network().add_public_site(), TimePoint{});
  REQUIRE(ring.network().run_until_done([&] { return ring.all_joined() && ring.all_have_addresses(); }, 60s));
  const auto gone = [&] {
    const std::uint64_t asked = ring.at(watcher).ask(ring.network().now(), node::MembersCommand{.all = true});
    ring.network().drain(ring.host(watcher));
    REQUIRE(ring.network().run_until_done([&] { return ring.at(watcher).answers.contains(asked); }, 60s));
    return std::get<node::MembersAnswer>(*ring.at(watcher).answers.at(asked)).gone;
  };
  REQUIRE(gone().empty());
  const NodeId left = ring.at(leaver).node().id();
  ring.at(leaver).stop(ring.network().now());
  ring.network().drain(ring.host(leaver));
  ring.kill(leaver);
  ring.network().run_for(5s);
  const auto before = gone();
  REQUIRE(before.size() == 1);
  CHECK(before[0].why == node::Absence::stopped);
  ring.at(watcher).stop(ring.network().now());
  ring.network().drain(ring.host(watcher));
  ring.kill(watcher);
  ring.restart(watcher);
  REQUIRE(ring.network().run_until_done([&] { return ring.at(watcher).node().is_joined(); }, 60s));
  const auto after = gone();
  REQUIRE(after.size() == 1);
  CHECK(after[0].id == left);
  CHECK(after[0] == before[0]);
}

TEST_CASE("after a sleep the links are made anew, and traffic goes on") {
  SimRing ring({.seed = 42});
  ring.add_bootstrap();
  ring.add_member(ring.network().add_public_site(), TimePoint{});
  ring.add_member(ring.network().add_public_site(), TimePoint{});
  REQUIRE(ring.network().run_until_done([&] { return ring.all_joined() && ring.all_have_addresses(); }, 60s));
  CHECK(ring.ping_all_pairs(30s) == 2);
  ring.at(1).node().handle_suspend(ring.network().now());
  ring.network().drain(ring.host(1));
  CHECK(ring.at(1).node().connections().empty());
  REQUIRE(ring.network().run_until_done([&] { return ring.at(1).node().connections().size() == 2; }, 60s));
  CHECK(ring.ping_all_pairs(30s) == 2);
}
