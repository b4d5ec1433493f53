#include "overlay/overlay.hpp"

#include <algorithm>

#include "base/machine.hpp"
#include "overlay/greedy_routing.hpp"
#include "overlay/overlay_state.hpp"

namespace ipop::overlay {

static_assert(Machine<Overlay>);

namespace {

constexpr std::size_t max_remembered = 32;

}  // namespace

Overlay::Overlay(Config config, const crypto::Basis& basis, crypto::HandshakeFactory& handshakes,
                 crypto::AeadFactory& aeads, Rng& rng)
    : state_(std::make_unique<State>(std::move(config), basis, handshakes, aeads, rng)) {}
Overlay::Overlay(Overlay&&) noexcept = default;
Overlay::~Overlay() = default;

void Overlay::handle_trust_changed(TimePoint now) {
  State& s = *state_;
  s.membership.handle_trust_changed(now);
  // Before the channels of whom the list names end: so the revoked machine hears of it too.
  s.carry_out_membership(now);
  s.table.handle_trust_changed(now);
  s.admit_level_peers(now);
  s.look_due = true;
  settle(now);
}

void Overlay::start(TimePoint now) {
  State& s = *state_;
  if (s.running) return;
  s.running = true;
  s.finder.handle_bootstrap(s.config.bootstrap, s.config.known_peers);
  s.finder.start(now);
  s.look_due = true;
  settle(now);
}

void Overlay::stop(TimePoint now) {
  State& s = *state_;
  if (!s.running) return;
  for (const auto& [peer, link] : std::as_const(s.links).table().all()) {
    s.sender.tell(now, peer, std::nullopt, Close{CloseReason::leaving});
    for (const Path& path : link.paths)
      s.table.close(now, path.channel);
  }
  s.twins.close_all();
  s.carry_out_twins(now);
  s.pump(now);
  s.running = false;
  for (const PathOpenings::Cancelled& cancelled : s.openings.cancel_all())
    s.table.cancel(cancelled.carrier);
  s.finder.drop_attempts();
  s.links.clear();
  s.due.reset();
}

void Overlay::leave(TimePoint now) {
  State& s = *state_;
  if (!s.running) return;
  begin_anew(now, "this node left the ring");
  s.pump(now);
  s.running = false;
  s.due.reset();
  // Whoever follows the ring must hear of it again after the next start.
  s.finder.forget_what_was_told();
  s.outputs.push(RingChanged{{}, 1});
}

void Overlay::handle_datagrams(TimePoint now, std::span<const Datagram> datagrams) {
  State& s = *state_;
  if (!s.running) return;
  std::vector<crypto::ChannelTable::Incoming> incoming;
  incoming.reserve(datagrams.size());
  for (const Datagram& datagram : datagrams)
    incoming.push_back({to_carrier(datagram.from), datagram.octets});
  s.table.handle_packets(now, incoming);
  settle(now);
}

void Overlay::handle_local_endpoints(TimePoint now, std::vector<net::Endpoint> endpoints) {
  State& s = *state_;
  if (!s.reachability.handle_local_endpoints(std::move(endpoints))) return;
  if (s.running) {
    s.reachability.handle_address_changed();
    s.carry_out_reachability(now);
    s.finder.handle_address_changed();
    s.look_due = true;
  }
  settle(now);
}

void Overlay::handle_bootstrap(TimePoint now, std::vector<net::Endpoint> endpoints) {
  State& s = *state_;
  s.config.bootstrap = std::move(endpoints);
  if (s.running) s.finder.handle_bootstrap(s.config.bootstrap, s.config.known_peers);
  s.look_due = true;
  settle(now);
}

void Overlay::handle_suspend(TimePoint now) {
  State& s = *state_;
  if (!s.running) return;
  begin_anew(now, "this machine slept");
  s.look_due = true;
  settle(now);
}

void Overlay::handle_timeout(TimePoint now) {
  State& s = *state_;
  if (!s.running) return;
  s.table.handle_timeout(now);
  s.relaying.handle_timeout(now);
  s.carry_out_relaying(now);
  settle(now);
}

void Overlay::send(TimePoint now, PacketType type, RouteMode mode, const NodeId& destination, ByteSpan payload,
                   std::uint64_t question) {
  State& s = *state_;
  RoutedPacket packet;
  packet.type = type;
  packet.mode = mode;
  packet.question = question;
  packet.source = s.config.self;
  packet.destination = destination;
  packet.payload = to_bytes(payload);
  s.route(now, std::move(packet), std::nullopt, std::nullopt);
  settle(now);
}

bool Overlay::send_over_link(TimePoint now, const NodeId& peer, std::span<const ByteSpan> packets) {
  State& s = *state_;
  Link* link = s.links.table().find(peer);
  Path* path = link == nullptr ? nullptr : link->in_use();
  if (path == nullptr) return false;
  link->last_traffic = now;
  const bool sent = s.sender.send(now, *link, *path, packets, LinkSender::Content::data);
  settle(now);
  return sent;
}

std::optional<Overlay::Way> Overlay::way_to(const NodeId& peer) const {
  const State& s = *state_;
  const Link* link = s.links.table().find(peer);
  const Path* path = link == nullptr ? nullptr : link->in_use();
  const auto lanes = path == nullptr ? std::nullopt : s.table.lanes_to(path->channel);
  if (!lanes) return std::nullopt;
  if (const auto* endpoint = std::get_if<net::Endpoint>(&path->carrier)) return Way{*lanes, *endpoint, std::nullopt};
  const Path* direct = s.links.table().direct_path(path->relay());
  const auto relay = direct == nullptr ? std::nullopt : s.table.lanes_to(direct->channel);
  if (!relay) return std::nullopt;
  return Way{*lanes, std::get<net::Endpoint>(direct->carrier), *relay};
}

void Overlay::handle_opened(TimePoint now, crypto::Spi lane, std::span<const ByteSpan> packets) {
  state_->table.handle_opened(now, lane, packets);
  settle(now);
}

void Overlay::handle_traffic(TimePoint now, const LaneTraffic& traffic) {
  State& s = *state_;
  auto counts = traffic.counts;
  if (traffic.from) counts.from = to_carrier(*traffic.from);
  const auto channel = s.table.handle_traffic(now, counts);
  Link* link = channel ? s.links.table().find(*channel) : nullptr;
  Path* path = link == nullptr ? nullptr : link->paths.find(*channel);
  if (path != nullptr) {
    link->last_traffic = now;
    if (traffic.packets_passed != 0) {
      link->relayed_at = now;
      s.relaying.handle_passed(now, traffic.packets_passed, traffic.octets_passed);
      s.carry_out_relaying(now);
    }
    if (path->is_direct()) s.relaying.handle_sent(now, counts.octets_sent);
    if (counts.packets_sent != 0) {
      path->liveness.handle_sent(now);
      path->proof.handle_data(now);
    }
    if (counts.packets_received != 0) path->liveness.handle_received(now, s.rng);
    s.wake_by(path->liveness.deadline());
    s.wake_by(path->proof.deadline());
  }
  settle(now);
}

void Overlay::want_link(TimePoint now, const NodeId& peer) {
  State& s = *state_;
  if (!s.running || peer == s.config.self) return;
  s.finder.want(now, peer);
  s.carry_out_finder(now);
  settle(now);
}

void Overlay::send_claim(TimePoint now, crypto::ChannelId channel, Bytes octets) {
  State& s = *state_;
  if (!s.running) return;
  if (s.links.table().find(channel) != nullptr)
    s.sender.send(now, channel, InstanceClaim{false, std::nullopt, std::move(octets)});
  settle(now);
}

std::optional<Overlay::Output> Overlay::poll_output() {
  return state_->outputs.poll();
}

std::optional<TimePoint> Overlay::poll_timeout() const {
  const State& s = *state_;
  if (!s.running) return std::nullopt;
  return earliest(earliest(s.due, s.table.poll_timeout()), s.relaying.poll_timeout());
}

bool Overlay::is_joined() const {
  return state_->finder.ring().is_joined();
}
std::uint64_t Overlay::instance() const {
  return state_->instance;
}
std::vector<Connection> Overlay::connections() const {
  const LinkTable& links = std::as_const(state_->links).table();
  std::vector<Connection> out;
  for (const NodeId& peer : links.clockwise(state_->config.self, links.size()))
    out.push_back(links.find(peer)->connection());
  return out;
}
std::vector<NodeId> Overlay::neighbours() const {
  return state_->finder.ring().neighbours(state_->links.table());
}
NodeId Overlay::successor() const {
  const auto next = state_->links.table().clockwise(state_->config.self, 1);
  return next.empty() ? state_->config.self : next.front();
}
std::size_t Overlay::size_estimate() const {
  return state_->finder.size_estimate();
}
NatClass Overlay::nat_class() const {
  return state_->reachability.nat_class();
}
bool Overlay::is_reached_from_outside() const {
  return state_->reachability.got_in();
}
std::vector<net::Endpoint> Overlay::observed_endpoints() const {
  return state_->reachability.observed();
}

PairReport Overlay::report(TimePoint now, const NodeId& peer) const {
  const State& s = *state_;
  const LinkTable& links = s.links.table();
  PairReport out;
  out.peer = peer;
  out.own_nat = s.reachability.nat_class();
  const Link* link = links.find(peer);
  if (link != nullptr && link->is_up()) {
    out.connection = link->connection();
    out.peer_nat = link->peer_nat;
  }
  if (const Reach* reach = s.finder.reach(now, peer)) {
    out.peer_candidates = reach->candidates;
    if (out.peer_nat == NatClass::unknown) out.peer_nat = reach->nat;
  }
  if (link != nullptr && link->shaped != nullptr) out.shaped = *link->shaped;
  out.punch_attempts = s.links.journal().punch_attempts(peer);
  out.journal = s.links.journal().entries(peer);
  if (!out.connection) {
    const Hop hop = next_hop(links, s.config.self, peer, RouteMode::exact, std::nullopt, std::nullopt);
    if (hop.kind == Hop::Kind::forward) out.next_hop = hop.peer;
  }
  return out;
}

std::vector<net::Endpoint> Overlay::peers_to_remember() const {
  std::vector<Connection> direct;
  for (const auto& [peer, link] : std::as_const(state_->links).table().all()) {
    if (link.is_direct()) direct.push_back(link.connection());
  }
  // Old links first: whoever stayed for long will be there after a restart.
  std::ranges::stable_sort(direct, [](const Connection& a, const Connection& b) { return a.since < b.since; });
  std::vector<net::Endpoint> out;
  for (const Connection& connection : direct) {
    if (out.size() == max_remembered) break;
    out.push_back(connection.endpoint);
  }
  return out;
}

std::optional<crypto::ChannelTable::Statistics> Overlay::link_statistics(const NodeId& peer) const {
  const Link* link = std::as_const(state_->links).table().find(peer);
  return link == nullptr || !link->is_up() ? std::nullopt : state_->table.statistics(link->connection().channel);
}

Counters Overlay::counters() const {
  const State& s = *state_;
  Counters out = s.counters;
  out.merge(s.table.counters());
  out.merge(s.links.counters());
  out.merge(s.checks.counters());
  out.merge(s.openings.counters());
  out.merge(s.reachability.counters());
  out.merge(s.finder.counters());
  out.merge(s.routing.counters());
  out.merge(s.relaying.counters());
  out.merge(s.sender.counters());
  out.merge(s.membership.counters());
  out.merge(s.twins.counters());
  return out;
}

}  // namespace ipop::overlay
