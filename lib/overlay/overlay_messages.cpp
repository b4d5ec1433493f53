// Overlay::State: link messages and routed packets.

#include <algorithm>
#include <utility>

#include "overlay/greedy_routing.hpp"
#include "overlay/overlay_state.hpp"

namespace ipop::overlay {
namespace {

constexpr Duration way_back_lives = 10s;
constexpr Duration reach_lives = 600s;
/// How often all peers are asked where they see us because one sees us elsewhere.
constexpr Duration doubt_every = 2s;
/// Nodes next to the source, each side, that a request is spread to and an answer names.
constexpr std::size_t spread_per_side = 2;
/// Attempts that others start; our own find room beyond it.
constexpr std::size_t max_foreign_seeks = 192;

}  // namespace

void Overlay::State::handle_link_message(TimePoint now, crypto::ChannelId channel, ByteSpan payload) {
  auto message = decode_link_message(payload);
  Link* link = links_.find(channel);
  if (!message || link == nullptr) {
    counters_.add(link == nullptr ? "drop_no_link" : "drop_link_message_malformed");
    return;
  }
  std::visit([&](auto&& value) { handle_message(now, *link, channel, std::forward<decltype(value)>(value)); },
             std::move(*message));
}

void Overlay::State::handle_message(TimePoint now, Link& link, crypto::ChannelId channel, Status status) {
  if (link.peer_instance != 0 && link.peer_instance != status.instance) {
    const TimePoint opened = link.paths.find(channel)->opened;
    if (std::ranges::any_of(link.paths, [&](const Path& path) { return path.opened > opened; })) {
      counters_.add("drop_status_old_instance");
      return;
    }
    // The peer restarted, and paths of its former life lead nowhere; or its key runs twice.
    std::vector<crypto::ChannelId> former;
    for (const Path& path : link.paths) {
      if (path.channel != channel) former.push_back(path.channel);
    }
    for (const crypto::ChannelId old : former) {
      put_aside(now, old, link.peer, link.paths.find(old)->carrier);
      links_.remove_path(link, old);
    }
    const std::uint64_t former_instance = std::exchange(link.peer_instance, status.instance);
    tell_of_each_other(now, link, channel, former_instance);
    link.peer_sequence = 0;
    link.since = now;
    link.settle_at.reset();
    journal_.add(now, link.peer, "the peer restarted");
    if (std::exchange(link.told, false)) outputs_.push(LinkDown{link.peer, "the peer restarted", LinkEnd::lost, now});
    tell(now, link);
    drop_relayed_paths(now, link.peer, std::nullopt);
  }
  link.peer_instance = status.instance;
  send_message(now, link, channel, StatusAck{status.sequence});
  if (status.sequence <= link.peer_sequence) return;
  link.peer_sequence = status.sequence;
  link.peer_roles = status.roles;
  link.peer_nat = status.nat;
  link.relay_load = status.relay_load;
  for (const NodeId& id : status.neighbours)
    near_.learn(now, id, link.peer);
  link.neighbours = std::move(status.neighbours);
  dirty_ = true;
}

void Overlay::State::handle_message(TimePoint /*now*/, Link& link, crypto::ChannelId /*channel*/,
                                    const StatusAck& ack) {
  if (ack.sequence == link.status.latest.sequence) link.status.pending = false;
}

void Overlay::State::handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Ping& ping) {
  const Path& path = *link.paths.find(channel);
  Pong pong{ping.id, std::nullopt};
  if (const auto* endpoint = std::get_if<net::Endpoint>(&path.carrier)) pong.observed = *endpoint;
  send_message(now, link, channel, pong);
  handle_observed(now, link, path, ping.observed);
}

void Overlay::State::handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Pong& pong) {
  Path& path = *link.paths.find(channel);
  if (const auto round_trip = path.liveness.handle_pong(now, pong.id)) {
    path.handle_round_trip(*round_trip);
    handle_round_trip(now, link, path, *round_trip);
  }
  handle_observed(now, link, path, pong.observed);
}

void Overlay::State::handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Select& /*select*/) {
  // Only the node with the lower id chooses.
  if (link.peer > config_.self) {
    counters_.add("drop_select_not_entitled");
    return;
  }
  // It chooses among paths that it has proven, and the proof goes both ways.
  link.paths.find(channel)->proof.handle_carried(now, PathProof::smallest);
  link.paths.prefer(channel);
  path_proven(now, link.peer, channel);
}

void Overlay::State::handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Probe& probe) {
  // What the interface behind this node does not take is not to come, however wide the path is.
  if (probe_octets(probe) > std::max(config_.mtu, PathProof::smallest)) {
    counters_.add("drop_probe_above_mtu");
    return;
  }
  send_message(now, link, channel, ProbeEcho{probe.id, probe.padding});
}

void Overlay::State::handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const ProbeEcho& echo) {
  Path& path = *link.paths.find(channel);
  const auto answered = path.proof.handle_echo(now, echo.id);
  if (!answered) {
    counters_.add("drop_echo_unasked");
    return;
  }
  path.handle_round_trip(answered->round_trip);
  handle_round_trip(now, link, path, answered->round_trip);
  send_message(now, link, channel, Carried{echo.id, answered->octets});
  wake_by(path.proof.deadline());
  path_proven(now, link.peer, channel);
}

void Overlay::State::handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Carried& carried) {
  link.paths.find(channel)->proof.handle_carried(now, carried.octets);
  path_proven(now, link.peer, channel);
}

void Overlay::State::handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Close& close) {
  const NodeId peer = link.peer;
  if (close.reason == CloseReason::duplicate) {
    table_.close(now, channel);
    path_lost(now, peer, channel, std::string(to_string(close.reason)));
    return;
  }
  const bool unneeded = close.reason == CloseReason::unneeded;
  if (!unneeded) retry_.handle_failed(now, peer, RetryPace::pace, rng_);
  const LinkEnd end = unneeded                               ? LinkEnd::unneeded
                      : close.reason == CloseReason::leaving ? LinkEnd::left
                                                             : LinkEnd::lost;
  remove_link(now, peer, std::string(to_string(close.reason)), end);
}

void Overlay::State::handle_message(TimePoint now, Link& link, crypto::ChannelId /*channel*/,
                                    const Unreachable& unreachable) {
  drop_relayed_paths(now, link.peer, unreachable.peer);
}

void Overlay::State::handle_observed(TimePoint now, const Link& link, const Path& path,
                                     const std::optional<net::Endpoint>& observed) {
  const auto* endpoint = std::get_if<net::Endpoint>(&path.carrier);
  if (!observed || endpoint == nullptr) return;
  const EndpointPolicy of_a_peer{config_.virtual_prefix, {}};
  if (!of_a_peer.allows(*observed)) {
    counters_.add("drop_observed_forbidden");
    return;
  }
  switch (nat_.handle_report(now, link.peer, *endpoint, *observed)) {
    case NatBehavior::News::none: return;
    case NatBehavior::News::new_mapping:
      // All peers must see the new mapping, if there is one; whoever lies makes us ask only so often.
      if (now >= doubt_pursued_ + doubt_every) {
        doubt_pursued_ = now;
        probe_all(now);
      }
      [[fallthrough]];
    case NatBehavior::News::report: update_reachability();
  }
}

void Overlay::State::handle_routed(TimePoint now, const NodeId& previous, ByteSpan payload) {
  auto packet = decode_routed_packet(payload);
  if (!packet) {
    counters_.add("drop_routed_malformed");
    return;
  }
  if (packet->hops < 255) ++packet->hops;
  // Whoever made it may have written more.
  packet->ttl = std::min(packet->ttl, RoutedPacket::default_ttl);
  if (packet->source == config_.self) {
    counters_.add("drop_routed_own");
    return;
  }
  route(now, *std::move(packet), previous, std::nullopt);
}

void Overlay::State::route(TimePoint now, RoutedPacket packet, const std::optional<NodeId>& previous,
                           const std::optional<NodeId>& first_hop) {
  // Who looks for a place, his own or another one, is not the answer to it.
  const std::optional<NodeId> exclude = packet.mode == RouteMode::nearest && packet.type == PacketType::connect_to_me
                                            ? std::optional(packet.source)
                                            : std::nullopt;
  Hop hop = next_hop(links_, config_.self, packet.destination, packet.mode, exclude, previous);
  if (packet.type == PacketType::connect_to_me) {
    const auto tag = peek_connect_to_me(packet.payload);
    if (!tag) {
      counters_.add("drop_connect_to_me_malformed");
      return;
    }
    if (tag->kind == ConnectToMe::Kind::request) {
      if (previous && hop.kind == Hop::Kind::forward && !foreign_.may_pass_on(now, *previous)) {
        counters_.add("drop_request_pace");
        return;
      }
      if (previous) way_back_.put(now, tag->token, *previous, now + way_back_lives);
    } else if (const NodeId* back = way_back_.find(tag->token, now); back != nullptr && hop.kind != Hop::Kind::here) {
      // The asker may not be in the ring yet: the answer goes back as the request came.
      const Link* link = links_.find(*back);
      if (link != nullptr && link->is_up() && previous != *back) hop = {Hop::Kind::forward, *back};
    }
  }
  if (first_hop) {
    const Link* link = links_.find(*first_hop);
    if (link != nullptr && link->is_up()) hop = {Hop::Kind::forward, *first_hop};
  }

  switch (hop.kind) {
    case Hop::Kind::nowhere: counters_.add("drop_routed_nowhere"); return;
    case Hop::Kind::here:
      if (packet.source == config_.self && packet.type == PacketType::connect_to_me) return;
      take_routed(now, std::move(packet), previous.value_or(config_.self));
      return;
    case Hop::Kind::forward: break;
  }
  if (packet.ttl == 0) {
    counters_.add("drop_routed_ttl");
    return;
  }
  --packet.ttl;
  if (previous) counters_.add("routed_forwarded");
  Link* link = links_.find(hop.peer);
  Bytes payload;
  payload.reserve(1 + RoutedPacket::header_size + packet.payload.size());
  payload.push_back(static_cast<std::byte>(LinkPayload::routed));
  encode(packet, payload);
  if (Path* path = link == nullptr ? nullptr : link->in_use()) send_routed(now, *link, *path, payload);
}

void Overlay::State::send_routed(TimePoint now, Link& link, Path& path, ByteSpan payload) {
  if (payload.size() > path.proof.carries()) {
    const std::vector<Bytes> parts = split_payload(next_payload_++, payload, path.proof.carries());
    if (!parts.empty()) {
      const std::vector<ByteSpan> spans(parts.begin(), parts.end());
      counters_.add("sent_in_parts");
      seal(now, link, path, spans, Content::control);
      return;
    }
  }
  seal(now, link, path, {&payload, 1}, Content::control);
}

void Overlay::State::handle_part(TimePoint now, Link& link, ByteSpan payload) {
  const auto part = decode_payload_part(payload);
  if (!part) {
    counters_.add("drop_part_malformed");
    return;
  }
  const auto whole = link.parts.handle_part(now, *part);
  if (!whole) return;
  if (whole->front() != static_cast<std::byte>(LinkPayload::routed)) {
    counters_.add("drop_part_kind");
    return;
  }
  handle_routed(now, link.peer, ByteSpan(*whole).subspan(1));
}

void Overlay::State::take_routed(TimePoint now, RoutedPacket packet, const NodeId& previous) {
  if (packet.type == PacketType::connect_to_me) {
    if (packet.source != config_.self) handle_connect_to_me(now, packet, previous);
    return;
  }
  outputs_.push(Delivered{std::move(packet), previous});
}

ConnectToMe Overlay::State::make_connect_to_me(TimePoint /*now*/, ConnectToMe::Kind kind, std::uint64_t token) const {
  ConnectToMe message;
  message.kind = kind;
  message.token = token;
  message.instance = instance_;
  message.nat = nat_.nat_class();
  message.candidates = gather_candidates(nat_.observed(), nat_.local(), policy_);
  for (const auto& [peer, link] : links_.all()) {
    if (const Path* direct = link.paths.direct()) message.relays.push_back({peer, to_offer_ms(direct->round_trip)});
  }
  std::ranges::stable_sort(message.relays, {}, &RelayOffer::round_trip_ms);
  if (message.relays.size() > ConnectToMe::max_relays) message.relays.resize(ConnectToMe::max_relays);
  return message;
}

void Overlay::State::send_request(TimePoint now, std::uint64_t token, const NodeId& destination, RouteMode mode,
                                  bool spread, const Roles& roles, const std::optional<NodeId>& first_hop) {
  ConnectToMe request = make_connect_to_me(now, ConnectToMe::Kind::request, token);
  request.spread = spread;
  request.roles = roles;
  // Their lists come over the links; who is asked for a place that is settled need not ask them as well.
  if (spread && place_.is_settled()) request.neighbours = links_.around(config_.self, config_.near_per_side + 1);
  RoutedPacket packet;
  packet.type = PacketType::connect_to_me;
  packet.mode = mode;
  packet.source = config_.self;
  packet.destination = destination;
  encode(request, packet.payload);
  route(now, std::move(packet), std::nullopt, first_hop);
}

void Overlay::State::handle_connect_to_me(TimePoint now, const RoutedPacket& packet, const NodeId& previous) {
  auto message = decode_connect_to_me(packet.payload);
  if (!message) {
    counters_.add("drop_connect_to_me_malformed");
    return;
  }
  if (message->kind == ConnectToMe::Kind::request) {
    handle_request(now, packet, *message, previous);
  } else {
    handle_answer(now, packet.source, *message);
  }
}

void Overlay::State::remember_reach(TimePoint now, const NodeId& source, const ConnectToMe& message) {
  Reach reach;
  reach.candidates = usable_candidates(message.candidates, policy_);
  reach.relays = message.relays;
  reach.nat = message.nat;
  reach_.put(now, source, std::move(reach), now + reach_lives);
}

void Overlay::State::spread_request(TimePoint now, const RoutedPacket& packet, ConnectToMe request,
                                    const std::vector<NodeId>& next_to_source) {
  request.spread = false;
  const std::vector<NodeId> linked = std::exchange(request.neighbours, {});
  for (const NodeId& id : next_to_source) {
    if (id == packet.source || std::ranges::find(linked, id) != linked.end()) continue;
    RoutedPacket on = packet;
    on.mode = RouteMode::exact;
    on.destination = id;
    on.payload.clear();
    encode(request, on.payload);
    route(now, std::move(on), std::nullopt, id);
  }
}

void Overlay::State::handle_request(TimePoint now, const RoutedPacket& packet, const ConnectToMe& request,
                                    const NodeId& previous) {
  // The source may be invented; the link that the request came over is not.
  if (!foreign_.may_answer(now, previous)) {
    counters_.add("drop_request_pace");
    return;
  }
  const NodeId& source = packet.source;
  const std::vector<NodeId> next_to_source = links_.around(source, spread_per_side);
  if (request.spread) spread_request(now, packet, request, next_to_source);
  remember_reach(now, source, request);

  const Link* link = links_.find(source);
  // Only as a hint: a link is dropped for what its peer says inside it, not for this.
  const bool linked =
      link != nullptr && link->is_sound() && (link->peer_instance == 0 || link->peer_instance == request.instance);
  bool accept = request.roles.any();
  auto kind = ConnectToMe::Kind::answer;
  if (!linked && request.roles == only(Role::shortcut)) {
    const auto shortcuts = std::ranges::count_if(
        links_.all(), [](const auto& entry) { return entry.second.peer_roles.test(index_of(Role::shortcut)); });
    if (static_cast<std::size_t>(shortcuts) >= shortcuts_.accepted()) {
      counters_.add("shortcuts_refused");
      kind = ConnectToMe::Kind::refusal;
      accept = false;
    }
  }
  ConnectToMe answer = make_connect_to_me(now, kind, request.token);
  answer.neighbours = next_to_source;
  if (answer.neighbours.size() > ConnectToMe::max_neighbours) answer.neighbours.resize(ConnectToMe::max_neighbours);
  RoutedPacket back;
  back.type = PacketType::connect_to_me;
  back.mode = RouteMode::exact;
  back.source = config_.self;
  back.destination = source;
  encode(answer, back.payload);
  route(now, std::move(back), std::nullopt, std::nullopt);

  dirty_ = true;
  if (accept && !(linked && link->is_direct())) follow(now, source, previous);
}

void Overlay::State::follow(TimePoint now, const NodeId& source, const NodeId& previous) {
  auto it = seeking_.find(source);
  if (it == seeking_.end()) {
    const auto of_hop =
        std::ranges::count_if(seeking_, [&](const auto& entry) { return entry.second.asked_by == previous; });
    if (seeking_.size() >= max_foreign_seeks || static_cast<std::size_t>(of_hop) >= ForeignRequests::seeks_a_hop) {
      counters_.add("drop_seek_full");
      return;
    }
    Seeking seeking{Linker(source, rng_.next(), HolePunch::shots_asked), {}, NodeId{}, false, previous};
    it = seeking_.emplace(source, std::move(seeking)).first;
  }
  give_candidates(now, it->second);
}

void Overlay::State::handle_answer(TimePoint now, const NodeId& source, const ConnectToMe& answer) {
  // Nobody but whoever saw the question knows its token.
  const auto sought = seeking_.find(source);
  const bool is_sought = sought != seeking_.end() && sought->second.linker.token() == answer.token;
  if (!is_sought && !requests_.take_answer(answer.token)) {
    counters_.add("drop_answer_unasked");
    return;
  }
  for (const NodeId& id : answer.neighbours)
    near_.learn(now, id, source);
  remember_reach(now, source, answer);
  dirty_ = true;
  const Link* link = links_.find(source);
  const bool linked = link != nullptr && link->is_up();

  if (const RequestReply::Request* request = requests_.find(answer.token)) {
    const auto purpose = request->purpose;
    const bool first = !requests_.settle(now, answer.token);
    if (purpose == RequestReply::Purpose::own_place) {
      place_.handle_answer(source);
      near_.learn(now, source, source);
      if (linked) return;
      const auto missing = missing_near(now, config_.near_per_side + 1);
      if (std::ranges::find(missing, source, &NearLinks::Missing::id) == missing.end()) return;
      if (Seeking* seeking = seek(now, source, only(Role::near), source)) give_candidates(now, *seeking);
      return;
    }
    if (!first) return;
    const bool taken = answer.kind == ConnectToMe::Kind::answer;
    const std::vector<NodeId> near = links_.around(config_.self, config_.near_per_side + 1);
    const bool useful = taken && std::ranges::find(near, source) == near.end() && !shortcuts_.contains(source) &&
                        (linked || retry_.may_try(now, source));
    shortcuts_.handle_drawn(now, useful ? std::optional(source) : std::nullopt, rng_);
    if (useful && !linked) {
      if (Seeking* seeking = seek(now, source, only(Role::shortcut), source)) give_candidates(now, *seeking);
    }
    return;
  }

  if (answer.kind == ConnectToMe::Kind::refusal) {
    journal_.add(now, source, "the peer refused another link");
    sought->second.linker.fail(now);
    drive(now, source);
    return;
  }
  give_candidates(now, sought->second);
}

}  // namespace ipop::overlay
