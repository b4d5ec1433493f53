#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "overlay/overlay.hpp"
#include "support/link_invariant.hpp"
#include "support/sim_network.hpp"
#include "support/stand_in_crypto.hpp"

namespace ipop::overlay::test {

using test_support::HostId;
using test_support::NatConfig;
using test_support::SimNetwork;
using test_support::SiteId;

/// An id that `number` decides, spread over the ring.
inline NodeId id_of(std::uint64_t number) {
  SeededRng rng(number + 1000);
  std::array<std::byte, NodeId::size> octets{};
  rng.fill(octets);
  return NodeId(octets);
}

/// An id with these first octets and zeros behind.
inline NodeId id_at(std::uint8_t first, std::uint8_t second = 0) {
  std::array<std::byte, NodeId::size> octets{};
  octets[0] = std::byte{first};
  octets[1] = std::byte{second};
  return NodeId(octets);
}

inline net::Endpoint endpoint(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d, std::uint16_t port) {
  return {net::Ipv4Address(a, b, c, d), port};
}

/// An Overlay as a host of the simulated network; remembers what it gave out.
class OverlayHost final : public test_support::SimHost {
 public:
  OverlayHost(Overlay::Config config, std::uint64_t seed)
      : rng_(seed), handshakes_(config.self, seed), overlay_(std::move(config), basis_, handshakes_, aeads_, rng_) {}

  void handle_datagram(TimePoint now, const net::Endpoint& from, ByteSpan octets) override {
    const Overlay::Datagram datagram{from, octets};
    overlay_.handle_datagrams(now, {&datagram, 1});
  }
  void handle_timeout(TimePoint now) override { overlay_.handle_timeout(now); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const override { return overlay_.poll_timeout(); }
  Outgoing take_outgoing(TimePoint now) override {
    Outgoing out;
    while (auto output = overlay_.poll_output()) {
      std::visit(Overloaded{[&](Overlay::SendDatagrams& sent) {
                              for (Bytes& datagram : sent.datagrams)
                                out.emplace_back(sent.to, std::move(datagram));
                            },
                            [&](Overlay::Delivered& value) { delivered.push_back(std::move(value)); },
                            [&](Overlay::LinkPackets& value) {
                              for (Bytes& packet : value.packets)
                                packets.push_back({now, value.peer, std::move(packet)});
                            },
                            [&](Overlay::LinkUp& value) {
                              ups.push_back({now, value.peer, value.direct});
                            },
                            [&](Overlay::LinkCarries& value) { carries[value.peer] = value.octets; },
                            [&](Overlay::LinkDown& value) {
                              downs.push_back({now, value.peer, value.why});
                            },
                            [&](Overlay::RingChanged& value) { rings.push_back(value); },
                            [&](Overlay::Joined&) { joined.push_back(now); },
                            [&](Overlay::NewerTrust& newer) {
                              basis_.set_trust(std::move(newer.trust));
                              overlay_.handle_trust_changed(now);
                            },
                            [](const Overlay::LaneOpened&) {}, [](const Overlay::LaneClosed&) {},
                            [](const Overlay::MayPass&) {}, [](const Overlay::LanePackets&) {},
                            [&](const Overlay::OtherInstanceTold& value) { others.push_back(value); },
                            [&](Overlay::ClaimTold& value) { claims.push_back(std::move(value)); },
                            [&](Overlay::ReachabilityChanged& value) { reachability.push_back(value); },
                            [&](LogLine& value) { log.push_back(value); }},
                 *output);
    }
    return out;
  }

  [[nodiscard]] std::string broken_invariant() const override { return test_support::broken_links(overlay_); }

  struct Packet {
    TimePoint when{};
    NodeId peer{};
    Bytes octets{};
  };
  struct Up {
    TimePoint when{};
    NodeId peer{};
    bool direct = false;
  };
  struct Down {
    TimePoint when{};
    NodeId peer{};
    std::string why{};
  };

  void set_wall_time(TimePoint now, WallTime wall) { basis_.set_wall_time(now, wall); }
  [[nodiscard]] Overlay& overlay() { return overlay_; }
  [[nodiscard]] const Overlay& overlay() const { return overlay_; }
  [[nodiscard]] std::optional<Connection> connection(const NodeId& peer) const {
    for (const Connection& connection : overlay_.connections()) {
      if (connection.peer == peer) return connection;
    }
    return std::nullopt;
  }

  std::vector<Overlay::Delivered> delivered;
  std::vector<Packet> packets;
  std::vector<Up> ups;
  std::vector<Down> downs;
  std::map<NodeId, std::uint16_t> carries;  ///< what was said last
  std::vector<Overlay::RingChanged> rings;
  std::vector<Overlay::OtherInstanceTold> others;
  std::vector<Overlay::ClaimTold> claims;
  std::vector<TimePoint> joined;
  std::vector<Overlay::ReachabilityChanged> reachability;
  std::vector<LogLine> log;

 private:
  SeededRng rng_;
  test_support::StandInHandshakeFactory handshakes_;
  test_support::StandInAeadFactory aeads_;
  crypto::Basis basis_;
  Overlay overlay_;
};

/// Overlays on one network, with a public bootstrap node 0 that the others know.
class SimRing {
 public:
  explicit SimRing(std::uint64_t seed, SimNetwork::Config config = {}) : network(seed, config), seed_(seed) {
    public_site = network.add_public_site();
  }

  /// Adds a node at `site`; it starts `after` from now.
  std::size_t add(SiteId site, Duration after = {}, const NodeId& id = {}) {
    const std::size_t index = hosts.size();
    ids.push_back(id.is_zero() ? id_of(seed_ * 100'000 + index) : id);
    hosts.push_back(make(index));
    host_ids.push_back(network.add_host(site, *hosts.back()));
    if (index == 0 || (site == public_site && bootstrap_all_public)) {
      bootstrap.push_back(network.local_endpoint(host_ids.back()));
    }
    alive.push_back(true);
    start(index, after);
    return index;
  }
  std::size_t add_public(Duration after = {}, const NodeId& id = {}) { return add(public_site, after, id); }
  std::size_t add_behind(const NatConfig& nat, Duration after = {}, const NodeId& id = {}) {
    return add(network.add_nat_site(nat), after, id);
  }

  /// As kill -9.
  void kill(std::size_t index) {
    network.replace(host_ids[index], nullptr);
    alive[index] = false;
  }
  /// The same id with no memory, where it was.
  void restart(std::size_t index) {
    retired_.push_back(std::move(hosts[index]));
    hosts[index] = make(index);
    network.replace(host_ids[index], hosts[index].get());
    alive[index] = true;
    start(index, {});
  }

  [[nodiscard]] OverlayHost& operator[](std::size_t index) { return *hosts[index]; }

  /// Every living node sees its two nearest living nodes on each side.
  [[nodiscard]] bool is_right() const {
    std::set<NodeId> living;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (alive[i]) living.insert(ids[i]);
    }
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (!alive[i]) continue;
      std::set<NodeId> expected;
      auto it = living.find(ids[i]);
      for (int side = 0; side < 2; ++side) {
        if (++it == living.end()) it = living.begin();
        if (*it != ids[i]) expected.insert(*it);
      }
      it = living.find(ids[i]);
      for (int side = 0; side < 2; ++side) {
        if (it == living.begin()) it = living.end();
        --it;
        if (*it != ids[i]) expected.insert(*it);
      }
      const auto seen = hosts[i]->overlay().neighbours();
      if (std::set<NodeId>(seen.begin(), seen.end()) != expected) return false;
    }
    return true;
  }
  [[nodiscard]] bool all_joined() const {
    for (std::size_t i = 0; i < hosts.size(); ++i) {
      if (alive[i] && !hosts[i]->overlay().is_joined()) return false;
    }
    return true;
  }
  [[nodiscard]] bool are_linked(std::size_t a, std::size_t b, bool direct) {
    const auto there = hosts[a]->connection(ids[b]);
    const auto back = hosts[b]->connection(ids[a]);
    return there && back && there->is_direct() == direct && back->is_direct() == direct;
  }
  void want(std::size_t from, std::size_t to) {
    hosts[from]->overlay().want_link(network.now(), ids[to]);
    network.drain(host_ids[from]);
  }
  /// One IP packet of 60 octets; false where there is no link.
  bool send_ip(std::size_t from, std::size_t to, std::uint8_t mark = 0) {
    Bytes packet(60, std::byte{mark});
    packet[0] = std::byte{0x45};
    const ByteSpan span(packet);
    const bool sent = hosts[from]->overlay().send_over_link(network.now(), ids[to], {&span, 1});
    network.drain(host_ids[from]);
    return sent;
  }

  SimNetwork network;
  SiteId public_site{};
  bool bootstrap_all_public = false;
  std::vector<net::Endpoint> bootstrap;
  std::map<std::size_t, std::uint16_t>
      mtus;  ///< other ones than the usual, of nodes by their number; before they are added
  std::vector<std::unique_ptr<OverlayHost>> hosts;
  std::vector<HostId> host_ids;
  std::vector<NodeId> ids;
  std::vector<bool> alive;

 private:
  std::unique_ptr<OverlayHost> make(std::size_t index) {
    Overlay::Config config;
    config.self = ids[index];
    config.name_space = to_bytes(as_bytes("test"));
    if (mtus.contains(index)) config.mtu = mtus.at(index);
    return std::make_unique<OverlayHost>(config, seed_ * 1000 + 7 * ++made_);
  }
  void start(std::size_t index, Duration after) {
    OverlayHost* host = hosts[index].get();
    network.at(network.now() + after, [this, index, host] {
      const TimePoint now = network.now();
      host->set_wall_time(now, WallTime{1'800'000'000});
      host->overlay().handle_local_endpoints(now, {network.local_endpoint(host_ids[index])});
      host->overlay().handle_bootstrap(now, bootstrap);
      host->overlay().start(now);
      network.drain(host_ids[index]);
    });
  }

  std::uint64_t seed_;
  std::uint64_t made_ = 0;
  std::vector<std::unique_ptr<OverlayHost>> retired_;
};

}  // namespace ipop::overlay::test
