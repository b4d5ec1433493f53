#include <doctest/doctest.h>

#include "hand_peer.hpp"
#include "overlay/connect_to_me.hpp"
#include "overlay/revocation_spread.hpp"
#include "support/sim_authority.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

namespace {

/// Says who it is and that it wants the link.
void introduce(HandRing& ring, HandPeer& peer) {
  Status status;
  status.instance = 7;
  status.sequence = 1;
  status.roles = only(Role::near);
  peer.say(ring.now, peer.opened.back(), status);
  ring.exchange();
}

/// A link over the relay `between`.
void open_relayed(HandRing& ring, HandPeer& peer, const HandPeer& between) {
  ring.open(peer, RelayPath{between.id, id_at(100)});
  ring.exchange();
  introduce(ring, peer);
}

RoutedPacket connect_to_me(const NodeId& source, const NodeId& destination, const ConnectToMe& message) {
  RoutedPacket packet;
  packet.type = PacketType::connect_to_me;
  packet.mode = message.kind == ConnectToMe::Kind::request ? RouteMode::exact : RouteMode::back;
  packet.question = message.token;
  packet.source = source;
  packet.destination = destination;
  encode(message, packet.payload);
  return packet;
}

/// The answers to connect-to-me that passed through `peer`.
std::size_t answers_heard(const HandPeer& peer) {
  return static_cast<std::size_t>(std::ranges::count_if(peer.heard, [](const HandPeer::Heard& one) {
    if (one.payload.front() != static_cast<std::byte>(LinkPayload::routed)) return false;
    const auto packet = decode_routed_packet(ByteSpan(one.payload).subspan(1));
    const auto message = packet ? decode_connect_to_me(packet->payload) : Result<ConnectToMe>(Errc::malformed, "");
    return message && message->kind == ConnectToMe::Kind::answer;
  }));
}

}  // namespace

TEST_CASE("a path that moved is asked at once whether it carries data, whatever came over it") {
  HandRing ring;
  HandPeer& peer = ring.add_linked(150);
  introduce(ring, peer);
  ring.run_for(5s);
  peer.silent.insert(peer.opened.back());
  peer.poses_at = peer.at(4001);
  peer.table.move(peer.opened.back(), to_carrier(peer.at(4001)));
  const Bytes packet(60, std::byte{0x45});
  peer.say(ring.now, peer.opened.back(), ByteSpan(packet));
  const auto before = peer.messages<Probe>().size();
  ring.exchange();
  CHECK(ring.overlay().counters().get("links_moved") == 1);
  ring.run_for(10ms);
  CHECK(peer.messages<Probe>().size() > before);
}

TEST_CASE("a direct link follows its peer to another endpoint") {
  HandRing ring;
  HandPeer& peer = ring.add_linked(150);
  introduce(ring, peer);
  ring.move(peer, peer.at(4001));
  REQUIRE(ring.connection(peer));
  CHECK(ring.connection(peer)->endpoint == peer.at(4001));
  CHECK(ring.overlay().counters().get("links_moved") == 1);
}

TEST_CASE("a direct link does not follow its peer into the virtual network") {
  Overlay::Config config;
  config.virtual_prefix = net::Ipv4Prefix(net::Ipv4Address(10, 128, 0, 0), 9);
  HandRing ring(config);
  HandPeer& peer = ring.add_linked(150);
  introduce(ring, peer);
  ring.move(peer, endpoint(10, 128, 0, 5, 4000));
  REQUIRE(ring.connection(peer));
  CHECK(ring.connection(peer)->endpoint == peer.at(4000));
  CHECK(ring.overlay().counters().get("moves_refused") == 1);
}

TEST_CASE("a relay that sends a peer's packets itself does not become the peer's endpoint") {
  HandRing ring;
  HandPeer& relay = ring.add_linked(120);
  HandPeer& peer = ring.add(150);
  introduce(ring, relay);
  open_relayed(ring, peer, relay);
  REQUIRE(ring.connection(peer));
  REQUIRE(ring.connection(peer)->relay == relay.id);
  ring.move(peer, relay.at(4001));
  CHECK(ring.connection(peer)->relay == relay.id);
  CHECK(ring.overlay().counters().get("channel_move_refused") >= 1);
  // What the overlay says goes over the relay as before.
  const std::size_t heard = peer.heard.size();
  const Bytes packet(40, std::byte{0x45});
  const ByteSpan span(packet);
  CHECK(ring.overlay().send_over_link(ring.now, peer.id, {&span, 1}));
  ring.exchange();
  CHECK(peer.heard.size() == heard + 1);
}

TEST_CASE("a relay that answers a handshake from its own endpoint does not become the peer's endpoint") {
  HandRing ring;
  HandPeer& relay = ring.add_linked(120);
  HandPeer& peer = ring.add(150);
  introduce(ring, relay);
  peer.poses_at = relay.at(4001);
  // The peer can be had over the relay only, and asks for a link.
  ConnectToMe request;
  request.roles = only(Role::on_demand);
  request.token = 9;
  request.relays.push_back({relay.id, 5});
  relay.say(ring.now, relay.opened.back(), connect_to_me(peer.id, id_at(100), request));
  ring.exchange();
  REQUIRE(peer.opened.size() == 1);
  introduce(ring, peer);
  REQUIRE(ring.connection(peer));
  CHECK_FALSE(ring.connection(peer)->is_direct());
  CHECK(ring.connection(peer)->relay == relay.id);
  CHECK(ring.overlay().counters().get("channel_move_refused") >= 1);
}

TEST_CASE("a bootstrap node that answers from another endpoint is asked at the first one again") {
  Overlay::Config config;
  config.bootstrap.push_back(endpoint(192, 0, 2, 150, 4000));
  HandRing ring(config);
  HandPeer& peer = ring.add(150);
  peer.poses_at = peer.at(4001);
  ring.run_for(100ms);
  REQUIRE(peer.opened.size() == 1);
  introduce(ring, peer);
  REQUIRE(ring.connection(peer));
  CHECK(ring.connection(peer)->endpoint == peer.at(4001));
  ring.run_for(10s);
  const std::size_t opened = peer.opened.size();
  CHECK(opened <= 6);  // with a back-off that doubles
  peer.say(ring.now, peer.opened.back(), Close{CloseReason::leaving});
  ring.exchange();
  CHECK_FALSE(ring.connection(peer));
  ring.run_for(60s);
  CHECK(peer.opened.size() > opened);
}

TEST_CASE("two bootstrap endpoints of one node that answers from a third are both asked again") {
  Overlay::Config config;
  config.bootstrap = {endpoint(192, 0, 2, 150, 4000), endpoint(192, 0, 2, 150, 4002)};
  HandRing ring(config);
  HandPeer& peer = ring.add(150);
  peer.poses_at = peer.at(4001);
  // Both attempts find the same peer at the same endpoint: one wins, and the other is over as well.
  ring.run_for(100ms);
  REQUIRE(peer.asked_at.contains(peer.at(4000)));
  REQUIRE(peer.asked_at.contains(peer.at(4002)));
  REQUIRE(ring.connection(peer));
  peer.asked_at.clear();
  ring.run_for(60s);
  CHECK(peer.asked_at.contains(peer.at(4000)));
  CHECK(peer.asked_at.contains(peer.at(4002)));
}

TEST_CASE("S24: bootstrap nodes that tell a newcomer nothing of its place have others beside them") {
  Overlay::Config config;
  const std::initializer_list<std::uint8_t> numbers{60, 110, 150, 200};
  for (const std::uint8_t number : numbers)
    config.bootstrap.push_back(endpoint(192, 0, 2, number, 4000));
  HandRing ring(config);
  for (const std::uint8_t number : numbers)
    ring.add(number);
  ring.run_for(400ms);
  CHECK(ring.overlay().connections().size() == 2);
  ring.run_for(3s);
  CHECK(ring.overlay().connections().size() == 4);
}

TEST_CASE("a member that passes a direct peer's packets on does not become its relay") {
  HandRing ring;
  HandPeer& member = ring.add_linked(120);
  HandPeer& peer = ring.add_linked(150);
  introduce(ring, member);
  introduce(ring, peer);
  ring.move(peer, RelayPath{member.id, id_at(100)});
  REQUIRE(ring.connection(peer));
  CHECK(ring.connection(peer)->is_direct());
  CHECK(ring.overlay().counters().get("channel_move_refused") >= 1);
}

TEST_CASE("a path that carries no data is never used, though it is newer, and goes after its trial") {
  HandRing ring;
  HandPeer& peer = ring.add_linked(150);
  introduce(ring, peer);
  ring.run_for(1s);
  ring.open(peer, peer.at(4001));
  peer.silent.insert(crypto::ChannelId{2});
  ring.exchange();
  REQUIRE(peer.opened == std::vector{crypto::ChannelId{1}, crypto::ChannelId{2}});
  for (int i = 0; i < 6; ++i) {
    REQUIRE(ring.connection(peer));
    CHECK(ring.connection(peer)->endpoint == peer.at(4000));
    ring.run_for(1s);
  }
  CHECK(ring.overlay().counters().get("paths_unproven") == 1);
}

TEST_CASE("of two paths that carry data one stays") {
  HandRing ring;
  HandPeer& peer = ring.add_linked(150);
  introduce(ring, peer);
  ring.run_for(1s);
  ring.open(peer, peer.at(4001));
  ring.exchange();
  ring.run_for(4s);
  REQUIRE(ring.connection(peer));
  CHECK(ring.connection(peer)->endpoint == peer.at(4000));
  CHECK(ring.overlay().counters().get("duplicate_paths_closed") == 1);
}

TEST_CASE("a status always bears the sender's instance, also where two paths open at once") {
  HandRing ring;
  HandPeer& peer = ring.add(150);
  ring.open(peer, peer.at(4000));
  ring.open(peer, peer.at(4001));
  ring.exchange();
  REQUIRE(peer.opened.size() == 2);
  ring.run_for(1s);
  const auto statuses = peer.messages<Status>();
  CHECK_FALSE(statuses.empty());
  CHECK(std::ranges::none_of(statuses, [](const Status& status) { return status.instance == 0; }));
}

TEST_CASE("the first status of a link says what it is for") {
  HandRing ring;
  HandPeer& near = ring.add_linked(110);
  ring.run_for(1s);
  const auto statuses = near.messages<Status>();
  REQUIRE_FALSE(statuses.empty());
  CHECK(statuses.front().roles.test(index_of(Role::near)));
}

TEST_CASE("near peers hear within 600 ms of whoever came, all at once, and of who is only not linked any more later") {
  HandRing ring;
  HandPeer& near = ring.add_linked(110);
  for (const std::uint8_t other : std::initializer_list<std::uint8_t>{90, 85, 115})
    ring.add_linked(other);
  ring.run_for(3s);
  const std::size_t before = near.messages<Status>().size();
  HandPeer& first = ring.add_linked(105);
  const TimePoint came = ring.now;
  ring.run_for(50ms);
  HandPeer& second = ring.add_linked(95);
  ring.run_for(came + 550ms - ring.now);
  CHECK(near.messages<Status>().size() == before);
  ring.run_for(came + 650ms - ring.now);
  auto statuses = near.messages<Status>();
  REQUIRE(statuses.size() == before + 1);
  const auto names = [&](const NodeId& id) {
    return std::ranges::find(statuses.back().neighbours, id) != statuses.back().neighbours.end();
  };
  CHECK(names(first.id));
  CHECK(names(second.id));
  // Who closes a link that nobody needs lives on: that goes in the place of the next ping. Who leaves is missed.
  ring.run_for(1s);
  second.say(ring.now, second.opened.back(), LinkMessage(Close{CloseReason::unneeded}));
  ring.exchange();
  ring.run_for(400ms);
  CHECK(near.messages<Status>().size() == before + 1);
  first.say(ring.now, first.opened.back(), LinkMessage(Close{CloseReason::leaving}));
  ring.exchange();
  ring.run_for(500ms);
  statuses = near.messages<Status>();
  REQUIRE(statuses.size() == before + 2);
  CHECK_FALSE(names(first.id));
  CHECK_FALSE(names(second.id));
}

TEST_CASE("an answer to connect-to-me goes back the way of the request, from whom it was for as well") {
  HandRing ring;
  HandPeer& asked_through = ring.add_linked(200);
  HandPeer& nearer = ring.add_linked(110);
  ConnectToMe request;
  request.token = 42;
  const NodeId asker = id_at(120);
  asked_through.say(ring.now, asked_through.opened.back(), connect_to_me(asker, id_at(100), request));
  ring.exchange();
  CHECK(answers_heard(asked_through) == 1);
  CHECK(answers_heard(nearer) == 0);
}

TEST_CASE("an answer for ourselves is taken, though its token marks a way back") {
  HandRing ring;
  HandPeer& peer = ring.add_linked(110);
  HandPeer& other = ring.add_linked(200);
  ConnectToMe message;
  message.token = 42;
  other.say(ring.now, other.opened.back(), connect_to_me(id_at(120), id_at(100), message));
  ring.exchange();
  message.kind = ConnectToMe::Kind::answer;
  peer.say(ring.now, peer.opened.back(), connect_to_me(id_at(110), id_at(100), message));
  ring.exchange();
  CHECK(answers_heard(other) == 1);  // ours to 120, not that of 110
  CHECK(ring.overlay().counters().get("drop_answer_unasked") == 1);
}

TEST_CASE("a relay that has nothing to pass on any more says so") {
  HandRing ring;
  HandPeer& sender = ring.add_linked(120);
  HandPeer& receiver = ring.add_linked(150);
  introduce(ring, sender);
  introduce(ring, receiver);
  Bytes payload;
  encode_relayed(LinkPayload::relayed, receiver.id, Bytes(1000, std::byte{1}), payload);
  for (int i = 0; i < 100; ++i) {
    for (int j = 0; j < 20; ++j)
      sender.say(ring.now, sender.opened.back(), payload);
    ring.exchange();
    ring.run_for(100ms);
  }
  REQUIRE_FALSE(sender.messages<Status>().empty());
  CHECK(sender.messages<Status>().back().relay_load > 0);
  ring.run_for(120s);
  CHECK(sender.messages<Status>().back().relay_load == 0);
}

TEST_CASE("S5: of strangers that can only be relayed a bounded number waits, of one link and in all") {
  HandRing ring;
  ConnectToMe request;
  request.roles = only(Role::on_demand);
  std::size_t waiting = 0;
  std::uint64_t stranger = 0;
  for (const unsigned first : {150U, 160U, 170U}) {
    HandPeer& peer = ring.add_linked(static_cast<std::uint8_t>(first));
    introduce(ring, peer);
    for (int i = 0; i < 50; ++i) {
      request.token = ++stranger;
      peer.say(ring.now, peer.opened.back(), connect_to_me(id_of(stranger - 1), id_at(100), request));
    }
    ring.exchange();
  }
  CHECK(ring.overlay().counters().get("drop_seek_full") > 0);
  for (std::uint64_t i = 0; i < 150; ++i) {
    if (!ring.overlay().report(ring.now, id_of(i)).journal.empty()) ++waiting;
  }
  CHECK(waiting <= 64);
  CHECK(ring.overlay().counters().get("relay_waits_refused") > 0);
}

TEST_CASE("S10: who tells no revocation number in a closed group is let go after some seconds") {
  const test_support::SimAuthority authority(7, WallTime{1'800'000'000});
  HandRing ring({}, {authority.authority().certificate().fingerprint(), crypto::sha256(as_bytes("a key")), "bob"},
                authority.trust());
  HandPeer& mute = ring.add_linked(150);
  HandPeer& good = ring.add_linked(120);
  REQUIRE(mute.opened.size() == 1);
  REQUIRE(good.opened.size() == 1);
  introduce(ring, mute);
  introduce(ring, good);
  good.say(ring.now, good.opened.back(), ListNumber{0, false});
  ring.exchange();
  ring.run_for(RevocationSpread::number_within - 1s);
  CHECK(ring.overlay().counters().get("links_not_admitted") == 0);
  CHECK_FALSE(mute.messages<ListNumber>().empty());
  ring.run_for(2s);
  CHECK(ring.overlay().counters().get("links_not_admitted") == 1);
  CHECK(mute.messages<Close>().size() == 1);
  CHECK(good.messages<Close>().empty());
}
