#pragma once

// A Router with its surroundings as values: a DHT that answers at once, the frames a client sends,
// and all that came out.

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/bytes.hpp"
#include "base/hex.hpp"
#include "base/rng.hpp"
#include "crypto/private_key.hpp"
#include "dht/dht.hpp"
#include "net/arp.hpp"
#include "net/dhcp_message.hpp"
#include "net/dns_message.hpp"
#include "net/ethernet.hpp"
#include "net/icmp.hpp"
#include "net/ipv4.hpp"
#include "net/udp.hpp"
#include "router/lease_record.hpp"
#include "router/mac_table.hpp"
#include "router/router.hpp"
#include "support/vector_file.hpp"

namespace ipop::test {

inline const net::Ipv4Prefix prefix{net::Ipv4Address(10, 128, 0, 0), 9};
inline const net::Ipv4Address server(10, 128, 0, 1);
inline const net::Ipv4Address own(10, 128, 0, 7);    // the node's lease in most tests
inline const net::Ipv4Address other(10, 129, 0, 9);  // a peer's
inline const net::Ipv4Address everybody(255, 255, 255, 255);
inline const WallTime wall{1'800'000'000};

inline net::MacAddress make_mac(std::uint8_t last) {
  return net::MacAddress({std::byte{2}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{last}});
}
inline const net::MacAddress client_mac = make_mac(0x0a);

inline const Bytes& name_space() {
  static const Bytes octets = to_bytes(as_bytes("router tests"));
  return octets;
}
inline crypto::PrivateKey make_key(std::string_view seed) {
  return crypto::PrivateKey::from_seed(as_bytes(seed));
}
inline NodeId id_of(const crypto::PrivateKey& key) {
  return *crypto::node_id_of(key.public_key());
}

/// Receipts of five replicas. Rival owners have replicas of their own, as in two parts of a ring: where
/// one replica signed for both, the later signature would count.
inline void grant(dht::Record& record, WallTime stored) {
  const std::string part = to_hex(ByteSpan(record.owner.point()));
  record.receipts.clear();
  for (char c = 'a'; c < 'f'; ++c)
    record.receipts.push_back(dht::make_receipt(record, name_space(), stored, make_key(part + c)));
}

inline dht::Record make_lease_record(const crypto::PrivateKey& key, net::Ipv4Address address, WallTime created = wall,
                                     const std::string& name = {}, std::chrono::seconds time = std::chrono::hours(24)) {
  dht::Record record;
  record.kind = dht::RecordKind::lease;
  record.name = router::record_name(address);
  record.value = router::encode(router::LeaseValue{id_of(key), name});
  record.sequence = 1;
  record.created = created;
  record.expires = created + time;
  dht::sign(record, name_space(), key);
  grant(record, created);
  return record;
}

inline dht::Record make_name_record(const crypto::PrivateKey& key, const std::string& name, net::Ipv4Address address,
                                    WallTime created = wall, std::chrono::seconds time = std::chrono::hours(24)) {
  dht::Record record;
  record.kind = dht::RecordKind::name;
  record.name = router::record_name(name);
  record.value = router::encode(router::NameValue{id_of(key), address});
  record.sequence = 1;
  record.created = created;
  record.expires = created + time;
  dht::sign(record, name_space(), key);
  grant(record, created);
  return record;
}

/// One table for a whole ring: create-if-absent, tombstones release. A claim is granted or refused in one step;
/// contention_test.cpp has rings in which claims are under way together.
class FakeDht {
 public:
  using Key = std::pair<dht::RecordKind, Bytes>;

  dht::Dht::Answer create(dht::Record record, WallTime now = wall) {
    if (!reachable) return {{}, dht::Outcome::no_majority, {}, "0 of 8 replicas"};
    auto& slot = records[{record.kind, record.name}];
    const bool is_free = !slot || slot->expires <= now || slot->is_tombstone() || slot->owner == record.owner;
    if (!is_free) return {{}, dht::Outcome::exists, {*slot}, {}};
    if (slot && slot->owner == record.owner && slot->sequence >= record.sequence)
      return {{}, dht::Outcome::exists, {*slot}, {}};
    if (record.receipts.empty()) grant(record, now);
    slot = record;
    return {{}, dht::Outcome::done, {record}, "8 of 8 replicas"};
  }
  dht::Dht::Answer get(dht::RecordKind kind, const Bytes& name, WallTime now = wall) const {
    if (!reachable) return {{}, dht::Outcome::no_majority, {}, "0 of 8 replicas"};
    const auto it = records.find({kind, name});
    if (it == records.end() || !it->second || it->second->expires <= now || it->second->is_tombstone())
      return {{}, dht::Outcome::not_found, {}, {}};
    return {{}, dht::Outcome::done, {*it->second}, {}};
  }
  void put(dht::Record record) {
    const Key key{record.kind, record.name};
    records[key] = std::move(record);
  }

  bool reachable = true;
  std::map<Key, std::optional<dht::Record>> records;
};

// --- frames of a client ------------------------------------------------------------------------

inline Bytes make_frame(const net::MacAddress& to, const net::MacAddress& from, net::EtherType type, ByteSpan payload) {
  Bytes out;
  net::encode(net::EthernetHeader{to, from, type}, out);
  append(out, payload);
  return out;
}

struct IpOptions {
  bool dont_fragment = true;
  bool more_fragments = false;
  std::uint16_t fragment_offset = 0;
};

inline Bytes make_ip(net::IpProtocol protocol, net::Ipv4Address from, net::Ipv4Address to, ByteSpan payload,
                     IpOptions options = {}) {
  net::Ipv4Packet packet;
  packet.header.protocol = protocol;
  packet.header.source = from;
  packet.header.destination = to;
  packet.header.dont_fragment = options.dont_fragment;
  packet.header.more_fragments = options.more_fragments;
  packet.header.fragment_offset = options.fragment_offset;
  packet.payload = payload;
  Bytes out;
  net::encode(packet, out);
  return out;
}

inline Bytes make_udp(net::Ipv4Address from, std::uint16_t from_port, net::Ipv4Address to, std::uint16_t to_port,
                      ByteSpan payload) {
  Bytes datagram;
  net::encode(net::UdpDatagram{from_port, to_port, payload}, from, to, datagram);
  return make_ip(net::IpProtocol::udp, from, to, datagram);
}

inline Bytes make_ping(net::Ipv4Address from, net::Ipv4Address to, std::uint16_t sequence = 1) {
  const Bytes data(56, std::byte{0x2a});
  Bytes icmp;
  net::encode(net::IcmpEcho{false, 77, sequence, data}, icmp);
  return make_ip(net::IpProtocol::icmp, from, to, icmp);
}

inline Bytes ip_frame(ByteSpan packet, const net::MacAddress& from = client_mac,
                      const net::MacAddress& to = router::server_mac) {
  return make_frame(to, from, net::EtherType::ipv4, packet);
}

inline Bytes arp_frame(const net::ArpPacket& packet) {
  Bytes payload;
  net::encode(packet, payload);
  return make_frame(net::MacAddress::broadcast(), packet.sender_mac, net::EtherType::arp, payload);
}

inline net::ArpPacket arp_request(net::Ipv4Address sender, net::Ipv4Address target,
                                  const net::MacAddress& mac = client_mac) {
  return {net::ArpOperation::request, mac, sender, {}, target};
}

inline net::DhcpMessage dhcp_message(net::DhcpMessageType type, std::uint32_t xid = 1,
                                     const net::MacAddress& mac = client_mac) {
  net::DhcpMessage message;
  message.xid = xid;
  message.chaddr = mac;
  message.options.set_message_type(type);
  return message;
}

inline Bytes dhcp_frame(const net::DhcpMessage& message, net::Ipv4Address from = {}, net::Ipv4Address to = everybody) {
  Bytes payload;
  REQUIRE(net::encode(message, payload));
  const net::MacAddress to_mac = to == everybody ? net::MacAddress::broadcast() : router::server_mac;
  return make_frame(to_mac, message.chaddr, net::EtherType::ipv4,
                    make_udp(from, net::udp_port_dhcp_client, to, net::udp_port_dhcp_server, payload));
}

inline net::DnsMessage dns_query(const std::string& name, net::DnsType type = net::DnsType::a) {
  net::DnsMessage query;
  query.header.id = 0x1234;
  query.header.rd = true;
  query.questions.push_back({*net::parse_dns_name(name), type, net::DnsClass::in});
  return query;
}

inline Bytes dns_frame(ByteSpan query, net::Ipv4Address from = own) {
  return ip_frame(make_udp(from, 40000, server, net::udp_port_dns, query));
}

// --- what the node wrote -------------------------------------------------------------------------

struct DhcpReply {
  net::EthernetHeader ethernet{};
  net::Ipv4Header ip{};
  net::UdpDatagram udp{};
  net::DhcpMessage message{};
  std::size_t size = 0;  // of the UDP payload

  [[nodiscard]] net::DhcpMessageType type() const { return *message.options.message_type(); }
};

inline std::optional<DhcpReply> read_dhcp(ByteSpan frame) {
  const auto ethernet = net::decode_ethernet(frame);
  if (!ethernet || ethernet->header.ether_type != net::EtherType::ipv4) return std::nullopt;
  const auto ip = net::decode_ipv4(ethernet->payload);
  if (!ip || ip->header.protocol != net::IpProtocol::udp) return std::nullopt;
  const auto udp = net::decode_udp(ip->payload, ip->header.source, ip->header.destination);
  if (!udp || udp->source_port != net::udp_port_dhcp_server) return std::nullopt;
  const auto message = net::decode_dhcp(udp->payload);
  if (!message) return std::nullopt;
  return DhcpReply{ethernet->header, ip->header, *udp, *message, udp->payload.size()};
}

inline std::optional<net::ArpPacket> read_arp(ByteSpan frame) {
  const auto ethernet = net::decode_ethernet(frame);
  if (!ethernet || ethernet->header.ether_type != net::EtherType::arp) return std::nullopt;
  const auto packet = net::decode_arp(ethernet->payload);
  return packet ? std::optional(*packet) : std::nullopt;
}

inline std::optional<net::DnsMessage> read_dns(ByteSpan frame) {
  const auto ethernet = net::decode_ethernet(frame);
  if (!ethernet || ethernet->header.ether_type != net::EtherType::ipv4) return std::nullopt;
  const auto ip = net::decode_ipv4(ethernet->payload);
  if (!ip || ip->header.protocol != net::IpProtocol::udp) return std::nullopt;
  const auto udp = net::decode_udp(ip->payload, ip->header.source, ip->header.destination);
  if (!udp || udp->source_port != net::udp_port_dns) return std::nullopt;
  const auto message = net::decode_dns(udp->payload);
  return message ? std::optional(*message) : std::nullopt;
}

// --- the router ------------------------------------------------------------------------------------

class Bench {
 public:
  explicit Bench(FakeDht& shared, const std::string& seed = "self", router::Router::Config config = {})
      : key(make_key(seed)),
        rng_(seed.size() + 17),
        ring(shared),
        router_(with(std::move(config), key), key, basis_, rng_) {
    set_clock(wall);
    drain();
  }

  /// A node that holds `own`.
  static router::Router::Config with_lease() {
    router::Router::Config config;
    config.preferred = own;
    return config;
  }
  void set_clock(WallTime time) {
    basis_.set_wall_time(now, time);
    router_.handle_clock_set(now);
  }
  void join() {
    router_.handle_joined(now);
    drain();
  }

  /// Gives frames as one batch and drains; `frames` then holds what was written.
  void give(const std::vector<Bytes>& batch) {
    forget();
    const std::vector<ByteSpan> spans(batch.begin(), batch.end());
    router_.handle_frames(now, spans);
    drain();
  }
  void give(const Bytes& frame) { give(std::vector<Bytes>{frame}); }
  void give_packets(const NodeId& source, const std::vector<Bytes>& packets) {
    forget();
    router_.handle_packets(now, source, packets);
    drain();
  }
  void change_ring() {
    forget();
    router_.handle_ring_changed(now);
    drain();
  }

  /// Lets time pass, with every timeout on the way.
  void pass(Duration time) {
    forget();
    const TimePoint end = now + time;
    for (int guard = 0; guard < 100'000; ++guard) {
      const auto next = router_.poll_timeout();
      if (!next || *next > end) break;
      now = std::max(now, *next);
      router_.handle_timeout(now);
      drain();
    }
    now = end;
  }

  [[nodiscard]] WallTime wall_now() const {
    return wall + std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  }

  /// Answers what is open, oldest first.
  void answer_dht() {
    while (!creates.empty() || !gets.empty()) {
      if (!creates.empty()) {
        const auto create = std::exchange(creates, {});
        for (const auto& request : create)
          router_.handle_dht_answer(now, request.id, ring.create(request.record, wall_now()));
      }
      const auto get = std::exchange(gets, {});
      for (const auto& request : get)
        router_.handle_dht_answer(now, request.id, ring.get(request.kind, request.name, wall_now()));
      take_outputs();
    }
  }

  void drain() {
    take_outputs();
    if (!answers_itself) return;
    answer_dht();
  }

  /// The DNS answer to a query from the client.
  net::DnsMessage ask(const net::DnsMessage& query) {
    Bytes octets;
    net::encode(query, octets);
    give(dns_frame(octets));
    REQUIRE(frames.size() == 1);
    const auto answer = read_dns(frames[0]);
    REQUIRE(answer);
    return *answer;
  }
  net::DnsMessage ask(const std::string& name, net::DnsType type = net::DnsType::a) {
    return ask(dns_query(name, type));
  }

  /// The one DHCP reply to a message; `frames` must hold nothing else.
  std::optional<DhcpReply> dhcp(const net::DhcpMessage& message, net::Ipv4Address from = {},
                                net::Ipv4Address to = everybody) {
    give(dhcp_frame(message, from, to));
    return last_dhcp();
  }
  [[nodiscard]] std::optional<DhcpReply> last_dhcp() const {
    std::optional<DhcpReply> found;
    for (const Bytes& frame : frames) {
      const auto reply = read_dhcp(frame);
      if (!reply) continue;
      REQUIRE_FALSE(found);
      found = reply;
    }
    return found;
  }
  /// DISCOVER and REQUEST: the client has the address.
  DhcpReply configure(const net::MacAddress& mac = client_mac) {
    const auto offer = dhcp(dhcp_message(net::DhcpMessageType::discover, 7, mac));
    REQUIRE(offer);
    auto request = dhcp_message(net::DhcpMessageType::request, 7, mac);
    request.options.set_address(net::DhcpCode::server_identifier, server);
    request.options.set_address(net::DhcpCode::requested_ip_address, offer->message.yiaddr);
    const auto ack = dhcp(request);
    REQUIRE(ack);
    REQUIRE(ack->type() == net::DhcpMessageType::ack);
    return *ack;
  }

  [[nodiscard]] std::uint64_t count(std::string_view name) const { return router_.counters().get(name); }
  [[nodiscard]] bool logged(std::string_view text) const {
    for (const LogLine& line : logs)
      if (line.text == text) return true;
    return false;
  }
  void forget() {
    frames.clear();
    sent.clear();
    links.clear();
    held.clear();
    lost.clear();
    names.clear();
    logs.clear();
    dns.clear();
    forwarded.clear();
    ended_forwards.clear();
    writes = 0;
  }
  router::Router& router() { return router_; }

  crypto::PrivateKey key;
  TimePoint now{};
  bool answers_itself = true;  // false: creates and gets wait for answer_dht()

  std::vector<Bytes> frames;
  std::size_t writes = 0;  // WriteFrames outputs
  std::vector<router::Router::SendPackets> sent;
  std::vector<NodeId> links;
  std::vector<router::Router::DhtCreate> creates;
  std::vector<router::Router::DhtGet> gets;
  std::vector<router::Lease> held;
  std::vector<router::Router::LeaseLost> lost;
  std::vector<std::string> names;
  std::vector<router::Router::Admitted> admitted{};
  std::vector<LogLine> logs;
  std::vector<router::Router::DnsAnswer> dns;
  std::vector<router::Router::ForwardDns> forwarded;
  std::vector<std::uint64_t> ended_forwards;
  std::vector<router::Router::DnsStreamAnswer> stream_answers;
  std::vector<std::optional<std::chrono::seconds>> clocks;
  std::size_t asked = 0;  // creates and gets in all

 private:
  SeededRng rng_;

 public:
  FakeDht& ring;

 private:
  static router::Router::Config with(router::Router::Config config, const crypto::PrivateKey& key) {
    config.self = id_of(key);
    config.name_space = name_space();
    if (config.prefix.length() == 0) config.prefix = prefix;
    return config;
  }

  void take_outputs() {
    while (auto output = router_.poll_output()) {
      std::visit(Overloaded{
                     [&](router::Router::WriteFrames& write) {
                       ++writes;
                       for (Bytes& frame : write.frames)
                         frames.push_back(std::move(frame));
                     },
                     [&](router::Router::SendPackets& send) { sent.push_back(std::move(send)); },
                     [&](router::Router::DhtCreate& create) {
                       ++asked;
                       creates.push_back(std::move(create));
                     },
                     [&](router::Router::DhtGet& get) {
                       ++asked;
                       gets.push_back(std::move(get));
                     },
                     [&](const router::Router::WantLink& want) { links.push_back(want.peer); },
                     [&](const router::Router::LeaseHeld& lease) { held.push_back(lease.lease); },
                     [&](const router::Router::LeaseLost& lease) { lost.push_back(lease); },
                     [&](const router::Router::NameHeld& name) { names.push_back(name.name); },
                     [&](const router::Router::Admitted& value) { admitted.push_back(value); },
                     [&](const router::Router::ClockOff& off) { clocks.push_back(off.ahead); },
                     [&](router::Router::ForwardDns& forward) { forwarded.push_back(std::move(forward)); },
                     [&](const router::Router::EndForwardDns& ended) { ended_forwards.push_back(ended.number); },
                     [&](router::Router::AskLeaseServer&) {},
                     [&](router::Router::DnsStreamAnswer& answer) { stream_answers.push_back(std::move(answer)); },
                     [&](LogLine& line) { logs.push_back(std::move(line)); },
                 },
                 *output);
    }
    while (auto answer = router_.poll_dns_answer())
      dns.push_back(*std::move(answer));
  }

  crypto::Basis basis_;
  router::Router router_;
};

/// A node that holds `own`, and the peer that holds `other`, in one ring.
struct Pair {
  Pair() : peer_key(make_key("peer")), peer(id_of(peer_key)), bench(ring, "self", Bench::with_lease()) {
    ring.put(make_lease_record(peer_key, other));
    bench.join();
    bench.forget();
  }

  FakeDht ring;
  crypto::PrivateKey peer_key;
  NodeId peer;
  Bench bench;
};

}  // namespace ipop::test
