#pragma once

// The inside of Router: its parts and how values pass between them. Included by router*.cpp only.

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/expiring_map.hpp"
#include "net/arp.hpp"
#include "router/address_resolver.hpp"
#include "router/dhcp_server.hpp"
#include "router/dns_desk.hpp"
#include "router/frame_switch.hpp"
#include "router/holdings.hpp"
#include "router/mac_table.hpp"
#include "router/parked_packets.hpp"
#include "router/record_judge.hpp"
#include "router/router.hpp"

namespace ipop::router {

/// Takes the value of `key` out of the map, unless it has ended.
template <class Key, class Value>
std::optional<Value> take(ExpiringMap<Key, Value>& map, const Key& key, TimePoint now) {
  Value* found = map.find(key, now);
  if (found == nullptr) return std::nullopt;
  std::optional<Value> out(std::move(*found));
  map.erase(key);
  return out;
}

class Router::State {
 public:
  State(Config config, const crypto::PrivateKey& key, const crypto::Basis& basis, Rng& rng);

  // router.cpp: inputs and the passing of values
  void handle_trust_changed();
  void handle_unreached(TimePoint now, const NodeId& peer) { resolver_.doubt_holder(now, peer); }
  void handle_carries(const NodeId& peer, std::uint16_t octets);
  void handle_dht_answer(TimePoint now, RequestId id, const dht::Dht::Answer& answer);
  [[nodiscard]] Counters all_counters() const;
  void handle_timeout(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;
  [[nodiscard]] std::vector<Mapping> mappings() const;

  // router_client.cpp: frames of the client's side
  void handle_frames(TimePoint now, std::span<const ByteSpan> frames);

  void pass_values(TimePoint now);

  // router_peers.cpp: packets to and from peers
  void handle_packets(TimePoint now, const NodeId& source, std::span<const Bytes> packets);
  [[nodiscard]] std::uint16_t mtu_to(const NodeId& peer) const;

  [[nodiscard]] const std::optional<Lease>& lease() const { return holdings_.lease(); }

  OutputQueue<Output> outputs;
  OutputQueue<DnsAnswer> dns_answers;
  Counters counters;

 private:
  // Who waits for an answer of the DHT.
  struct WantsHolder {
    net::Ipv4Address address{};
  };
  struct WantsNamed {
    std::string name{};
  };
  using Request = std::variant<Holdings::Ticket, WantsHolder, WantsNamed>;

  // router.cpp
  bool pass_from_holdings(TimePoint now);
  bool pass_from_resolver(TimePoint now);
  bool pass_from_dhcp(TimePoint now);
  bool pass_from_dns(TimePoint now);
  void tell_own_names();
  RequestId remember(TimePoint now, Request request);

  // router_client.cpp
  void handle_arp(TimePoint now, const FrameDecision& frame);
  void handle_dhcp(TimePoint now, const FrameDecision& frame);
  void handle_for_server(TimePoint now, const FrameDecision& frame);
  void handle_dhcp_output(TimePoint now, const DhcpServer::Output& output);
  void answer_dns(DnsDesk::Answer& answer);
  void write_ip(TimePoint now, net::Ipv4Address to, ByteSpan packet);
  void write(Bytes frame) { frames_.frames.push_back(std::move(frame)); }

  // router_peers.cpp
  void handle_unicast(TimePoint now, ByteSpan packet, net::Ipv4Address destination);
  void handle_too_big(TimePoint now, ByteSpan packet, const NodeId& holder);
  void handle_resolved(TimePoint now, net::Ipv4Address address);
  void receive(TimePoint now, const NodeId& source, ByteSpan packet);
  void send_to(TimePoint now, const NodeId& holder, ByteSpan packet);
  void want_link(TimePoint now, const NodeId& peer);
  void tell_admitted(TimePoint now, const NodeId& peer, const net::Ipv4Addresses& addresses);
  void flush();

  Config config_;
  Rng& rng_;
  RecordJudge judge_;
  Holdings holdings_;
  AddressResolver resolver_;
  DhcpServer dhcp_;
  DnsDesk dns_;
  std::optional<std::uint16_t> dns_listener_;
  MacTable macs_;

  ExpiringMap<RequestId, Request> requests_;
  std::uint64_t next_request_ = 1;
  ParkedPackets parked_out_;  // of the client, by destination
  ParkedPackets parked_in_;   // of peers, by source
  ExpiringMap<net::Ipv4Address, net::ArpPacket> waiting_arps_;
  ExpiringMap<NodeId, std::monostate> wanted_links_;
  ExpiringMap<net::Ipv4Address, std::monostate> admitted_;  // sources that the owner was told of a moment ago
  std::map<NodeId, std::uint16_t> narrow_;      // peers whose path carries less than the TAP; linked ones only
  std::optional<TimePoint> client_looked_for_;  // when ARP asked for the client's MAC last
  std::uint16_t identification_ = 0;            // of IP packets that the node makes

  // Of the input that is being handled; empty between inputs.
  WriteFrames frames_;
  SendPackets batch_;
  // The last address that was resolved: consecutive packets mostly go to one peer.
  struct LastHit {
    net::Ipv4Address address{};
    NodeId holder{};
  };
  std::optional<LastHit> last_destination_;

  friend class Router;
};

}  // namespace ipop::router
