#include "support/hostile_member.hpp"

#include <algorithm>

#include "base/machine.hpp"
#include "crypto/hash.hpp"
#include "overlay/candidates.hpp"
#include "overlay/carrier.hpp"

namespace ipop::test_support {
namespace {

using namespace overlay;

constexpr Duration tick_every = std::chrono::milliseconds(1000 / HostileMember::ticks_a_second);
constexpr Duration status_every = 1s;
constexpr Duration ask_again = 5s;
constexpr std::uint64_t invented_list = 1'000'000;
constexpr std::uint32_t invented_list_size = 8'000'000;

crypto::ChannelTable::Config hostile_channels(const HostileMember::Config& config) {
  crypto::ChannelTable::Config out;
  out.self = config.self;
  const auto context = crypto::sha256(as_bytes("ipop link 2\n" + config.name_space));
  out.context.assign(context.begin(), context.end());
  return out;
}

Roles wanted_roles() {
  return only(Role::near) | only(Role::shortcut);
}

}  // namespace

Lies telling(Lie lie) {
  return Lies{}.set(static_cast<std::size_t>(lie));
}

Lies some_lies(Rng& rng) {
  Lies out;
  for (std::size_t i = 0; i < static_cast<std::size_t>(Lie::mangled); ++i)
    out.set(i, rng.below(2) == 0);
  return out;
}

HostileMember::HostileMember(Config config)
    : config_(std::move(config)),
      rng_(config_.seed),
      handshakes_(config_.self, config_.seed, config_.certificate.value_or(StandInCertificate{})),
      table_(hostile_channels(config_), basis_, handshakes_, aeads_, rng_) {}

void HostileMember::start(TimePoint now, WallTime wall) {
  wall_ = wall;
  basis_.set_wall_time(now, wall);
  next_tick_ = now;
  tick(now);
}

void HostileMember::handle_datagram(TimePoint now, const net::Endpoint& from, ByteSpan octets) {
  const crypto::ChannelTable::Incoming incoming{to_carrier(from), octets};
  table_.handle_packets(now, {&incoming, 1});
}

void HostileMember::handle_timeout(TimePoint now) {
  table_.handle_timeout(now);
  if (next_tick_ && *next_tick_ <= now) tick(now);
}

std::optional<TimePoint> HostileMember::poll_timeout() const {
  return earliest(next_tick_, table_.poll_timeout());
}

SimHost::Outgoing HostileMember::take_outgoing(TimePoint now) {
  Outgoing out;
  while (auto output = table_.poll_output()) {
    std::visit(Overloaded{
                   [&](crypto::ChannelTable::Transmit& sent) {
                     const auto carrier = from_carrier(sent.to);
                     const auto* to = carrier ? std::get_if<net::Endpoint>(&*carrier) : nullptr;
                     if (to == nullptr) return;
                     for (Bytes& packet : sent.packets)
                       out.emplace_back(*to, std::move(packet));
                   },
                   [&](const crypto::ChannelTable::Opened& opened) {
                     const auto carrier = from_carrier(opened.carrier);
                     Link& link = links_[opened.peer];
                     link = {opened.id, std::get<net::Endpoint>(*carrier), 0, 0};
                     if (!tells(Lie::lists)) say(now, link, ListNumber{0, true});
                     send_status(now, opened.peer, link);
                   },
                   [&](const crypto::ChannelTable::Received& received) {
                     const auto link = std::ranges::find_if(
                         links_, [&](const auto& entry) { return entry.second.channel == received.id; });
                     if (link == links_.end()) return;
                     const NodeId peer = link->first;
                     for (const Bytes& payload : received.payloads)
                       hear(now, peer, payload);
                   },
                   [&](const crypto::ChannelTable::Closed& closed) {
                     const auto link = links_.find(closed.peer);
                     if (link != links_.end() && link->second.channel == closed.id) links_.erase(link);
                   },
                   [](const auto&) {},
               },
               *output);
  }
  return out;
}

void HostileMember::tick(TimePoint now) {
  next_tick_ = now + tick_every;
  mangled_in_tick_ = 0;
  seek_links(now);
  if (next_status_ <= now) {
    next_status_ = now + status_every;
    for (auto& [peer, link] : links_) {
      send_status(now, peer, link);
      if (tells(Lie::observed)) say(now, link, Ping{1, observed_of(link)});
      if (tells(Lie::lists)) tell_list(now, link);
    }
  }
  for (unsigned i = 0; i < config_.a_second / ticks_a_second; ++i) {
    const NodeId* target = any_target();
    if (target == nullptr) return;
    if (tells(Lie::answers)) tell_answer(now, *target);
    if (tells(Lie::requests)) tell_request(now);
    if (tells(Lie::relays)) tell_relays(now);
    if (tells(Lie::hand_overs)) tell_hand_over(now, *target);
    if (tells(Lie::gets)) tell_get(now, *target);
    if (tells(Lie::queries)) tell_query(now, *target);
    if (tells(Lie::watches)) tell_watch(now, *target);
    if (tells(Lie::floods)) tell_flood(now, *target);
    if (tells(Lie::endless)) tell_endless(now);
  }
}

void HostileMember::seek_links(TimePoint now) {
  for (const net::Endpoint& contact : config_.contacts) {
    if (links_.size() >= config_.links_wanted) return;
    const bool linked =
        std::ranges::any_of(links_, [&](const auto& entry) { return entry.second.endpoint == contact; });
    const auto asked = asked_.find(contact);
    if (linked || (asked != asked_.end() && asked->second > now)) continue;
    asked_[contact] = now + ask_again;
    table_.open(now, to_carrier(contact), std::nullopt, 1);
  }
}

void HostileMember::hear(TimePoint now, const NodeId& peer, ByteSpan payload) {
  if (tells(Lie::mangled)) tell_mangled(now, payload);
  Link& link = links_.at(peer);
  if (payload.front() == static_cast<std::byte>(LinkPayload::routed)) {
    auto packet = decode_routed_packet(payload.subspan(1));
    if (packet && !tells(Lie::silence)) pass_on(now, peer, *std::move(packet));
    return;
  }
  const auto message = decode_link_message(payload);
  if (!message) return;
  if (const auto* ping = std::get_if<Ping>(&*message)) {
    say(now, link, Pong{ping->id, observed_of(link)});
  } else if (const auto* probe = std::get_if<Probe>(&*message)) {
    say(now, link, ProbeEcho{probe->id, probe->padding});
  } else if (const auto* status = std::get_if<Status>(&*message)) {
    say(now, link, StatusAck{status->sequence});
  } else if (const auto* number = std::get_if<ListNumber>(&*message); number != nullptr && number->asks) {
    say(now, link, ListNumber{tells(Lie::lists) ? invented_list : number->number, false});
  } else if (const auto* request = std::get_if<ListRequest>(&*message)) {
    link.list_offset = request->offset;
  } else if (const auto* close = std::get_if<Close>(&*message); close != nullptr) {
    table_.close(now, link.channel);
    links_.erase(peer);
  }
}

void HostileMember::pass_on(TimePoint now, const NodeId& previous, RoutedPacket packet) {
  const NodeId own = ring_distance(config_.self, packet.destination);
  const bool is_nearest = std::ranges::all_of(
      links_, [&](const auto& entry) { return ring_distance(entry.first, packet.destination) > own; });
  if (is_nearest && tells(Lie::denial)) deny(now, packet);
  if (packet.ttl == 0 || is_nearest) return;
  --packet.ttl;
  ++packet.hops;
  route(now, packet, previous);
}

void HostileMember::deny(TimePoint now, const RoutedPacket& packet) {
  const auto asked = packet.type == PacketType::dht ? dht::decode_message(packet.payload)
                                                    : Result<dht::Message>(Errc::unsupported, "");
  if (!asked) return;
  std::optional<dht::Message> answer;
  if (const auto* get = std::get_if<dht::GetRequest>(&*asked)) {
    answer = dht::GetAnswer{.request = get->request, .position = get->position, .records = {}};
  } else if (const auto* stored = std::get_if<dht::StoreRequest>(&*asked)) {
    answer =
        dht::StoreAnswer{.request = stored->request, .position = stored->position, .verdict = dht::Verdict::granted};
  }
  if (!answer) return;
  RoutedPacket back;
  back.type = PacketType::dht;
  back.mode = RouteMode::back;
  back.question = packet.question;
  back.source = config_.self;
  back.destination = packet.source;
  back.payload = dht::encoded(*answer);
  route(now, back, std::nullopt);
  ++told_;
}

void HostileMember::send_status(TimePoint now, const NodeId& peer, Link& link) {
  Status status;
  status.instance = config_.seed + 1;
  status.sequence = ++link.sequence;
  status.roles = wanted_roles();
  status.nat = NatClass::none;
  if (tells(Lie::neighbours)) status.neighbours = neighbours_for(peer);
  say(now, link, status);
}

std::optional<net::Endpoint> HostileMember::observed_of(const Link& link) {
  if (!tells(Lie::observed)) return link.endpoint;
  ++told_;
  return net::Endpoint{net::Ipv4Address(203, 0, 113, 77), static_cast<std::uint16_t>(1024 + rng_.below(60000))};
}

std::vector<NodeId> HostileMember::neighbours_for(const NodeId& peer) {
  std::vector<NodeId> out;
  for (std::size_t i = 0; i < max_listed_neighbours; ++i)
    out.push_back(beside(peer));
  ++told_;
  return out;
}

void HostileMember::tell_list(TimePoint now, Link& link) {
  if (link.list_offset == 0) say(now, link, ListNumber{invented_list, false});
  say(now, link, ListPiece{invented_list, invented_list_size, link.list_offset, Bytes(1, std::byte{1})});
  ++link.list_offset;
  ++told_;
}

NodeId HostileMember::invented() {
  std::array<std::byte, NodeId::size> octets{};
  rng_.fill(octets);
  return NodeId(octets);
}

// So near that nobody honest stands between.
NodeId HostileMember::beside(const NodeId& id) {
  std::array<std::byte, NodeId::size> octets{};
  rng_.fill(std::span(octets).last(8));
  return rng_.below(2) == 0 ? id + NodeId(octets) : id - NodeId(octets);
}

const NodeId* HostileMember::any_target() {
  if (!config_.targets.empty()) return &config_.targets[rng_.below(config_.targets.size())];
  if (links_.empty()) return nullptr;
  return &std::next(links_.begin(), static_cast<std::ptrdiff_t>(rng_.below(links_.size())))->first;
}

void HostileMember::say(TimePoint now, const Link& link, const LinkMessage& message) {
  Bytes payload;
  encode(message, payload);
  const ByteSpan span(payload);
  static_cast<void>(table_.seal(now, link.channel, {&span, 1}));
}

void HostileMember::route(TimePoint now, const RoutedPacket& packet, const std::optional<NodeId>& previous) {
  const Link* best = nullptr;
  NodeId best_distance{};
  for (const auto& [peer, link] : links_) {
    if (peer == previous) continue;
    const NodeId distance = ring_distance(peer, packet.destination);
    if (best != nullptr && distance >= best_distance) continue;
    best = &link;
    best_distance = distance;
  }
  if (best == nullptr) return;
  Bytes payload{static_cast<std::byte>(LinkPayload::routed)};
  encode(packet, payload);
  constexpr std::size_t sealed_by = 28;  // SPI, counter and tag
  if (!previous) octets_ += payload.size() + sealed_by;
  const ByteSpan span(payload);
  static_cast<void>(table_.seal(now, best->channel, {&span, 1}));
}

}  // namespace ipop::test_support
