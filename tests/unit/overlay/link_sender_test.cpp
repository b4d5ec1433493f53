#include "overlay/link_sender.hpp"

#include <map>

#include <doctest/doctest.h>

#include "hand_peer.hpp"
#include "links_of.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

namespace {

/// The node 100 with channels to 150, whose other ends a table of that peer has.
struct SendingNode {
  SendingNode() { basis_.set_wall_time(node.now, WallTime{1'800'000'000}); }

  /// One more path, proven; its channel.
  crypto::ChannelId open(const net::Endpoint& at) {
    peer.open(node.now, to_carrier(at), id_at(100), 1);
    std::optional<crypto::ChannelTable::Opened> opened;
    for (int round = 0; round < 20; ++round) {
      carry(peer, own, at);
      for (const auto& output : carry(own, peer, at)) {
        if (const auto* here = std::get_if<crypto::ChannelTable::Opened>(&output)) opened = *here;
      }
    }
    REQUIRE(opened);
    node.links.add_path(node.now, *opened, at, false, own_instance);
    node.links.admit(node.now, id_at(150));
    Path& path = *node.links.table().find(id_at(150))->paths.find(opened->id);
    path.proof.handle_carried(node.now, PathProof::smallest);
    node.links.handle_proven(node.now, id_at(150), opened->id);
    drained(node.links);
    return opened->id;
  }
  /// What the peer gets of what was sealed, by the endpoint that it went to.
  std::map<net::Endpoint, std::vector<Bytes>> arrived() {
    std::map<net::Endpoint, std::vector<Bytes>> out;
    for (const auto& output : drained(own)) {
      const auto* transmit = std::get_if<crypto::ChannelTable::Transmit>(&output);
      if (transmit == nullptr) continue;
      const auto to = std::get<net::Endpoint>(*from_carrier(transmit->to));
      deliver(*transmit, peer, to);
      for (auto& received : those<crypto::ChannelTable::Received>(drained(peer)))
        out[to].insert(out[to].end(), received.payloads.begin(), received.payloads.end());
    }
    return out;
  }
  Link& link() { return *node.links.table().find(id_at(150)); }

  LinksOf node;
  Relaying relaying{100, 0};

 private:
  using Table = crypto::ChannelTable;
  static crypto::ChannelTable::Config config_of(std::uint8_t id) { return {id_at(id), to_bytes(as_bytes("test")), {}}; }
  std::vector<Table::Output> carry(Table& from, Table& to, const net::Endpoint& at) {
    auto out = drained(from);
    for (const auto& output : out) {
      if (const auto* transmit = std::get_if<Table::Transmit>(&output)) deliver(*transmit, to, at);
    }
    return out;
  }
  void deliver(const Table::Transmit& transmit, Table& to, const net::Endpoint& at) {
    for (const Bytes& packet : transmit.packets) {
      const Table::Incoming incoming{to_carrier(at), packet};
      to.handle_packets(node.now, {&incoming, 1});
    }
  }

  test_support::StandInHandshakeFactory own_handshakes_{id_at(100), 1};
  test_support::StandInHandshakeFactory peer_handshakes_{id_at(150), 2};
  test_support::StandInAeadFactory aeads_;
  SeededRng rng_{9};
  crypto::Basis basis_;

 public:
  Table own{config_of(100), basis_, own_handshakes_, aeads_, rng_};
  Table peer{config_of(150), basis_, peer_handshakes_, aeads_, rng_};
  LinkSender sender{own, node.links, relaying};
};

Bytes encoded_message(const LinkMessage& message) {
  Bytes out;
  encode(message, out);
  return out;
}

}  // namespace

TEST_CASE("payloads arrive over the path, which expects an answer from then on, and data a proof") {
  SendingNode node;
  const auto channel = node.open(place(150));
  Path& path = *node.link().paths.find(channel);
  node.arrived();
  const Bytes payload(100, std::byte{0x45});
  const ByteSpan span(payload);
  CHECK(node.sender.send(node.node.now, node.link(), path, {&span, 1}, LinkSender::Content::control));
  CHECK(node.arrived()[place(150)] == std::vector<Bytes>{payload});
  CHECK(path.liveness.deadline() == node.node.now + Liveness::active_silence);
  CHECK_FALSE(path.proof.deadline());
  CHECK(node.sender.take_deadline() == node.node.now + Liveness::active_silence);
  CHECK_FALSE(node.sender.take_deadline());
  node.sender.send(node.node.now + 2s, node.link(), path, {&span, 1}, LinkSender::Content::data);
  CHECK(path.proof.deadline() == node.node.now + 2s);
  CHECK(node.sender.take_deadline() == node.node.now + Liveness::active_silence);
}

TEST_CASE("what is answered another way makes no path suspect that was heard lately") {
  SendingNode node;
  const auto channel = node.open(place(150));
  Path& path = *node.link().paths.find(channel);
  const TimePoint idle = path.liveness.deadline();
  const Bytes payload(100, std::byte{2});
  const ByteSpan span(payload);
  node.sender.send(node.node.now, node.link(), path, {&span, 1}, LinkSender::Content::control,
                   LinkSender::AnswerComes::anywhere);
  CHECK(path.liveness.deadline() == idle);
}

TEST_CASE("a message goes over the channel that is named, else over the path in use, else nowhere") {
  SendingNode node;
  const auto in_use = node.open(place(150));
  const auto other = node.open(place(151));
  REQUIRE(node.link().in_use()->channel == in_use);
  node.arrived();
  const Ping ping{1, std::nullopt};
  const auto said = std::vector<Bytes>{encoded_message(ping)};
  const TimePoint quiet = node.link().paths.find(other)->liveness.deadline();
  node.sender.tell(node.node.now, id_at(150), other, ping);
  CHECK(node.arrived() == std::map<net::Endpoint, std::vector<Bytes>>{{place(151), said}});
  // It is no reason to expect anything.
  CHECK(node.link().paths.find(other)->liveness.deadline() == quiet);
  CHECK_FALSE(node.sender.take_deadline());
  for (const auto& channel : {std::optional<crypto::ChannelId>(), std::optional(crypto::ChannelId{99})}) {
    node.sender.tell(node.node.now, id_at(150), channel, ping);
    CHECK(node.arrived() == std::map<net::Endpoint, std::vector<Bytes>>{{place(150), said}});
  }
  node.sender.tell(node.node.now, id_at(151), other, ping);
  CHECK(node.arrived().empty());
  CHECK(node.sender.counters().get("drop_seal_failed") == 0);
}

TEST_CASE("what can't be sealed is counted, and nothing is expected for it") {
  SendingNode node;
  const auto channel = node.open(place(150));
  Path& path = *node.link().paths.find(channel);
  node.own.close(node.node.now, channel);
  const Bytes payload(100, std::byte{0x45});
  const std::vector<ByteSpan> spans(3, ByteSpan(payload));
  CHECK_FALSE(node.sender.send(node.node.now, node.link(), path, spans, LinkSender::Content::data));
  CHECK_FALSE(path.proof.deadline());
  CHECK_FALSE(node.sender.take_deadline());
  node.sender.send(node.node.now, channel, Ping{1, std::nullopt});
  CHECK(node.sender.counters().get("drop_seal_failed") == 4);
  const auto lines = node.node.links.journal().entries(id_at(150));
  CHECK(lines.back().text.find("sealing failed") == 0);
}
