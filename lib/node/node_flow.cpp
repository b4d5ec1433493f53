// The flow of values between the machines of a node.

#include <algorithm>

#include "net/ipv4.hpp"
#include "node/node_state.hpp"

namespace ipop::node {
namespace {

// The worker stands beside the overlay and knows this head of its own.
static_assert(dataplane::RelayedHead::size == overlay::RelayedView::header_size);
static_assert(dataplane::RelayedHead::to_pass_on == static_cast<std::byte>(overlay::LinkPayload::relayed));
static_assert(dataplane::RelayedHead::final == static_cast<std::byte>(overlay::LinkPayload::relayed_final));

/// Known peers are for the next start: late is good enough, and a burst of new links is one write.
constexpr Duration save_after = 10s;
// 1024 rows are 200 KB; what a killed node forgets are minutes.
constexpr Duration save_history_after = 300s;
/// How long a worker repeats a decision. Less than the half second after which a path that gives nothing back is
/// probed, and short beside all that may change: every so often a packet of each flow comes through the node, which
/// keeps leases, links and their proofs alive and is told where the peer is.
constexpr Duration decision_holds = 200ms;

Absence absence_of(overlay::LinkEnd end) {
  switch (end) {
    case overlay::LinkEnd::left: return Absence::stopped;
    case overlay::LinkEnd::revoked: return Absence::revoked;
    case overlay::LinkEnd::unneeded:
    case overlay::LinkEnd::full:
    case overlay::LinkEnd::lost: break;
  }
  return Absence::lost;
}

}  // namespace

void Node::State::pump(TimePoint now) {
  last_now_ = now;
  bool busy = true;
  while (busy) {
    busy = pump_ring(now);
    busy = pump_table(now) || busy;
    busy = pump_router(now) || busy;
    busy = pump_sessions(now) || busy;
    busy = pump_walks(now) || busy;
    busy = pump_archive(now) || busy;
    busy = pump_courier(now) || busy;
    busy = pump_desk(now) || busy;
    busy = pump_twin(now) || busy;
  }
}

bool Node::State::pump_ring(TimePoint now) {
  using overlay::Overlay;
  bool any = false;
  while (auto output = ring.poll_output()) {
    any = true;
    std::visit(
        Overloaded{
            [&](Overlay::SendDatagrams& send) { outputs.push(std::move(send)); },
            [&](Overlay::Delivered& delivered) { handle_delivered(now, delivered); },
            [&](Overlay::LinkPackets& direct) {
              if (router) {
                router->handle_packets(now, direct.peer, direct.packets);
              } else {
                counters_.add("drop_packet_no_interface", direct.packets.size());
              }
            },
            [&](Overlay::LinkUp& up) {
              history_.handle_up(wall_at(now), up.peer, address_of(up.peer));
              if (!timers_.is_set(Timer::history)) timers_.set(Timer::history, now + save_history_after);
              outputs.push(Event(PeerUpEvent{up.peer, up.direct}));
              if (auto parked = sessions.take_parked(up.peer); !parked.empty()) {
                send_packets(now, up.peer, std::move(parked));
              }
              if (up.direct && !timers_.is_set(Timer::save)) timers_.set(Timer::save, now + save_after);
            },
            [&](Overlay::LinkCarries& carries) {
              if (router) router->handle_carries(carries.peer, carries.octets);
              forget_decisions();
            },
            [&](const Overlay::LaneOpened& lane) {
              outputs.push(Order(dataplane::InstallLane{lane.receive_at, lane.send_to, lane.keys, lane.peer}));
            },
            [&](const Overlay::MayPass& pass) {
              outputs.push(Order(dataplane::InstallPass{pass.source, pass.destination, pass.lanes, pass.endpoint,
                                                        std::make_shared<dataplane::Loan>(pass.octets), pass.until}));
            },
            [&](Overlay::LanePackets& packets) { outputs.push(std::move(packets)); },
            [&](const Overlay::LaneClosed& lane) { outputs.push(Order(dataplane::RemoveLane{lane.receive_at})); },
            [&](Overlay::LinkDown& down) {
              if (router) router->handle_carries(down.peer, config.mtu);
              if (router) router->handle_unreached(now, down.peer);
              const Absence why = absence_of(down.end);
              // Who is lost was silent for a while before that was sure.
              history_.handle_down(wall_at(why == Absence::lost ? down.heard : now), down.peer, why);
              if (!timers_.is_set(Timer::history)) timers_.set(Timer::history, now + save_history_after);
              outputs.push(Event(PeerDownEvent{down.peer, std::move(down.why)}));
            },
            [&](Overlay::RingChanged& changed) {
              if (router && ring_ready_ && turnover_.handle_neighbours(changed.neighbours)) {
                router->handle_ring_changed(now);
              }
              table.handle_ring(now, std::move(changed.neighbours), changed.size_estimate);
            },
            [&](Overlay::Joined&) {
              outputs.push(Event(JoinedEvent{}));
              handle_ring_ready(now);
            },
            [&](Overlay::ReachabilityChanged& changed) {
              outputs.push(Event(ReachabilityEvent{changed.nat, std::move(changed.observed)}));
            },
            [&](Overlay::TrustChanged& changed) { follow_trust(now, std::move(changed.trust), false); },
            [&](const Overlay::OtherInstanceTold& told) {
              twin.handle_other({now, wall_at(now), ring.instance()}, {told.informant, told.channel, std::nullopt},
                                told.instance);
            },
            [&](const Overlay::ClaimTold& told) {
              twin.handle_claim({now, wall_at(now), ring.instance()}, {told.informant, told.channel, told.observed},
                                told.octets);
            },
            [&](LogLine& line) { outputs.push(std::move(line)); },
        },
        *output);
  }
  return any;
}

bool Node::State::pump_twin(TimePoint now) {
  bool any = false;
  while (auto output = twin.poll_output()) {
    any = true;
    std::visit(Overloaded{
                   [&](TwinWatch::SendClaim& send) { ring.send_claim(now, send.channel, std::move(send.octets)); },
                   [&](const TwinWatch::StepBack&) { step_back(now); },
                   [&](const TwinWatch::Return&) { enter_ring(now); },
                   [&](LogLine& line) { outputs.push(std::move(line)); },
               },
               *output);
  }
  return any;
}

bool Node::State::pump_table(TimePoint now) {
  bool any = false;
  while (auto output = table.poll_output()) {
    any = true;
    std::visit(Overloaded{
                   [&](dht::Dht::Send& send) {
                     const auto mode = send.nearest ? overlay::RouteMode::nearest : overlay::RouteMode::exact;
                     ring.send(now, overlay::PacketType::dht, mode, send.to, send.message);
                   },
                   [&](dht::Dht::Answer& answer) { handle_table_answer(now, answer); },
                   [&](dht::Dht::Changed& changed) {
                     outputs.push(Event(DhtChangedEvent{std::string(as_text(changed.name))}));
                   },
                   [&](const dht::Dht::Contested& contested) {
                     if (router && is_held(contested)) router->handle_ring_changed(now);
                   },
               },
               *output);
  }
  return any;
}

bool Node::State::pump_router(TimePoint now) {
  using router::Router;
  if (!router) return false;
  bool any = false;
  while (auto output = router->poll_output()) {
    any = true;
    std::visit(Overloaded{
                   [&](Router::WriteFrames& write) { outputs.push(WriteFrames{std::move(write.frames)}); },
                   [&](Router::SendPackets& send) { send_packets(now, send.to, std::move(send.packets)); },
                   [&](Router::DhtCreate& create) {
                     waiting_.emplace(table.create(now, std::move(create.record)), RouterWaits{create.id});
                   },
                   [&](Router::DhtGet& get) {
                     waiting_.emplace(table.get(now, get.kind, std::move(get.name)), RouterWaits{get.id});
                   },
                   [&](Router::WantLink& want) { ring.want_link(now, want.peer); },
                   [&](const Router::Admitted& admitted) { let_receive(now, admitted); },
                   [&](Router::LeaseHeld& held) {
                     forget_decisions();
                     // At least what the table of members can show: 0 stands for no address.
                     if (address_after_ == Duration{}) address_after_ = std::max<Duration>(now - started_, 1ms);
                     outputs.push(Event(LeaseHeldEvent{held.lease.address, *config.prefix, held.lease.expires}));
                     save_state(now);
                     look_at_renewal(now);
                   },
                   [&](Router::LeaseLost& lost) {
                     forget_decisions();
                     outputs.push(Event(LeaseLostEvent{lost.address, std::move(lost.why)}));
                   },
                   [&](const Router::ClockOff& off) { handle_clock(off.ahead); },
                   [&](Router::AskLeaseServer& ask) { ask_lease_server(now, std::move(ask.request)); },
                   [&](Router::ForwardDns& forward) { outputs.push(std::move(forward)); },
                   [&](const Router::EndForwardDns& ended) { outputs.push(ended); },
                   [&](Router::DnsStreamAnswer& answer) { outputs.push(std::move(answer)); },
                   [&](Router::NameHeld& held) { outputs.push(Event(NameHeldEvent{std::move(held.name)})); },
                   [&](LogLine& line) { outputs.push(std::move(line)); },
               },
               *output);
  }
  while (auto answered = router->poll_dns_answer()) {
    any = true;
    const auto it = resolving_.find(answered->tag);
    if (it == resolving_.end()) continue;
    answer(it->second, DnsAnswer{std::move(answered->message)});
    resolving_.erase(it);
  }
  return any;
}

bool Node::State::pump_sessions(TimePoint now) {
  bool any = false;
  while (auto output = sessions.poll_output()) {
    any = true;
    std::visit(Overloaded{
                   [&](EndToEnd::Route& route) {
                     for (const Bytes& packet : route.packets) {
                       ring.send(now, overlay::PacketType::channel, overlay::RouteMode::exact, route.to, packet);
                     }
                   },
                   [&](EndToEnd::Received& received) {
                     if (router) router->handle_packets(now, received.peer, received.packets);
                   },
               },
               *output);
  }
  return any;
}

bool Node::State::pump_walks(TimePoint now) {
  bool any = false;
  for (auto walk = walks.begin(); walk != walks.end();) {
    bool finished = false;
    while (auto output = walk->poll_output()) {
      any = true;
      std::visit(Overloaded{
                     [&](RingWalk::Ask& ask) {
                       Bytes octets;
                       encode(QueryMessage(Query{ask.id}), octets);
                       ring.send(now, overlay::PacketType::query, overlay::RouteMode::exact, ask.to, octets);
                     },
                     [&](const RingWalk::Answered& answered) { remember_member(now, answered.row); },
                     [&](RingWalk::Finished& result) {
                       finished = true;
                       const auto it = walking_.find(walk->id());
                       handle_walked(now, it->second, std::move(result.answer));
                       walking_.erase(it);
                     },
                 },
                 *output);
    }
    walk = finished ? walks.erase(walk) : std::next(walk);
  }
  return any;
}

void Node::State::handle_walked(TimePoint now, const Walking& walking, MembersAnswer found) {
  if (walking.all) found.gone = history_.gone(wall_at(now), found.members);
  answer(walking.id, std::move(found));
}

void Node::State::remember_member(TimePoint now, const MemberRow& row) {
  history_.handle_answer(wall_at(now), row);
  if (!timers_.is_set(Timer::history)) timers_.set(Timer::history, now + save_history_after);
}

void Node::State::save_history(TimePoint now) {
  timers_.clear(Timer::history);
  for (const overlay::Connection& link : ring.connections())
    history_.handle_up(wall_at(now), link.peer, address_of(link.peer));
  if (auto rows = history_.rows(); rows != saved_history_) {
    saved_history_ = rows;
    outputs.push(SaveHistory{std::move(rows)});
  }
}

bool Node::State::pump_archive(TimePoint now) {
  bool any = false;
  while (auto output = archive ? archive->poll_output() : std::nullopt) {
    any = true;
    std::visit(Overloaded{
                   [&](RevocationArchive::Get& get) {
                     const auto id = table.get(now, dht::RecordKind::value, to_bytes(as_bytes(get.key)));
                     waiting_.emplace(id, ArchiveWaits{std::move(get.key)});
                   },
                   [&](RevocationArchive::Put& put) {
                     // Nobody waits for the answer: what did not succeed is seen by the next who looks.
                     table.put(now, make_value(now, put.key, std::move(put.value), RevocationArchive::lifetime));
                   },
                   [&](RevocationArchive::Found& found) {
                     if (!adopt_list(now, found.list, false)) counters_.add("drop_list_refused");
                   },
               },
               *output);
  }
  return any;
}

void Node::State::handle_delivered(TimePoint now, const overlay::Overlay::Delivered& delivered) {
  const overlay::RoutedPacket& packet = delivered.packet;
  switch (packet.type) {
    case overlay::PacketType::dht:
      table.handle_message(now, {packet.source, packet.destination, delivered.previous_hop}, packet.payload);
      return;
    case overlay::PacketType::channel: sessions.handle_packet(now, packet.source, packet.payload); return;
    case overlay::PacketType::query: handle_query(now, packet.source, packet.payload); return;
    case overlay::PacketType::connect_to_me: break;
  }
  counters_.add("drop_routed_type");
}

void Node::State::handle_query(TimePoint now, const NodeId& from, ByteSpan octets) {
  auto message = decode_query_message(octets);
  if (!message) {
    counters_.add("drop_query_malformed");
    return;
  }
  if (const auto* query = std::get_if<Query>(&*message)) {
    if (!described_.take(now, from)) return counters_.add("drop_query_pace");
    Bytes reply;
    encode(QueryMessage(describe(query->id)), reply);
    ring.send(now, overlay::PacketType::query, overlay::RouteMode::exact, from, reply);
    return;
  }
  if (auto* question = std::get_if<LeaseQuestion>(&*message)) {
    return handle_lease_question(now, from, std::move(*question));
  }
  if (auto* reply = std::get_if<LeaseReply>(&*message)) {
    if (!courier || !courier->handle_reply(from, std::move(*reply))) counters_.add("drop_lease_reply_unasked");
    return;
  }
  const auto& answered = std::get<QueryAnswer>(*message);
  const auto walk = std::ranges::find_if(walks, [&](const RingWalk& it) { return it.id() == answered.id; });
  if (walk == walks.end()) {
    counters_.add("drop_query_unasked");
    return;
  }
  walk->handle_answer(now, from, answered);
}

void Node::State::send_packets(TimePoint now, const NodeId& to, std::vector<Bytes> packets) {
  const std::vector<ByteSpan> spans(packets.begin(), packets.end());
  if (ring.send_over_link(now, to, spans)) return let_send(now, to, packets);
  ring.want_link(now, to);
  if (router && !sessions.hears(now, to)) router->handle_unreached(now, to);
  sessions.send(now, to, std::move(packets));
}

void Node::State::let_send(TimePoint now, const NodeId& to, std::span<const Bytes> packets) {
  const auto way = config.hands != 0 && router ? ring.way_to(to) : std::nullopt;
  if (!way) return;
  const std::uint16_t mtu = router->mtu_to(to);
  std::optional<net::Ipv4Addresses> last;
  for (const Bytes& packet : packets) {
    const auto addresses = net::ipv4_addresses(packet);
    if (!addresses || addresses == last) continue;
    last = addresses;
    outputs.push(Order(dataplane::InstallFlow{addresses->source, addresses->destination, way->lanes, way->endpoint, mtu,
                                              mtu >= config.mtu, now + decision_holds, way->relay}));
  }
}

void Node::State::let_receive(TimePoint now, const router::Router::Admitted& admitted) {
  outputs.push(Order(dataplane::InstallSource{admitted.peer, admitted.source, admitted.destination, admitted.to,
                                              router->mtu_to(admitted.peer) >= config.mtu, now + decision_holds}));
}

void Node::State::forget_decisions() {
  if (config.hands != 0) outputs.push(Order(dataplane::ForgetDecisions{}));
}

}  // namespace ipop::node
