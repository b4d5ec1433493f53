// HostileMember: one function for each lie that is a packet of its own.

#include "crypto/hash.hpp"
#include "node/query.hpp"
#include "overlay/candidates.hpp"
#include "overlay/carrier.hpp"
#include "support/hostile_member.hpp"

namespace ipop::test_support {

using namespace overlay;

void HostileMember::tell_answer(TimePoint now, const NodeId& target) {
  ConnectToMe answer;
  answer.kind = ConnectToMe::Kind::answer;
  answer.token = rng_.next();
  for (std::size_t i = 0; i < ConnectToMe::max_neighbours; ++i)
    answer.neighbours.push_back(beside(target));
  RoutedPacket packet;
  packet.type = PacketType::connect_to_me;
  packet.source = beside(target);
  packet.destination = target;
  encode(answer, packet.payload);
  route(now, packet, std::nullopt);
  ++told_;
}

void HostileMember::tell_request(TimePoint now) {
  ConnectToMe request;
  request.spread = true;
  request.roles = only(Role::near);
  request.token = rng_.next();
  if (config_.victim) {
    for (std::uint16_t i = 0; i < max_candidates; ++i) {
      net::Endpoint port = *config_.victim;
      port.port = static_cast<std::uint16_t>(port.port + i);
      request.candidates.push_back(port);
      // Whoever has few direct links, or none any more, is to try these as well.
      port.port = static_cast<std::uint16_t>(port.port + 100);
      if (request.ways_in.size() < ConnectToMe::max_ways_in) request.ways_in.push_back(port);
    }
  }
  RoutedPacket packet;
  packet.type = PacketType::connect_to_me;
  packet.mode = RouteMode::nearest;
  packet.question = request.token;
  packet.source = invented();
  packet.destination = packet.source;
  encode(request, packet.payload);
  route(now, packet, std::nullopt);
  ++told_;
}

void HostileMember::tell_relays(TimePoint now) {
  ConnectToMe request;
  request.roles = only(Role::near);
  request.token = rng_.next();
  request.nat = NatClass::address_dependent;
  for (std::size_t i = 0; i < ConnectToMe::max_relays; ++i)
    request.relays.push_back({invented(), 1});
  RoutedPacket packet;
  packet.type = PacketType::connect_to_me;
  packet.mode = RouteMode::nearest;
  packet.question = request.token;
  packet.source = invented();
  packet.destination = invented();
  encode(request, packet.payload);
  route(now, packet, std::nullopt);
  ++told_;
}

void HostileMember::tell_hand_over(TimePoint now, const NodeId& target) {
  constexpr std::size_t records_a_message = 4;
  dht::Handover handed;
  handed.request = rng_.next();
  const Bytes name_space = to_bytes(as_bytes(config_.name_space));
  Bytes key_seed(8);
  rng_.fill(key_seed);
  const auto key = crypto::PrivateKey::from_seed(key_seed);
  for (std::size_t i = 0; i < records_a_message; ++i) {
    dht::Record record;
    record.kind = dht::RecordKind::value;
    record.name = Bytes(16);
    rng_.fill(record.name);
    record.value = Bytes(16, std::byte{1});
    record.sequence = 1;
    record.created = wall_;
    record.expires = wall_ + std::chrono::hours(24);
    dht::sign(record, name_space, key);
    handed.records.push_back({dht::PositionSet{}.set(), std::move(record)});
  }
  RoutedPacket packet;
  packet.type = PacketType::dht;
  packet.source = config_.self;
  packet.destination = target;
  packet.payload = dht::encoded(handed);
  route(now, packet, std::nullopt);
  told_ += records_a_message;
}

void HostileMember::tell_get(TimePoint now, const NodeId& target) {
  dht::GetRequest request;
  request.request = rng_.next();
  request.kind = dht::RecordKind::value;
  request.name = to_bytes(as_bytes("popular"));
  RoutedPacket packet;
  packet.type = PacketType::dht;
  packet.mode = RouteMode::nearest;
  packet.source = target;
  packet.destination = dht::position_of(as_bytes(config_.name_space), request.kind, request.name);
  packet.payload = dht::encoded(request);
  route(now, packet, std::nullopt);
  ++told_;
}

void HostileMember::tell_query(TimePoint now, const NodeId& target) {
  const auto asked = std::ranges::find_if(links_, [&](const auto& entry) { return entry.first != target; });
  if (asked == links_.end()) return;
  RoutedPacket packet;
  packet.type = PacketType::query;
  packet.mode = RouteMode::exact;
  packet.source = target;
  packet.destination = asked->first;
  encode(node::QueryMessage(node::Query{rng_.next()}), packet.payload);
  route(now, packet, std::nullopt);
  ++told_;
}

/// First as many watches as there is room for, then one change after the other of what is watched.
void HostileMember::tell_watch(TimePoint now, const NodeId& target) {
  const Bytes name = to_bytes(as_bytes("watched"));
  RoutedPacket packet;
  packet.type = PacketType::dht;
  packet.mode = RouteMode::nearest;
  packet.destination = dht::position_of(as_bytes(config_.name_space), dht::RecordKind::value, name);
  constexpr std::uint64_t watches = 100;
  if (++told_ <= watches) {
    packet.source = target;
    packet.payload = dht::encoded(dht::WatchRequest{.request = rng_.next(),
                                                    .position = 0,
                                                    .kind = dht::RecordKind::value,
                                                    .lifetime = std::chrono::seconds(600),
                                                    .name = name});
  } else {
    const auto key = crypto::PrivateKey::from_seed(Bytes(8, std::byte{9}));
    dht::Record record;
    record.kind = dht::RecordKind::value;
    record.name = name;
    record.value = to_bytes(as_bytes(std::to_string(told_)));
    record.sequence = told_;
    record.created = wall_;
    record.expires = wall_ + std::chrono::hours(24);
    dht::sign(record, to_bytes(as_bytes(config_.name_space)), key);
    packet.source = config_.self;
    packet.payload = dht::encoded(
        dht::StoreRequest{.request = rng_.next(), .position = 0, .mode = dht::StoreMode::put, .record = record});
  }
  route(now, packet, std::nullopt);
}

void HostileMember::tell_flood(TimePoint now, const NodeId& target) {
  constexpr std::size_t size = 1200;
  for (auto& [peer, link] : links_) {
    if (peer == target) continue;
    Bytes payload;
    encode_relayed(LinkPayload::relayed, target, Bytes(size, std::byte{0x77}), payload);
    octets_ += payload.size();
    const ByteSpan span(payload);
    static_cast<void>(table_.seal(now, link.channel, {&span, 1}));
    ++told_;
  }
}

void HostileMember::tell_endless(TimePoint now) {
  RoutedPacket packet;
  packet.type = PacketType::query;
  packet.source = config_.self;
  packet.destination = invented();
  packet.ttl = 255;
  packet.payload = Bytes(1000);
  route(now, packet, std::nullopt);
  ++told_;
}

void HostileMember::tell_mangled(TimePoint now, ByteSpan heard) {
  constexpr std::size_t most_added = 64;
  constexpr std::size_t most_changed = 2;
  // Some copies of each message, so that something of the tick is left for the next one.
  constexpr std::uint64_t copies = 64;
  while (mangled_in_tick_ < config_.a_second / ticks_a_second) {
    ++mangled_in_tick_;
    Bytes payload = to_bytes(heard);
    switch (rng_.below(4)) {
      case 0: payload.resize(1 + rng_.below(payload.size())); break;
      case 1: payload.resize(payload.size() + 1 + rng_.below(most_added), std::byte{0xff}); break;
      default: break;
    }
    for (std::size_t i = rng_.below(most_changed + 1); i > 0; --i)
      payload[rng_.below(payload.size())] = static_cast<std::byte>(rng_.below(256));
    // Zero begins what the channels say to each other.
    if (payload.front() == std::byte{0}) payload.front() = std::byte{1};
    const Link& link = std::next(links_.begin(), static_cast<std::ptrdiff_t>(rng_.below(links_.size())))->second;
    const ByteSpan span(payload);
    octets_ += payload.size();
    ++told_;
    static_cast<void>(table_.seal(now, link.channel, {&span, 1}));
    if (rng_.below(copies) == 0) return;
  }
}

}  // namespace ipop::test_support
