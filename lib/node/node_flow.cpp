// The flow of values between the machines of a node.

#include "node/node_state.hpp"
#include "node/worker_orders.hpp"
#include "router/lease_record.hpp"

namespace ipop::node {
namespace {

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

overlay::RouteMode mode_of(const dht::Dht::Send& send) {
  if (send.correlation.is_answer) return overlay::RouteMode::back;
  return send.nearest ? overlay::RouteMode::nearest : overlay::RouteMode::exact;
}

}  // namespace

void Node::State::pump(TimePoint now) {
  bool busy = true;
  while (busy) {
    busy = pump_ring(now);
    busy = pump_table(now) || busy;
    busy = pump_router(now) || busy;
    busy = pump_sessions(now) || busy;
    busy = pump_questions(now) || busy;
    busy = pump_archive(now) || busy;
    busy = pump_leases(now) || busy;
    busy = pump_twin(now) || busy;
    busy = pump_arrival(now) || busy;
    busy = pump_certificate() || busy;
    busy = pump_keepsakes(now) || busy;
  }
}

bool Node::State::pump_ring(TimePoint now) {
  using overlay::Overlay;
  bool any = false;
  while (auto output = ring.poll_output()) {
    any = true;
    std::visit(Overloaded{
                   [&](Overlay::SendDatagrams& send) { outputs.push(std::move(send)); },
                   [&](Overlay::Delivered& delivered) { handle_delivered(now, delivered); },
                   [&](Overlay::LinkPackets& direct) {
                     if (router) {
                       router->handle_packets(now, direct.peer, direct.packets);
                     } else {
                       counters.add("drop_packet_no_interface", direct.packets.size());
                     }
                   },
                   [&](Overlay::LinkUp& up) {
                     keepsakes.handle_link_up(now, {up.peer, report.address_of(up.peer)}, up.direct);
                     outputs.push(Event(PeerUpEvent{up.peer, up.direct}));
                     if (auto parked = sessions.take_parked(up.peer); !parked.empty()) {
                       send_packets(now, up.peer, std::move(parked));
                     }
                   },
                   [&](Overlay::LinkCarries& carries) {
                     if (router) router->handle_carries(carries.peer, carries.octets);
                     forget_decisions();
                   },
                   [&](const Overlay::LaneOpened& lane) { outputs.push(order_of(lane)); },
                   [&](const Overlay::MayPass& pass) { outputs.push(order_of(pass)); },
                   [&](Overlay::LanePackets& packets) { outputs.push(std::move(packets)); },
                   [&](const Overlay::LaneClosed& lane) { outputs.push(order_of(lane)); },
                   [&](Overlay::LinkDown& down) {
                     if (router) router->handle_carries(down.peer, config.mtu);
                     if (router) router->handle_unreached(now, down.peer);
                     keepsakes.handle_link_down(now, down.heard, down.peer, absence_of(down.end));
                     outputs.push(Event(PeerDownEvent{down.peer, std::move(down.why)}));
                   },
                   [&](Overlay::RingChanged& changed) {
                     if (router && turnover_.handle_neighbours(now, changed.neighbours, router->lease().has_value())) {
                       router->handle_ring_changed(now);
                     }
                     table.handle_ring(now, std::move(changed.neighbours), changed.size_estimate);
                   },
                   [&](Overlay::Joined&) {
                     outputs.push(Event(JoinedEvent{}));
                     arrival.handle_joined();
                     pump_arrival(now);
                   },
                   [&](Overlay::ReachabilityChanged& changed) {
                     outputs.push(Event(ReachabilityEvent{changed.nat, std::move(changed.observed)}));
                   },
                   [&](Overlay::NewerTrust& newer) {
                     // The archive, or a person, may have brought one that is newer still.
                     if (newer.trust->revocation_number() > basis.trust()->revocation_number())
                       set_trust(now, std::move(newer.trust), false);
                   },
                   [&](const Overlay::OtherInstanceTold& told) {
                     twin.handle_other({now, basis.wall_at(now), ring.instance()},
                                       {told.informant, told.channel, std::nullopt}, told.instance);
                   },
                   [&](const Overlay::ClaimTold& told) {
                     twin.handle_claim({now, basis.wall_at(now), ring.instance()},
                                       {told.informant, told.channel, told.observed}, told.octets);
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
                     ring.send(now, overlay::PacketType::dht, mode_of(send), send.to, send.message,
                               send.correlation.question);
                   },
                   [&](dht::Dht::Answer& answer) { handle_table_answer(now, answer); },
                   [&](dht::Dht::Changed& changed) {
                     outputs.push(Event(DhtChangedEvent{std::string(as_text(changed.name))}));
                   },
                   [&](const dht::Dht::Contested& contested) {
                     if (router && router->holds(contested.kind, contested.name)) router->handle_ring_changed(now);
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
                   [&](const Router::Admitted& admitted) {
                     const bool carries_all = router->mtu_to(admitted.peer) >= config.mtu;
                     outputs.push(Order(source_of(now, admitted, carries_all)));
                   },
                   [&](Router::LeaseHeld& held) {
                     forget_decisions();
                     report.handle_lease(now);
                     outputs.push(Event(LeaseHeldEvent{held.lease.address, *config.prefix, held.lease.expires}));
                     keepsakes.handle_peers(ring.peers_to_remember(), address());
                     if (certificate) certificate->handle_lease(now, true);
                   },
                   [&](Router::LeaseLost& lost) {
                     forget_decisions();
                     outputs.push(Event(LeaseLostEvent{lost.address, std::move(lost.why)}));
                     if (certificate) certificate->handle_lease(now, false);
                   },
                   [&](const Router::ClockOff& off) {
                     if (auto line = clock_notice.handle_clock(off.ahead)) outputs.push(*std::move(line));
                   },
                   [&](Router::AskLeaseServer& ask) { leases.handle_request(now, std::move(ask.request)); },
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
    questions.handle_dns_answer(answered->tag, std::move(answered->message));
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
                     table.put(now, values_.write(basis.wall_at(now), put.key, std::move(put.value),
                                                  RevocationArchive::lifetime));
                   },
                   [&](RevocationArchive::Found& found) {
                     if (!adopt_list(now, found.list, false)) counters.add("drop_list_refused");
                   },
               },
               *output);
  }
  return any;
}

bool Node::State::pump_arrival(TimePoint now) {
  bool any = false;
  while (auto output = arrival.poll_output()) {
    any = true;
    std::visit(Overloaded{
                   [&](const Arrival::Ready&) {
                     if (router) router->handle_joined(now);
                     if (archive) archive->handle_joined(now);
                   },
                   [&](LogLine& line) { outputs.push(std::move(line)); },
               },
               *output);
  }
  return any;
}

bool Node::State::pump_keepsakes(TimePoint now) {
  bool any = false;
  while (auto output = keepsakes.poll_output()) {
    any = true;
    std::visit(Overloaded{
                   [&](Keepsakes::WantPeers&) { keepsakes.handle_peers(ring.peers_to_remember(), address()); },
                   [&](Keepsakes::WantLinks&) { keepsakes.handle_links(now, report.linked()); },
                   [&](auto& save) { outputs.push(std::move(save)); },
               },
               *output);
  }
  return any;
}

bool Node::State::pump_certificate() {
  bool any = false;
  while (auto output = certificate ? certificate->poll_output() : std::nullopt) {
    any = true;
    std::visit([this](auto& said) { outputs.push(std::move(said)); }, *output);
  }
  return any;
}

bool Node::State::pump_leases(TimePoint now) {
  bool any = false;
  while (auto output = leases.poll_output()) {
    any = true;
    std::visit(Overloaded{
                   [&](LeaseWay::Find& find) {
                     const auto id = table.get(now, dht::RecordKind::name, router::record_name(find.name));
                     waiting_.emplace(id, LeaseWaits{std::move(find.name)});
                   },
                   [&](const LeaseWay::Send& send) { send_query(now, send.to, send.message); },
                   [&](LeaseWay::AskServer& ask) { outputs.push(AskLeaseServer{std::move(ask.request)}); },
                   [&](const LeaseWay::Answered& answered) {
                     if (router) router->handle_lease_answer(now, answered.grant);
                   },
                   [&](LeaseWay::Failed& failed) {
                     if (router) router->handle_lease_failure(now, std::move(failed.why));
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
  counters.add("drop_routed_type");
}

void Node::State::send_packets(TimePoint now, const NodeId& to, std::vector<Bytes> packets) {
  const std::vector<ByteSpan> spans(packets.begin(), packets.end());
  if (ring.send_over_link(now, to, spans)) {
    if (const auto way = config.hands != 0 && router ? ring.way_to(to) : std::nullopt) {
      for (dataplane::InstallFlow& flow : flows_of(now, *way, packets, router->mtu_to(to), config.mtu))
        outputs.push(Order(std::move(flow)));
    }
    return;
  }
  ring.want_link(now, to);
  if (router && !sessions.hears(now, to)) router->handle_unreached(now, to);
  sessions.send(now, to, std::move(packets));
}

void Node::State::forget_decisions() {
  if (config.hands != 0) outputs.push(Order(dataplane::ForgetDecisions{}));
}

}  // namespace ipop::node
