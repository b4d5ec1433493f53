#include "overlay/overlay.hpp"

#include <algorithm>

#include "base/machine.hpp"
#include "overlay/greedy_routing.hpp"
#include "overlay/link_context.hpp"
#include "overlay/overlay_state.hpp"

namespace ipop::overlay {

static_assert(Machine<Overlay>);

namespace {

constexpr std::size_t max_remembered = 32;

crypto::ChannelTable::Config channel_config(const Overlay::Config& config) {
  crypto::ChannelTable::Config out;
  out.self = config.self;
  out.context = link_context(config.name_space);
  out.hands = config.hands;
  return out;
}

}  // namespace

Overlay::State::State(Config config, crypto::HandshakeFactory& handshakes, crypto::AeadFactory& aeads, Rng& rng)
    : config_(std::move(config)),
      rng_(rng),
      table_(channel_config(config_), handshakes, aeads, rng),
      instance_(rng.next()),
      links_(config_.self),
      seeker_(rng),
      routing_(config_.self),
      policy_{config_.virtual_prefix, {}},
      ring_(config_.self, config_.near_per_side, config_.on_demand_idle, rng),
      statuses_(config_.self),
      relaying_(config_.relay_share, config_.relay_limit) {}

void Overlay::State::handle_wall_time(TimePoint now, WallTime wall) {
  table_.handle_wall_time(now, wall);
}

void Overlay::State::start(TimePoint now) {
  if (running_) return;
  running_ = true;
  ring_.handle_bootstrap(config_.bootstrap, config_.known_peers);
  ring_.start(now);
  dirty_ = true;
  settle(now);
}

void Overlay::State::stop(TimePoint now) {
  if (!running_) return;
  for (auto& [peer, link] : links_.change_all()) {
    speak(now, link, Close{CloseReason::leaving});
    for (const Path& path : link.paths)
      table_.close(now, path.channel);
  }
  twins_.close_all();
  carry_out_twins(now);
  pump(now);
  running_ = false;
  for (const auto& [carrier, opening] : openings_)
    table_.cancel(carrier);
  openings_.clear();
  seeker_.stop();
  links_.clear();
  due_.reset();
}

void Overlay::State::handle_datagrams(TimePoint now, std::span<const Datagram> datagrams) {
  if (!running_) return;
  std::vector<crypto::ChannelTable::Incoming> incoming;
  incoming.reserve(datagrams.size());
  for (const Datagram& datagram : datagrams)
    incoming.push_back({to_carrier(datagram.from), datagram.octets});
  table_.handle_packets(now, incoming);
  settle(now);
}

void Overlay::State::handle_local_endpoints(TimePoint now, std::vector<net::Endpoint> endpoints) {
  std::ranges::sort(endpoints);
  endpoints.erase(std::unique(endpoints.begin(), endpoints.end()), endpoints.end());
  if (endpoints == nat_.local()) return;
  policy_.own = endpoints;
  nat_.handle_local_endpoints(std::move(endpoints));
  if (running_) address_changed(now);
  settle(now);
}

void Overlay::State::handle_bootstrap(TimePoint now, std::vector<net::Endpoint> endpoints) {
  config_.bootstrap = std::move(endpoints);
  if (running_) ring_.handle_bootstrap(config_.bootstrap, config_.known_peers);
  dirty_ = true;
  settle(now);
}

void Overlay::State::handle_suspend(TimePoint now) {
  if (!running_) return;
  begin_anew(now, "this machine slept");
  dirty_ = true;
  settle(now);
}

void Overlay::State::leave(TimePoint now) {
  if (!running_) return;
  begin_anew(now, "this node left the ring");
  pump(now);
  running_ = false;
  due_.reset();
  // Whoever follows the ring must hear of it again after the next start.
  ring_.forget_what_was_told();
  outputs_.push(RingChanged{{}, 1});
}

void Overlay::State::begin_anew(TimePoint now, const std::string& why) {
  table_.drop_all();
  twins_.clear();
  // Nobody is to look for another member between because of a link that goes: not who is being sought, nor, since they
  // go first, relayed links.
  const auto end_attempts = [&] {
    for (const auto& [carrier, opening] : openings_)
      table_.cancel(carrier);
    openings_.clear();
    seeker_.begin_anew();
    ring_.drop_questions();
  };
  end_attempts();
  std::vector<NodeId> peers;
  for (const auto& [peer, link] : links_.all())
    peers.push_back(peer);
  std::ranges::stable_partition(peers,
                                [&](const NodeId& peer) { return links_.find(peer)->paths.direct() == nullptr; });
  for (const NodeId& peer : peers)
    remove_link(now, peer, why);
  end_attempts();
  ring_.begin_anew();
  nat_.clear();
  seeker_.handle_moved();
  instance_ = rng_.next();
}

void Overlay::State::handle_timeout(TimePoint now) {
  if (!running_) return;
  table_.handle_timeout(now);
  relaying_.handle_timeout(now);
  carry_out_relaying(now);
  settle(now);
}

void Overlay::State::send(TimePoint now, PacketType type, RouteMode mode, const NodeId& destination, ByteSpan payload) {
  RoutedPacket packet;
  packet.type = type;
  packet.mode = mode;
  packet.source = config_.self;
  packet.destination = destination;
  packet.payload = to_bytes(payload);
  route(now, std::move(packet), std::nullopt, std::nullopt);
  settle(now);
}

bool Overlay::State::send_over_link(TimePoint now, const NodeId& peer, std::span<const ByteSpan> packets) {
  Link* link = links_.find(peer);
  Path* path = link == nullptr ? nullptr : link->in_use();
  if (path == nullptr) return false;
  link->last_traffic = now;
  const bool sent = seal(now, *link, *path, packets, Content::data);
  settle(now);
  return sent;
}

void Overlay::State::want_link(TimePoint now, const NodeId& peer) {
  if (!running_ || peer == config_.self) return;
  if (ring_.want(now, peer)) dirty_ = true;
  settle(now);
}

std::optional<Overlay::Way> Overlay::State::way_to(const NodeId& peer) const {
  const Link* link = links_.find(peer);
  const Path* path = link == nullptr ? nullptr : link->in_use();
  const auto lanes = path == nullptr ? std::nullopt : table_.lanes_to(path->channel);
  if (!lanes) return std::nullopt;
  if (const auto* endpoint = std::get_if<net::Endpoint>(&path->carrier)) return Way{*lanes, *endpoint, std::nullopt};
  const Link* between = links_.find(path->relay());
  const Path* direct = between == nullptr ? nullptr : between->paths.direct();
  const auto relay = direct == nullptr ? std::nullopt : table_.lanes_to(direct->channel);
  if (!relay) return std::nullopt;
  return Way{*lanes, std::get<net::Endpoint>(direct->carrier), *relay};
}

void Overlay::State::handle_opened(TimePoint now, crypto::Spi lane, std::span<const ByteSpan> packets) {
  table_.handle_opened(now, lane, packets);
  settle(now);
}

void Overlay::State::handle_traffic(TimePoint now, const LaneTraffic& traffic) {
  auto counts = traffic.counts;
  if (traffic.from) counts.from = to_carrier(*traffic.from);
  const auto channel = table_.handle_traffic(now, counts);
  Link* link = channel ? links_.find(*channel) : nullptr;
  Path* path = link == nullptr ? nullptr : link->paths.find(*channel);
  if (path != nullptr) {
    link->last_traffic = now;
    if (traffic.packets_passed != 0) {
      link->relayed_at = now;
      relaying_.handle_passed(now, traffic.packets_passed, traffic.octets_passed);
      carry_out_relaying(now);
    }
    if (path->is_direct()) relaying_.handle_sent(now, counts.octets_sent);
    if (counts.packets_sent != 0) {
      path->liveness.handle_sent(now);
      path->proof.handle_data(now);
    }
    if (counts.packets_received != 0) path->liveness.handle_received(now, rng_);
    wake_by(path->liveness.deadline());
    wake_by(path->proof.deadline());
  }
  settle(now);
}

std::optional<TimePoint> Overlay::State::poll_timeout() const {
  if (!running_) return std::nullopt;
  return earliest(earliest(due_, table_.poll_timeout()), relaying_.poll_timeout());
}

void Overlay::State::settle(TimePoint now) {
  pump(now);
  // A step of the maintenance may cause another one (a link that closes makes room for a seek);
  // the bound keeps a mistake from spinning, the rest then waits for the next input.
  constexpr unsigned most_steps = 8;
  for (unsigned i = 0; running_ && (dirty_ || (due_ && *due_ <= now)) && i < most_steps; ++i) {
    if (due_ && *due_ <= now) run_timers(now);
    if (dirty_) {
      dirty_ = false;
      maintain(now);
    }
    pump(now);
    set_next_deadline();
  }
  if (dirty_ && running_) wake_by(now + std::chrono::milliseconds(50));
}

void Overlay::State::run_timers(TimePoint now) {
  if (ring_.idle_deadline() && *ring_.idle_deadline() <= now) {
    ring_.expire_on_demand(now, links_);
    dirty_ = true;
  }
  check_links(now);
  if (membership_.poll_timeout() && *membership_.poll_timeout() <= now) {
    membership_.handle_timeout(now);
    carry_out_membership(now);
  }
  twins_.handle_timeout(now);
  carry_out_twins(now);
  if (ring_.handle_timeout(now, view(now))) dirty_ = true;
  carry_out_ring(now);
  seeker_.handle_timeout(now);
  carry_on_seeking(now);
  // The maintenance that follows gives each link its roles first, and then tells them.
  if (!dirty_) {
    statuses_.look_at_due(now, own_status(), links_);
    tell_statuses(now);
  }
  if (maintain_at_ && *maintain_at_ <= now) dirty_ = true;
}

void Overlay::State::maintain(TimePoint now) {
  // A relay is loaded until its peers hear otherwise.
  if (relaying_.next_load()) relaying_.look_at_load(now);
  ring_.seek_near(now, view_changed_, view(now));
  carry_out_ring(now);
  ring_.seek_wanted(now, view(now));
  carry_out_ring(now);
  improve_links(now);
  seek_spare(now);
  // Nothing below closes a link or hears a peer, so the ring keeps its size until the end.
  const std::size_t size = size_estimate();
  ring_.seek_leaves(now, size, [&](const net::Endpoint& endpoint) { return may_open(endpoint); });
  carry_out_ring(now);
  assign_roles(now);
  const std::vector<NodeId> changed = links_.take_changed();
  mark_unused(now, changed);
  ring_.update(now, size, view(now));
  ring_.seek_shortcuts(now, size, view(now));
  carry_out_ring(now);
  statuses_.look(now, own_status(), changed, links_);
  tell_statuses(now);
  view_changed_ = false;
  // What it changed itself it has looked at.
  links_.take_changed();

  maintain_at_ = earliest(ring_.next_look(now), seeker_.next_look(now));
  maintain_at_ = earliest(maintain_at_, relaying_.next_load());
}

void Overlay::State::set_next_deadline() {
  due_ = maintain_at_;
  wake_by(links_.next_deadline());
  wake_by(seeker_.poll_timeout());
  wake_by(ring_.poll_timeout(links_));
  wake_by(membership_.poll_timeout());
  wake_by(ring_.idle_deadline());
  wake_by(twins_.poll_timeout());
}

void Overlay::State::address_changed(TimePoint now) {
  nat_.clear();
  strangers_.clear();
  seeker_.handle_moved();
  ring_.handle_moved();
  probe_all(now);
  dirty_ = true;
}

Statuses::Own Overlay::State::own_status() const {
  return {.instance = instance_, .nat = nat_.nat_class(), .relay_load = relaying_.load()};
}

void Overlay::State::tell_statuses(TimePoint now) {
  while (const auto output = statuses_.poll_output())
    tell_peer(now, output->peer, output->channel, output->message);
}

void Overlay::State::log(LogLevel level, std::string text, std::vector<std::pair<std::string, std::string>> fields) {
  outputs_.push(LogLine{level, std::move(text), std::move(fields)});
}

PairReport Overlay::State::report(TimePoint now, const NodeId& peer) const {
  PairReport out;
  out.peer = peer;
  out.own_nat = nat_.nat_class();
  if (const Link* link = links_.find(peer); link != nullptr && link->is_up()) {
    out.connection = link->connection();
    out.peer_nat = link->peer_nat;
  }
  if (const Reach* reach = seeker_.reach(now, peer)) {
    out.peer_candidates = reach->candidates;
    if (out.peer_nat == NatClass::unknown) out.peer_nat = reach->nat;
  }
  out.punch_attempts = journal_.punch_attempts(peer);
  if (const Link* link = links_.find(peer)) out.shaped = link->shaped;
  out.journal = journal_.entries(peer);
  if (!out.connection) {
    const Hop hop = next_hop(links_, config_.self, peer, RouteMode::exact, std::nullopt, std::nullopt);
    if (hop.kind == Hop::Kind::forward) out.next_hop = hop.peer;
  }
  return out;
}

std::vector<net::Endpoint> Overlay::State::peers_to_remember() const {
  std::vector<Connection> direct;
  for (const auto& [peer, link] : links_.all()) {
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

std::optional<crypto::ChannelTable::Statistics> Overlay::State::link_statistics(const NodeId& peer) const {
  const Link* link = links_.find(peer);
  return link == nullptr || !link->is_up() ? std::nullopt : table_.statistics(link->connection().channel);
}

Counters Overlay::State::counters() const {
  Counters out = counters_;
  out.merge(seeker_.counters());
  out.merge(routing_.counters());
  out.merge(table_.counters());
  out.merge(relaying_.counters());
  out.merge(membership_.counters());
  out.merge(twins_.counters());
  return out;
}

Overlay::Overlay(Config config, crypto::HandshakeFactory& handshakes, crypto::AeadFactory& aeads, Rng& rng)
    : state_(std::make_unique<State>(std::move(config), handshakes, aeads, rng)) {}
Overlay::Overlay(Overlay&&) noexcept = default;
Overlay::~Overlay() = default;

void Overlay::handle_wall_time(TimePoint now, WallTime wall) {
  state_->handle_wall_time(now, wall);
}
void Overlay::handle_trust(TimePoint now, std::shared_ptr<const crypto::TrustStore> trust) {
  state_->handle_trust(now, std::move(trust));
}
void Overlay::start(TimePoint now) {
  state_->start(now);
}
void Overlay::stop(TimePoint now) {
  state_->stop(now);
}
void Overlay::leave(TimePoint now) {
  state_->leave(now);
}
void Overlay::handle_datagrams(TimePoint now, std::span<const Datagram> datagrams) {
  state_->handle_datagrams(now, datagrams);
}
void Overlay::handle_local_endpoints(TimePoint now, std::vector<net::Endpoint> endpoints) {
  state_->handle_local_endpoints(now, std::move(endpoints));
}
void Overlay::handle_bootstrap(TimePoint now, std::vector<net::Endpoint> endpoints) {
  state_->handle_bootstrap(now, std::move(endpoints));
}
void Overlay::handle_suspend(TimePoint now) {
  state_->handle_suspend(now);
}
void Overlay::handle_timeout(TimePoint now) {
  state_->handle_timeout(now);
}
void Overlay::send(TimePoint now, PacketType type, RouteMode mode, const NodeId& destination, ByteSpan payload) {
  state_->send(now, type, mode, destination, payload);
}
bool Overlay::send_over_link(TimePoint now, const NodeId& peer, std::span<const ByteSpan> packets) {
  return state_->send_over_link(now, peer, packets);
}
std::optional<Overlay::Way> Overlay::way_to(const NodeId& peer) const {
  return state_->way_to(peer);
}
void Overlay::handle_opened(TimePoint now, crypto::Spi lane, std::span<const ByteSpan> packets) {
  state_->handle_opened(now, lane, packets);
}
void Overlay::handle_traffic(TimePoint now, const LaneTraffic& traffic) {
  state_->handle_traffic(now, traffic);
}
void Overlay::want_link(TimePoint now, const NodeId& peer) {
  state_->want_link(now, peer);
}
std::optional<Overlay::Output> Overlay::poll_output() {
  return state_->poll_output();
}
std::optional<TimePoint> Overlay::poll_timeout() const {
  return state_->poll_timeout();
}
void Overlay::send_claim(TimePoint now, crypto::ChannelId channel, Bytes octets) {
  state_->send_claim(now, channel, std::move(octets));
}
std::uint64_t Overlay::instance() const {
  return state_->instance();
}
bool Overlay::is_joined() const {
  return state_->is_joined();
}
std::vector<Connection> Overlay::connections() const {
  std::vector<Connection> out;
  const NodeId& self = state_->config().self;
  for (const NodeId& peer : state_->links().clockwise(self, state_->links().size()))
    out.push_back(state_->links().find(peer)->connection());
  return out;
}
std::vector<NodeId> Overlay::neighbours() const {
  return state_->neighbours();
}
NodeId Overlay::successor() const {
  const auto next = state_->links().clockwise(state_->config().self, 1);
  return next.empty() ? state_->config().self : next.front();
}
std::size_t Overlay::size_estimate() const {
  return state_->size_estimate();
}
NatClass Overlay::nat_class() const {
  return state_->nat().nat_class();
}
bool Overlay::is_reached_from_outside() const {
  return state_->strangers().got_in();
}
std::vector<net::Endpoint> Overlay::observed_endpoints() const {
  return state_->nat().observed();
}
PairReport Overlay::report(TimePoint now, const NodeId& peer) const {
  return state_->report(now, peer);
}
std::vector<net::Endpoint> Overlay::peers_to_remember() const {
  return state_->peers_to_remember();
}
std::optional<crypto::ChannelTable::Statistics> Overlay::link_statistics(const NodeId& peer) const {
  return state_->link_statistics(peer);
}
Counters Overlay::counters() const {
  return state_->counters();
}

}  // namespace ipop::overlay
