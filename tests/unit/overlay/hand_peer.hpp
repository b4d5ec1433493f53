#pragma once

#include <algorithm>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/rng.hpp"
#include "crypto/basis.hpp"
#include "crypto/channel_table.hpp"
#include "crypto/hash.hpp"
#include "overlay/carrier.hpp"
#include "overlay/link_message.hpp"
#include "overlay/overlay.hpp"
#include "overlay_host.hpp"
#include "support/stand_in_crypto.hpp"

namespace ipop::overlay::test {

/// A member without an overlay: holds proper channels and says in them what the test wants. By
/// itself it answers pings and acknowledges statuses, save in the channels that are `silent`.
struct HandPeer {
  struct Heard {
    crypto::ChannelId channel{};
    Bytes payload{};
  };

  HandPeer(const NodeId& self, std::uint8_t number, const Bytes& context, const crypto::Basis& basis,
           const test_support::StandInCertificate& certificate)
      : id(self),
        address(192, 0, 2, number),
        handshakes(self, number, certificate),
        rng(number),
        table({self, context, {}}, basis, handshakes, aeads, rng) {}

  [[nodiscard]] net::Endpoint at(std::uint16_t port) const { return {address, port}; }
  void say(TimePoint now, crypto::ChannelId channel, ByteSpan payload) {
    CHECK(table.seal(now, channel, {&payload, 1}).has_value());
  }
  void say(TimePoint now, crypto::ChannelId channel, const LinkMessage& message) {
    Bytes payload;
    encode(message, payload);
    say(now, channel, payload);
  }
  void say(TimePoint now, crypto::ChannelId channel, const RoutedPacket& packet) {
    Bytes payload{static_cast<std::byte>(LinkPayload::routed)};
    encode(packet, payload);
    say(now, channel, payload);
  }
  /// Every link message of this kind that was heard, in order.
  template <class Message>
  [[nodiscard]] std::vector<Message> messages() const {
    std::vector<Message> out;
    for (const Heard& one : heard) {
      auto message = decode_link_message(one.payload);
      if (message && std::holds_alternative<Message>(*message)) out.push_back(std::get<Message>(*message));
    }
    return out;
  }

  NodeId id;
  net::Ipv4Address address;
  test_support::StandInHandshakeFactory handshakes;
  test_support::StandInAeadFactory aeads;
  SeededRng rng;
  crypto::ChannelTable table;
  std::vector<crypto::ChannelId> opened;
  std::set<crypto::ChannelId> silent;
  bool refuses = false;  ///< closes each channel once its handshake is over
  /// What reaches the peer was sent to this endpoint, as it believes, and so it answers from there.
  std::optional<net::Endpoint> poses_at;
  std::set<net::Endpoint> asked_at;  ///< where datagrams for it went
  std::vector<Heard> heard;
};

/// One Overlay (id 100, 192.0.2.100:4000) among such peers. A carrier of a peer is the endpoint that
/// its packets come from, or the other peer that relays them.
class HandRing {
 public:
  /// `certificate`: of all members of a closed group, whose rule is `trust`.
  explicit HandRing(Overlay::Config config = {}, const test_support::StandInCertificate& certificate = {},
                    std::shared_ptr<const crypto::TrustStore> trust = nullptr)
      : certificate_(certificate), handshakes_(id_at(100), 1, certificate), rng_(1) {
    config.self = id_at(100);
    config.name_space = to_bytes(as_bytes("test"));
    for (auto* basis : {&basis_, &others_basis_}) {
      basis->set_wall_time(now, wall);
      if (trust) basis->set_trust(trust);
    }
    overlay_ = std::make_unique<Overlay>(std::move(config), basis_, handshakes_, aeads_, rng_);
    overlay_->handle_trust_changed(now);
    overlay_->handle_local_endpoints(now, {endpoint(192, 0, 2, 100, 4000)});
    overlay_->start(now);
  }

  /// A peer with the id `first`, without a channel.
  HandPeer& add(std::uint8_t first) {
    const auto context = crypto::sha256(as_bytes("ipop link 2\ntest"));
    peers_.push_back(std::make_unique<HandPeer>(id_at(first), first, Bytes(context.begin(), context.end()),
                                                others_basis_, certificate_));
    return *peers_.back();
  }
  /// The same with a link from its port 4000.
  HandPeer& add_linked(std::uint8_t first) {
    HandPeer& peer = add(first);
    open(peer, peer.at(4000));
    exchange();
    return peer;
  }
  void open(HandPeer& peer, const LinkCarrier& carrier) { peer.table.open(now, to_carrier(carrier), id_at(100), 1); }
  /// From then on the peer's packets come over `carrier`.
  void move(HandPeer& peer, const LinkCarrier& carrier) {
    if (const auto* place = std::get_if<net::Endpoint>(&carrier)) peer.poses_at = *place;
    peer.table.move(peer.opened.back(), to_carrier(carrier));
    peer.say(now, peer.opened.back(), Ping{1, std::nullopt});
    exchange();
  }

  /// Until nobody has anything to say. What the peers say in a round arrives together, 1 ms later.
  void exchange() {
    bool quiet = false;
    for (int round = 0; round < 100 && !quiet; ++round) {
      std::vector<std::pair<net::Endpoint, Bytes>> datagrams;
      quiet = true;
      for (const auto& peer : peers_) {
        if (drain(*peer, datagrams)) quiet = false;
      }
      now += 1ms;
      std::vector<Overlay::Datagram> views;
      for (const auto& [from, octets] : datagrams)
        views.push_back({from, octets});
      overlay_->handle_datagrams(now, views);
      while (auto output = overlay_->poll_output()) {
        if (const auto* sent = std::get_if<Overlay::SendDatagrams>(&*output)) {
          quiet = false;
          deliver(*sent);
        }
        if (auto* newer = std::get_if<Overlay::NewerTrust>(&*output)) {
          newer_ = std::move(newer->trust);
          if (!owner_waits) apply_newer();
        }
      }
    }
    CHECK(quiet);
  }

  void run_for(Duration time) {
    const TimePoint end = now + time;
    while (now < end) {
      std::optional<TimePoint> next = overlay_->poll_timeout();
      for (const auto& peer : peers_)
        next = earliest(next, peer->table.poll_timeout());
      now = std::clamp(next.value_or(end), now, end);
      overlay_->handle_timeout(now);
      for (const auto& peer : peers_)
        peer->table.handle_timeout(now);
      exchange();
    }
  }

  /// The list that a peer gave holds from here on.
  void apply_newer() {
    REQUIRE(newer_);
    basis_.set_trust(std::exchange(newer_, nullptr));
    overlay_->handle_trust_changed(now);
  }

  [[nodiscard]] Overlay& overlay() { return *overlay_; }
  [[nodiscard]] std::optional<Connection> connection(const HandPeer& peer) const {
    for (const Connection& connection : overlay_->connections()) {
      if (connection.peer == peer.id) return connection;
    }
    return std::nullopt;
  }

  TimePoint now{};
  bool owner_waits = false;  ///< the test calls apply_newer()

 private:
  static constexpr WallTime wall{1'800'000'000};

  /// False when `peer` had nothing to give.
  bool drain(HandPeer& peer, std::vector<std::pair<net::Endpoint, Bytes>>& datagrams) {
    bool any = false;
    while (auto output = peer.table.poll_output()) {
      any = true;
      if (const auto* opened = std::get_if<crypto::ChannelTable::Opened>(&*output)) {
        peer.opened.push_back(opened->id);
        if (peer.refuses) refuse(peer);
      }
      if (auto* received = std::get_if<crypto::ChannelTable::Received>(&*output)) {
        for (Bytes& payload : received->payloads)
          hear(peer, {received->id, std::move(payload)});
      }
      auto* transmit = std::get_if<crypto::ChannelTable::Transmit>(&*output);
      if (transmit == nullptr) continue;
      const auto carrier = from_carrier(transmit->to);
      REQUIRE(carrier);
      for (Bytes& packet : transmit->packets) {
        if (const auto* from = std::get_if<net::Endpoint>(&*carrier)) {
          datagrams.emplace_back(*from, std::move(packet));
          continue;
        }
        HandPeer& relay = *find(std::get<RelayPath>(*carrier).relay);
        Bytes payload;
        encode_relayed(LinkPayload::relayed_final, peer.id, packet, payload);
        relay.say(now, relay.opened.back(), payload);
      }
    }
    return any;
  }

  void refuse(HandPeer& peer) {
    peer.silent.insert(peer.opened.back());
    peer.say(now, peer.opened.back(), Close{CloseReason::full});
    peer.table.close(now, peer.opened.back());
  }

  void hear(HandPeer& peer, HandPeer::Heard heard) {
    peer.heard.push_back(heard);
    if (const auto relayed = decode_relayed(heard.payload); relayed) {
      if (HandPeer* to = find(relayed->other)) {
        const LinkCarrier over =
            to->poses_at ? LinkCarrier(*to->poses_at) : LinkCarrier(RelayPath{peer.id, id_at(100)});
        const crypto::ChannelTable::Incoming incoming{to_carrier(over), relayed->inner};
        to->table.handle_packets(now, {&incoming, 1});
      }
      return;
    }
    const auto message = decode_link_message(heard.payload);
    if (!message || peer.silent.contains(heard.channel)) return;
    if (const auto* ping = std::get_if<Ping>(&*message)) peer.say(now, heard.channel, Pong{ping->id, std::nullopt});
    if (const auto* probe = std::get_if<Probe>(&*message)) {
      peer.say(now, heard.channel, ProbeEcho{probe->id, probe->padding});
    }
    if (const auto* status = std::get_if<Status>(&*message)) peer.say(now, heard.channel, StatusAck{status->sequence});
  }

  void deliver(const Overlay::SendDatagrams& sent) {
    for (const auto& peer : peers_) {
      if (sent.to.ipv4() != peer->address && sent.to != peer->poses_at) continue;
      peer->asked_at.insert(sent.to);
      for (const Bytes& packet : sent.datagrams) {
        const crypto::ChannelTable::Incoming incoming{to_carrier(peer->poses_at.value_or(sent.to)), packet};
        peer->table.handle_packets(now, {&incoming, 1});
      }
    }
  }

  [[nodiscard]] HandPeer* find(const NodeId& id) {
    const auto it = std::ranges::find(peers_, id, [](const auto& peer) { return peer->id; });
    return it == peers_.end() ? nullptr : it->get();
  }

  test_support::StandInCertificate certificate_;
  test_support::StandInHandshakeFactory handshakes_;
  test_support::StandInAeadFactory aeads_;
  crypto::Basis basis_;
  crypto::Basis others_basis_;  ///< of all peers: no list that the overlay learns reaches it
  std::shared_ptr<const crypto::TrustStore> newer_;
  SeededRng rng_;
  std::unique_ptr<Overlay> overlay_;
  std::vector<std::unique_ptr<HandPeer>> peers_;
};

}  // namespace ipop::overlay::test
