#include <algorithm>
#include <cstdlib>
#include <map>

#include "crypto/private_key.hpp"
#include "net/arp.hpp"
#include "net/ethernet.hpp"
#include "net/ipv4.hpp"
#include "router/mac_table.hpp"
#include "router/router.hpp"

using namespace ipop;

namespace {

const net::Ipv4Prefix prefix(net::Ipv4Address(10, 128, 0, 0), 9);

void require(bool condition) {
  if (!condition) std::abort();
}

/// The member at 10.129.0.9, which a path reaches that is narrower than the interface.
dht::Record make_lease(const crypto::PrivateKey& peer, ByteSpan name_space) {
  constexpr WallTime created{1'800'000'000};
  dht::Record record;
  record.kind = dht::RecordKind::lease;
  record.name = router::record_name(net::Ipv4Address(10, 129, 0, 9));
  record.value = router::encode(router::LeaseValue{*crypto::node_id_of(peer.public_key()), {}});
  record.sequence = 1;
  record.created = created;
  record.expires = created + std::chrono::hours(24);
  dht::sign(record, name_space, peer);
  for (const char* witness : {"a", "b", "c", "d", "e"})
    record.receipts.push_back(
        dht::make_receipt(record, name_space, created, crypto::PrivateKey::from_seed(as_bytes(witness))));
  return record;
}

using Ring = std::map<std::pair<dht::RecordKind, Bytes>, dht::Record>;

/// The ring grants every claim and knows every record; `reachable` false: it never answers.
void drain(router::Router& node, TimePoint now, Ring& records, bool reachable) {
  std::size_t outputs = 0;
  while (auto output = node.poll_output()) {
    require(++outputs < 10'000);
    if (const auto* create = std::get_if<router::Router::DhtCreate>(&*output)) {
      records[{create->record.kind, create->record.name}] = create->record;
      if (reachable) node.handle_dht_answer(now, create->id, {{}, dht::Outcome::done, {create->record}, {}});
    } else if (const auto* get = std::get_if<router::Router::DhtGet>(&*output)) {
      const auto found = records.find({get->kind, get->name});
      dht::Dht::Answer answer{{}, dht::Outcome::not_found, {}, {}};
      if (found != records.end()) answer = {{}, dht::Outcome::done, {found->second}, {}};
      if (reachable) node.handle_dht_answer(now, get->id, answer);
    } else if (const auto* write = std::get_if<router::Router::WriteFrames>(&*output)) {
      for (const Bytes& frame : write->frames) {
        const auto decoded = net::decode_ethernet(frame);
        require(decoded.has_value());
        require(decoded->header.source == router::server_mac);
        require(decoded->header.destination != router::server_mac);
        if (decoded->header.ether_type == net::EtherType::arp) {
          const auto packet = net::decode_arp(decoded->payload);
          require(packet.has_value());
          // The client must never hear its own address from another MAC.
          require(!node.lease() || packet->sender_ip != node.lease()->address);
        } else {
          require(net::decode_ipv4(decoded->payload).has_value());
        }
      }
    } else if (const auto* send = std::get_if<router::Router::SendPackets>(&*output)) {
      for (const Bytes& packet : send->packets) {
        const auto addresses = net::ipv4_addresses(packet);
        require(addresses && prefix.contains(addresses->source) && prefix.contains(addresses->destination));
      }
    }
  }
  while (node.poll_dns_answer()) {
  }
}

}  // namespace

// Input: one octet of choices, then records of one octet (what it is and how much time passes before)
// and a length in two octets. Frames of the client and packets of a peer go into a node that holds
// an address; what it writes is well formed, and never speaks for the client's own address.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const crypto::PrivateKey key = crypto::PrivateKey::from_seed(as_bytes("fuzz"));
  static const NodeId self = *crypto::node_id_of(key.public_key());
  static const crypto::PrivateKey peer_key = crypto::PrivateKey::from_seed(as_bytes("peer"));
  static const NodeId peer = *crypto::node_id_of(peer_key.public_key());
  static const dht::Record lease_of_peer = make_lease(peer_key, as_bytes("fuzz"));
  ByteReader in(ByteSpan(reinterpret_cast<const std::byte*>(data), size));
  const auto choices = in.read<std::uint8_t>();
  const bool reachable = (choices & 1U) == 0;
  SeededRng rng(choices);
  router::Router::Config config;
  config.self = self;
  config.name_space = to_bytes(as_bytes("fuzz"));
  config.prefix = prefix;
  config.preferred = net::Ipv4Address(10, 128, 0, 7);
  if ((choices & 2U) != 0) config.host_name = "fuzz";
  Ring ring{{{lease_of_peer.kind, lease_of_peer.name}, lease_of_peer}};
  TimePoint now{};
  crypto::Basis basis;
  basis.set_wall_time(now, WallTime{1'800'000'000});
  router::Router node(config, key, basis, rng);
  node.handle_clock_set(now);
  node.handle_carries(peer, 1204);
  node.handle_joined(now);
  drain(node, now, ring, true);
  for (int steps = 0; steps < 64 && in.remaining() > 0; ++steps) {
    const auto kind = in.read<std::uint8_t>();
    const ByteSpan octets = in.take(std::min<std::size_t>(in.read<std::uint16_t>(), in.remaining()));
    now += std::chrono::milliseconds(100 * (kind >> 3U));
    for (int timeouts = 0; timeouts < 64 && node.poll_timeout() && *node.poll_timeout() <= now; ++timeouts) {
      node.handle_timeout(now);
      drain(node, now, ring, reachable);
    }
    if ((kind & 1U) == 0) {
      const ByteSpan frames[] = {octets, octets};
      node.handle_frames(now, std::span(frames).first((kind & 2U) == 0 ? 1 : 2));
    } else {
      const Bytes packets[] = {to_bytes(octets)};
      node.handle_packets(now, (kind & 2U) == 0 ? peer : self, packets);
    }
    if ((kind & 4U) != 0) node.handle_ring_changed(now);
    drain(node, now, ring, reachable);
  }
  return 0;
}
