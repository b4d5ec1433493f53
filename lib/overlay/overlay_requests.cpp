// Overlay::State: connect-to-me, the questions and answers by which nodes find each other over the ring.

#include <algorithm>
#include <utility>

#include "overlay/overlay_state.hpp"

namespace ipop::overlay {
namespace {

/// Nodes next to the source, each side, that a request is spread to and an answer names.
constexpr std::size_t spread_per_side = 2;

}  // namespace

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
  if (spread) request.neighbours = ring_.heard_neighbours(now, view(now));
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
  seeker_.handle_reach(now, source, std::move(reach));
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
  if (!routing_.may_answer(now, previous)) return;
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
    if (static_cast<std::size_t>(shortcuts) >= ring_.shortcuts_accepted()) {
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
  if (accept && !(linked && link->is_direct()) && seeker_.follow(now, source, previous)) give_candidates(now, source);
}

void Overlay::State::handle_answer(TimePoint now, const NodeId& source, const ConnectToMe& answer) {
  // Nobody but whoever saw the question knows its token.
  const bool is_sought = seeker_.is_asked(source, answer.token);
  if (!is_sought && !ring_.takes(answer.token)) {
    counters_.add("drop_answer_unasked");
    return;
  }
  ring_.handle_neighbours(now, answer.neighbours, source);
  remember_reach(now, source, answer);
  dirty_ = true;
  if (ring_.handle_answer(now, source, answer, view(now))) {
    carry_out_ring(now);
    return;
  }
  if (answer.kind == ConnectToMe::Kind::refusal) {
    journal_.add(now, source, "the peer refused another link");
    seeker_.handle_refusal(now, source);
    carry_on_seeking(now);
    return;
  }
  give_candidates(now, source);
}

}  // namespace ipop::overlay
