// Router's side of the overlay: the client's packets to peers, and theirs to the client.

#include <utility>

#include "net/icmp.hpp"
#include "router/arp_responder.hpp"
#include "router/mss_clamp.hpp"
#include "router/router_state.hpp"
#include "router/server_answers.hpp"
#include "router/source_check.hpp"

namespace ipop::router {
namespace {

// Our choice: the overlay drops an idle on-demand link after 450 s, so every 10 s is often enough.
constexpr Duration want_link_pause = 10s;
constexpr Duration tell_admitted_pause = 100ms;
// A peer with several adapters has a few sources; more unknown ones at a time is a search of the DHT
// through us.
constexpr std::size_t most_unknown_sources = 4;

bool has_dont_fragment(ByteSpan packet) {
  return (packet[6] & std::byte{0x40}) != std::byte{0};
}

}  // namespace

void Router::State::handle_unicast(TimePoint now, ByteSpan packet, net::Ipv4Address destination) {
  if (last_destination_ && last_destination_->address == destination)
    return send_to(now, last_destination_->holder, packet);
  const AddressResolver::Entry& entry = resolver_.resolve(now, destination);
  switch (entry.knowledge) {
    case AddressResolver::Knowledge::holder:
      if (entry.holder == config_.self) return counters.add("drop_ip_to_self");
      last_destination_ = LastHit{destination, entry.holder};
      return send_to(now, entry.holder, packet);
    case AddressResolver::Knowledge::asking:
      if (!parked_out_.park(now, destination, {}, packet)) counters.add("drop_ip_parked_full");
      return;
    case AddressResolver::Knowledge::nobody: return counters.add("drop_ip_nobody");
    case AddressResolver::Knowledge::unknown: return counters.add("drop_ip_unresolved");
  }
}

void Router::State::handle_carries(const NodeId& peer, std::uint16_t octets) {
  if (octets < config_.mtu) {
    narrow_[peer] = octets;
  } else {
    narrow_.erase(peer);
  }
}

std::uint16_t Router::State::mtu_to(const NodeId& peer) const {
  if (narrow_.empty()) return config_.mtu;
  const auto it = narrow_.find(peer);
  return it == narrow_.end() ? config_.mtu : it->second;
}

void Router::State::send_to(TimePoint now, const NodeId& holder, ByteSpan packet) {
  const std::uint16_t mtu = mtu_to(holder);
  if (packet.size() > mtu) return handle_too_big(now, packet, holder);
  if (batch_.packets.empty() || batch_.to != holder) {
    if (!batch_.packets.empty()) outputs.push(std::exchange(batch_, {}));
    batch_.to = holder;
    want_link(now, holder);
  }
  auto clamped = mtu < config_.mtu ? clamp_segment_size(packet, mtu) : std::nullopt;
  if (clamped) counters.add("tcp_segment_size_clamped");
  batch_.packets.push_back(clamped ? *std::move(clamped) : to_bytes(packet));
}

void Router::State::handle_too_big(TimePoint now, ByteSpan packet, const NodeId& holder) {
  const std::uint16_t mtu = mtu_to(holder);
  if (has_dont_fragment(packet)) {
    counters.add("drop_ip_too_big");
    const auto report = net::make_fragmentation_needed(config_.prefix.server_address(), mtu, packet);
    if (report && lease()) write_ip(now, lease()->address, *report);
    return;
  }
  const auto fragments = make_fragments(packet, mtu);
  if (fragments.empty()) return counters.add("drop_ip_too_big");
  counters.add("ip_fragmented");
  for (const Bytes& fragment : fragments)
    send_to(now, holder, fragment);
}

void Router::State::handle_packets(TimePoint now, const NodeId& source, std::span<const Bytes> packets) {
  for (const Bytes& packet : packets)
    receive(now, source, packet);
  pass_values(now);
}

void Router::State::receive(TimePoint now, const NodeId& source, ByteSpan packet) {
  if (!lease()) return counters.add("drop_peer_no_lease");
  net::Ipv4Addresses addresses;
  const auto refused = refuse_from_peer(packet, lease()->address, config_.prefix, addresses);
  if (!refused.empty()) return counters.add(refused);
  const bool is_new = !parked_in_.holds(addresses.source);
  const bool may_wait = !is_new || parked_in_.addresses_of(source) < most_unknown_sources;
  if (!may_wait && resolver_.find(now, addresses.source) == nullptr) return counters.add("drop_peer_parked_full");
  const auto verdict = check_source(resolver_.resolve(now, addresses.source), source);
  switch (verdict) {
    case SourceVerdict::good: {
      // The path carries the same both ways, and the other end may not know it yet.
      const std::uint16_t mtu = mtu_to(source);
      const auto clamped = mtu < config_.mtu ? clamp_segment_size(packet, mtu) : std::nullopt;
      tell_admitted(now, source, addresses);
      return write_ip(now, lease()->address, clamped ? ByteSpan(*clamped) : packet);
    }
    case SourceVerdict::wrong:
      // The lease may have gone to the sender a moment ago.
      resolver_.doubt(now, addresses.source);
      return counters.add("drop_peer_source_not_leased");
    case SourceVerdict::vacant:
      if (!may_wait || !resolver_.doubt(now, addresses.source)) return counters.add("drop_peer_source_not_leased");
      break;
    case SourceVerdict::open: break;
  }
  if (!may_wait || !parked_in_.park(now, addresses.source, source, packet)) counters.add("drop_peer_parked_full");
}

void Router::State::handle_resolved(TimePoint now, net::Ipv4Address address) {
  const AddressResolver::Entry* found = resolver_.find(now, address);
  const AddressResolver::Entry entry = found == nullptr ? AddressResolver::Entry{} : *found;
  const bool is_peer = entry.knowledge == AddressResolver::Knowledge::holder && entry.holder != config_.self;

  if (const auto request = take(waiting_arps_, address, now)) {
    if (is_peer) {
      want_link(now, entry.holder);
      counters.add("arp_reply");
      write(make_arp_frame(make_arp_reply(*request)));
    } else {
      counters.add("arp_silence");
    }
  }

  const auto outgoing = parked_out_.take(address);
  for (const auto& parked : outgoing) {
    if (is_peer) {
      send_to(now, entry.holder, parked.octets);
    } else {
      counters.add(entry.knowledge == AddressResolver::Knowledge::nobody ? "drop_ip_nobody" : "drop_ip_unresolved");
    }
  }
  if (!outgoing.empty() && entry.knowledge == AddressResolver::Knowledge::nobody && lease()) {
    // Programs fail at once where ARP was answered from an older mapping.
    const auto report =
        net::make_unreachable(config_.prefix.server_address(), net::UnreachableCode::host, outgoing.front().octets);
    if (report) write_ip(now, lease()->address, *report);
  }

  for (const auto& parked : parked_in_.take(address)) {
    const bool is_good = lease() && check_source(entry, parked.from) == SourceVerdict::good;
    if (!is_good) {
      counters.add("drop_peer_source_not_leased");
      continue;
    }
    // The own address may have changed while the packet waited.
    net::Ipv4Addresses addresses;
    const auto refused = refuse_from_peer(parked.octets, lease()->address, config_.prefix, addresses);
    if (refused.empty()) {
      write_ip(now, lease()->address, parked.octets);
    } else {
      counters.add(refused);
    }
  }
  dns_.handle_lease(now, address, entry);
}

void Router::State::tell_admitted(TimePoint now, const NodeId& peer, const net::Ipv4Addresses& addresses) {
  if (!config_.tells_admitted || admitted_.find(addresses.source, now) != nullptr) return;
  const auto mac = macs_.find(addresses.destination);
  if (!mac) return;
  admitted_.put(now, addresses.source, {}, now + tell_admitted_pause);
  outputs.push(Admitted{peer, addresses.source, addresses.destination, *mac});
}

void Router::State::want_link(TimePoint now, const NodeId& peer) {
  if (wanted_links_.find(peer, now) != nullptr) return;
  wanted_links_.put(now, peer, {}, now + want_link_pause);
  outputs.push(WantLink{peer});
}

void Router::State::flush() {
  if (!batch_.packets.empty()) outputs.push(std::exchange(batch_, {}));
  if (!frames_.frames.empty()) outputs.push(std::exchange(frames_, {}));
}

}  // namespace ipop::router
