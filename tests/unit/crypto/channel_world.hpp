#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "base/rng.hpp"
#include "crypto/channel_table.hpp"
#include "crypto/private_key.hpp"

// A few channel tables joined by a link that loses, doubles, delays and reorders, in virtual time.

namespace ipop::crypto::test {

constexpr WallTime wall_at_start{1'700'000'000};

/// Carrier of an IPv4 endpoint: kind 4, address, port.
inline Carrier endpoint_at(std::uint32_t address, std::uint16_t port = 5000) {
  Bytes octets;
  ByteWriter to(octets);
  to.write(std::uint8_t{4});
  to.write(address);
  to.write(port);
  return Carrier(Carrier::Transport::endpoint, octets, {.source = 5, .network = 4});
}

/// That of 10.0.0.host.
inline Carrier endpoint(std::uint8_t host, std::uint16_t port = 5000) {
  return endpoint_at(0x0a000000U + host, port);
}

/// A node's keys; making certificates costs milliseconds, so tests share them by number.
struct Identity {
  PrivateKey key;
  Certificate certificate;
  NodeId id;

  explicit Identity(std::uint64_t number, WallTime not_after = wall_at_start + std::chrono::hours(24 * 365))
      : key(PrivateKey::from_seed(as_bytes("test identity " + std::to_string(number)))),
        certificate(make_self_signed(key, "node " + std::to_string(number), as_bytes("12345678"),
                                     wall_at_start - std::chrono::hours(24), not_after)),
        id(*node_id_of(key.public_key())) {}

  Identity(PrivateKey own_key, Certificate own_certificate, GroupKind kind)
      : key(std::move(own_key)), certificate(std::move(own_certificate)), id(*node_id_of(certificate, kind)) {}
};

/// Two identities, the lower id (TLS client) first.
inline const std::pair<Identity, Identity>& low_and_high() {
  static const std::pair<Identity, Identity> both = [] {
    Identity a(1);
    Identity b(2);
    if (a.id < b.id) return std::pair<Identity, Identity>(std::move(a), std::move(b));
    return std::pair<Identity, Identity>(std::move(b), std::move(a));
  }();
  return both;
}

inline const Identity& third() {
  static const Identity identity(3);
  return identity;
}

/// A table and everything that it gave out.
struct Peer {
  std::unique_ptr<HandshakeFactory> handshakes;
  std::unique_ptr<AeadFactory> aeads = make_best_aead_factory();
  SeededRng rng;
  Basis basis;
  ChannelTable table;
  Carrier address;

  std::vector<ChannelTable::Opened> opened{};
  std::vector<ChannelTable::Closed> closed{};
  std::vector<ChannelTable::OpenFailed> failed{};
  std::vector<ChannelTable::LaneOpened> lanes{};
  std::vector<Spi> lanes_closed{};
  std::vector<ChannelTable::Moved> moved{};
  std::vector<std::string> received{};
  std::size_t packets_out = 0;

  Peer(const Identity& identity, const Carrier& at, std::uint64_t seed, ChannelTable::Limits limits = {},
       std::string_view context = "test", unsigned hands = 0)
      : handshakes(make_tls_handshake_factory(identity.key, identity.certificate)),
        rng(seed),
        table({identity.id, to_bytes(as_bytes(context)), limits, hands}, basis, *handshakes, *aeads, rng),
        address(at) {
    basis.set_wall_time(TimePoint{}, wall_at_start);
  }

  void trust(TimePoint now, std::shared_ptr<const TrustStore> store) {
    basis.set_trust(std::move(store));
    table.handle_trust_changed(now);
  }
  void seal(TimePoint now, std::string_view text) {
    REQUIRE(!opened.empty());
    const ByteSpan payload = as_bytes(text);
    CHECK(table.seal(now, opened.back().id, std::span(&payload, 1)).has_value());
  }
};

class World {
 public:
  double loss = 0;
  double duplicates = 0;
  Duration delay = 50ms;
  Duration jitter = 0ms;
  TimePoint now{};
  /// False drops a packet on its way.
  std::function<bool(const Peer& from, const Carrier& to, const Bytes& packet)> passes = [](auto&&...) { return true; };
  /// What the receiver sees as the source.
  std::function<Carrier(const Peer& from, const Carrier& to)> seen_as = [](const Peer& from, auto&&...) {
    return from.address;
  };
  /// Where packets to a carrier arrive; nobody by default for unknown ones.
  std::map<Carrier, Peer*> at{};

  explicit World(std::uint64_t seed) : rng_(seed) {}

  Peer& add(const Identity& identity, const Carrier& address, ChannelTable::Limits limits = {},
            std::string_view context = "test", unsigned hands = 0) {
    peers_.push_back(std::make_unique<Peer>(identity, address, rng_.next(), limits, context, hands));
    at[address] = peers_.back().get();
    return *peers_.back();
  }

  /// Takes all outputs of `peer`; to be called after each input.
  void drain(Peer& peer) {
    while (auto output = peer.table.poll_output()) {
      std::visit(Overloaded{
                     [&](ChannelTable::Transmit& transmit) {
                       for (Bytes& packet : transmit.packets)
                         send(peer, transmit.to, std::move(packet));
                     },
                     [&](ChannelTable::Opened& opened) { peer.opened.push_back(opened); },
                     [&](ChannelTable::Moved& moved) { peer.moved.push_back(moved); },
                     [&](ChannelTable::Received& received) {
                       for (const Bytes& payload : received.payloads)
                         peer.received.emplace_back(as_text(payload));
                     },
                     [&](ChannelTable::Closed& closed) { peer.closed.push_back(closed); },
                     [&](ChannelTable::OpenFailed& failed) { peer.failed.push_back(failed); },
                     [&](const ChannelTable::LaneOpened& lane) { peer.lanes.push_back(lane); },
                     [&](const ChannelTable::LaneClosed& lane) { peer.lanes_closed.push_back(lane.receive_at); },
                 },
                 *output);
    }
  }

  void deliver(Peer& to, const Carrier& from, ByteSpan packet) {
    const ChannelTable::Incoming incoming{from, packet};
    to.table.handle_packets(now, std::span(&incoming, 1));
    drain(to);
  }

  /// Lets time pass until `end`, or until `done`.
  void run_until(
      TimePoint end, const std::function<bool()>& done = [] { return false; }) {
    while (!done()) {
      std::optional<TimePoint> next;
      if (!flying_.empty()) next = flying_.begin()->first;
      for (const auto& peer : peers_)
        next = earliest(next, peer->table.poll_timeout());
      if (!next || *next > end) {
        now = std::max(now, end);
        return;
      }
      now = std::max(now, *next);
      step();
    }
  }
  void run_for(
      Duration time, const std::function<bool()>& done = [] { return false; }) {
    run_until(now + time, done);
  }

  std::size_t timers_fired = 0;
  std::size_t packets_sent = 0;

 private:
  struct Flight {
    Peer* to;
    Carrier from;
    Bytes packet;
  };

  void step() {
    while (!flying_.empty() && flying_.begin()->first <= now) {
      const Flight flight = std::move(flying_.begin()->second);
      flying_.erase(flying_.begin());
      deliver(*flight.to, flight.from, flight.packet);
    }
    for (const auto& peer : peers_) {
      const auto timeout = peer->table.poll_timeout();
      if (!timeout || *timeout > now) continue;
      ++timers_fired;
      peer->table.handle_timeout(now);
      drain(*peer);
      const auto after = peer->table.poll_timeout();
      REQUIRE((!after || *after > now));
    }
  }

  void send(Peer& from, const Carrier& to, Bytes packet) {
    ++packets_sent;
    ++from.packets_out;
    if (!passes(from, to, packet)) return;
    const auto receiver = at.find(to);
    if (receiver == at.end()) return;
    const unsigned copies = rng_.uniform() < duplicates ? 2 : 1;
    for (unsigned i = 0; i < copies; ++i) {
      if (rng_.uniform() < loss) continue;
      const Duration more(
          jitter.count() == 0 ? 0 : static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(jitter.count()))));
      flying_.emplace(now + delay + more, Flight{receiver->second, seen_as(from, to), packet});
    }
  }

  SeededRng rng_;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::multimap<TimePoint, Flight> flying_;
};

}  // namespace ipop::crypto::test
