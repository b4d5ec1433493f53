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
#include "router/frame_switch.hpp"
#include "router/lease_client.hpp"
#include "router/lease_keeper.hpp"
#include "router/mac_table.hpp"
#include "router/name_service.hpp"
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
  void handle_clock_set(TimePoint now);
  void handle_joined(TimePoint now);
  void handle_trust_changed();
  void handle_ring_changed(TimePoint now);
  void handle_unreached(TimePoint now, const NodeId& peer) { resolver_.doubt_holder(now, peer); }
  void handle_carries(const NodeId& peer, std::uint16_t octets);
  void handle_dht_answer(TimePoint now, RequestId id, const dht::Dht::Answer& answer);
  void handle_lease_answer(TimePoint now, ByteSpan grant);
  void handle_lease_failure(TimePoint now, std::string why);
  void handle_name_taken(const LeaseKeeper::Taken& taken);
  [[nodiscard]] std::optional<std::string> lease_notice() const {
    return lease_client_ ? lease_client_->notice() : std::nullopt;
  }
  void handle_dns_query(TimePoint now, std::uint64_t tag, ByteSpan query);
  void handle_dns_listener(std::optional<std::uint16_t> port) { dns_listener_ = port; }
  void handle_dns_stream_query(TimePoint now, std::uint64_t tag, ByteSpan query);
  void handle_dns_servers(std::vector<net::Endpoint> servers);
  void handle_dns_server_answer(TimePoint now, std::uint64_t number, const net::Endpoint& from, ByteSpan message);
  void handle_dns_server_failure(TimePoint now, std::uint64_t number);
  [[nodiscard]] Counters all_counters() const;
  void handle_timeout(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;
  [[nodiscard]] std::vector<Mapping> mappings() const;

  // router_client.cpp: frames of the client's side
  void handle_frames(TimePoint now, std::span<const ByteSpan> frames);

  // router_peers.cpp: packets to and from peers
  void handle_packets(TimePoint now, const NodeId& source, std::span<const Bytes> packets);
  [[nodiscard]] std::uint16_t mtu_to(const NodeId& peer) const;

  OutputQueue<Output> outputs;
  OutputQueue<DnsAnswer> dns_answers;
  Counters counters;
  std::optional<Lease> lease;
  std::optional<std::string> held_name;
  std::optional<std::string> name_notice;  // another node holds the chosen name

 private:
  // Who waits for an answer of the DHT.
  enum class Keeper { lease, name };
  struct Claims {
    Keeper keeper{};
    LeaseKeeper::ClaimId id{};
  };
  struct LooksUp {
    Keeper keeper{};
    LeaseKeeper::LookUpId id{};
  };
  struct WantsHolder {
    net::Ipv4Address address{};
  };
  struct WantsNamed {
    std::string name{};
  };
  using Request = std::variant<Claims, LooksUp, WantsHolder, WantsNamed>;
  struct TapClient {
    net::MacAddress mac{};
    net::Ipv4Address address{};
    std::uint16_t port = 0;
  };
  struct RelayWaits {  // a query of the group's names that came through the relay
    std::uint64_t number = 0;
  };
  struct StreamWaits {  // a query over TCP
    std::uint64_t tag = 0;
  };
  using DnsClient = std::variant<TapClient, RelayWaits, StreamWaits, std::uint64_t>;

  // router.cpp
  void start_if_ready(TimePoint now);
  void pass_values(TimePoint now);
  bool pass_from_keeper(TimePoint now, Keeper which);
  [[nodiscard]] LeaseKeeper& keeper(Keeper which) { return which == Keeper::lease ? lease_keeper_ : *name_keeper_; }
  bool pass_from_client(TimePoint now);
  [[nodiscard]] Bytes lease_value() const;
  bool pass_from_resolver(TimePoint now);
  bool pass_from_dhcp(TimePoint now);
  bool pass_from_names(TimePoint now);
  bool pass_from_relay(TimePoint now);
  void handle_lease_held(TimePoint now, const LeaseKeeper::Held& held);
  void handle_lease_lost(TimePoint now, const LeaseKeeper::Lost& lost);
  void handle_name_held(TimePoint now, const LeaseKeeper::Held& held);
  void tell_own_names();
  RequestId remember(TimePoint now, Request request);
  void log_refusal(TimePoint now, Keeper which, const std::string& why);
  void log(LogLevel level, std::string text, std::vector<std::pair<std::string, std::string>> fields);

  // router_client.cpp
  void handle_arp(TimePoint now, const FrameDecision& frame);
  void handle_dhcp(TimePoint now, const FrameDecision& frame);
  void handle_for_server(TimePoint now, const FrameDecision& frame);
  void ask_names(TimePoint now, net::DnsTransport transport, DnsClient client, ByteSpan query);
  void handle_dhcp_output(TimePoint now, const DhcpServer::Output& output);
  void handle_dns_answer(TimePoint now, std::uint64_t number, Bytes message);
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
  LeaseKeeper lease_keeper_;
  std::optional<LeaseClient> lease_client_;  // where a server gives out the addresses
  std::optional<LeaseKeeper> name_keeper_;
  AddressResolver resolver_;
  DhcpServer dhcp_;
  NameService names_;
  DnsRelay relay_;
  MacTable macs_;
  bool joined_ = false;

  ExpiringMap<RequestId, Request> requests_;
  std::uint64_t next_request_ = 1;
  ExpiringMap<std::uint64_t, DnsClient> dns_clients_;
  std::uint64_t next_query_ = 1;
  std::optional<std::uint16_t> dns_listener_;
  ParkedPackets parked_out_;  // of the client, by destination
  ParkedPackets parked_in_;   // of peers, by source
  ExpiringMap<net::Ipv4Address, net::ArpPacket> waiting_arps_;
  ExpiringMap<NodeId, std::monostate> wanted_links_;
  ExpiringMap<net::Ipv4Address, std::monostate> admitted_;  // sources that the owner was told of a moment ago
  std::map<NodeId, std::uint16_t> narrow_;      // peers whose path carries less than the TAP; linked ones only
  std::optional<TimePoint> client_looked_for_;  // when ARP asked for the client's MAC last
  std::optional<TimePoint> refusal_logged_;
  std::uint16_t identification_ = 0;  // of IP packets that the node makes

  // Of the input that is being handled; empty between inputs.
  WriteFrames frames_;
  SendPackets batch_;
  // The last address that was resolved: consecutive packets mostly go to one peer.
  struct LastHit {
    net::Ipv4Address address{};
    NodeId holder{};
  };
  std::optional<LastHit> last_destination_;
};

}  // namespace ipop::router
