#include "node/node.hpp"

#include <algorithm>

#include "node/node_state.hpp"

namespace ipop::node {
namespace {

NodeId id_of(const NodeConfig& config, const crypto::PrivateKey& key) {
  auto id = config.certificate ? crypto::node_id_of(*config.certificate, crypto::GroupKind::closed)
                               : crypto::node_id_of(key.public_key());
  assert(id.has_value());  // a private key's own point is on the curve; a good certificate has a serial
  return *id;
}

/// What the certificate pins comes before the address of the last time.
std::optional<net::Ipv4Address> preferred_address(const NodeConfig& config) {
  if (config.certificate && config.prefix) {
    for (const crypto::PinnedAddress& octets : config.certificate->pinned_addresses()) {
      const net::Ipv4Address address(ByteReader(octets).read<std::uint32_t>());
      if (config.prefix->contains(address)) return address;
    }
  }
  return config.preferred_address;
}

crypto::Basis basis_of(const NodeConfig& config) {
  crypto::Basis out;
  if (config.trust) out.set_trust(config.trust);
  return out;
}

Arrival::Config arrival_config(const NodeConfig& config) {
  return {config.bootstrap, config.has_bootstrap || !config.bootstrap.empty(), config.first,
          !config.known_peers.empty()};
}

overlay::Overlay::Config ring_config(const NodeConfig& config, const NodeId& self) {
  overlay::Overlay::Config out;
  out.self = self;
  out.name_space = to_bytes(as_bytes(config.name_space));
  out.bootstrap = config.bootstrap;
  out.known_peers = config.known_peers;
  out.virtual_prefix = config.prefix;
  out.mtu = config.mtu;
  out.relay_share = config.relay_share;
  out.relay_limit = config.relay_limit;
  out.most_links = config.most_links;
  out.hands = config.hands;
  return out;
}

std::shared_ptr<const dht::GrantRule> grants_of(const NodeConfig& config) {
  if (!config.lease_server) return nullptr;
  return std::make_shared<router::ServerGrants>(*config.lease_server, config.name_space);
}

dht::Dht::Config table_config(const NodeConfig& config, const NodeId& self,
                              std::shared_ptr<const dht::GrantRule> grants) {
  dht::Dht::Config out;
  out.self = self;
  out.name_space = to_bytes(as_bytes(config.name_space));
  if (config.certificate) out.certificate = config.certificate->der();
  out.grants = std::move(grants);
  return out;
}

/// Of a node that has a virtual network.
router::Router::Config router_config(const NodeConfig& config, const NodeId& self,
                                     std::shared_ptr<const dht::GrantRule> grants) {
  router::Router::Config out;
  out.self = self;
  out.name_space = to_bytes(as_bytes(config.name_space));
  out.prefix = *config.prefix;
  out.domain = config.domain;
  out.host_name = config.host_name;
  out.preferred = preferred_address(config);
  if (config.certificate) out.certificate = config.certificate->der();
  out.mtu = config.mtu;
  out.tap_mac = config.tap_mac;
  out.guest_mtu = config.guest_mtu;
  out.offer_dns = config.offer_dns;
  out.tells_admitted = config.hands != 0;
  out.lease_server = config.lease_server;
  out.grants = std::move(grants);
  return out;
}

}  // namespace

Node::State::State(NodeConfig node_config, const crypto::PrivateKey& node_key, crypto::HandshakeFactory& handshakes,
                   crypto::AeadFactory& aeads, Rng& node_rng)
    : config(std::move(node_config)),
      basis(basis_of(config)),
      key(node_key),
      rng(node_rng),
      name_space(to_bytes(as_bytes(config.name_space))),
      self(id_of(config, node_key)),
      grants(grants_of(config)),
      ring(ring_config(config, self), basis, handshakes, aeads, node_rng),
      table(table_config(config, self, grants), node_key, basis, node_rng),
      router(config.prefix ? std::optional<router::Router>(std::in_place, router_config(config, self, grants), node_key,
                                                           basis, node_rng)
                           : std::nullopt),
      sessions(self, name_space, basis, handshakes, aeads, node_rng),
      arrival(arrival_config(config)),
      keepsakes({config.preferred_address, config.known_peers}, config.history, basis.clock()),
      leases(config.name_space, config.lease_server, config.host_name, node_rng),
      twin(node_key, name_space, node_rng),
      report({config, self, basis, aeads, ring, table, router, sessions, arrival, certificate, leases, keepsakes, twin,
              clock_notice, counters}),
      questions(report, name_space, basis.clock(), node_rng),
      values_(name_space, node_key, config.certificate ? config.certificate->der() : Bytes{}) {
  if (config.certificate)
    certificate.emplace(*config.certificate, basis.clock(), config.prefix.has_value(), std::hash<NodeId>()(self));
  if (basis.trust()->kind() == crypto::GroupKind::closed) archive.emplace(node_rng);
}

void Node::State::start(TimePoint now) {
  report.handle_start(now);
  tell_trust(now);
  if (const crypto::RevocationList* list = basis.trust()->revocations(); archive && list != nullptr) {
    Bytes octets;
    encode(*list, octets);
    archive->handle_list(now, list->number(), std::move(octets), false);
  }
  table.handle_ring(now, {}, 1);
  enter_ring(now);
  if (certificate) certificate->handle_trust(*basis.trust());
}

void Node::State::handle_wall_time(TimePoint now, WallTime wall) {
  basis.set_wall_time(now, wall);
  if (router) router->handle_clock_set(now);
  if (certificate) certificate->handle_clock_set(now);
}

void Node::State::enter_ring(TimePoint now) {
  ring.start(now);
  twin.handle_start(now);
  arrival.handle_entered(now);
}

void Node::State::step_back(TimePoint now) {
  keepsakes.handle_peers(ring.peers_to_remember(), address());
  pump_keepsakes(now);
  const auto lost = address();
  forget_decisions();
  sessions.drop_all();
  ring.leave(now);
  arrival.handle_left();
  turnover_.clear();
  if (!router) return;
  if (lost) outputs.push(Event(LeaseLostEvent{*lost, "another machine runs with this node's key"}));
  if (certificate) certificate->handle_lease(now, false);
  // Its lease is not given back: it is the other machine's as well. A router that never held it says nothing of it.
  std::erase_if(waiting_, [](const auto& entry) { return std::holds_alternative<RouterWaits>(entry.second); });
  questions.refuse_names("this node left the ring");
  if (const auto kept = keepsakes.address()) config.preferred_address = kept;
  router.emplace(router_config(config, self, grants), key, basis, rng);
  router->handle_clock_set(now);
  router->handle_dns_servers(dns_servers);
  router->handle_dns_listener(dns_listener);
}

void Node::State::handle_timeout(TimePoint now) {
  ring.handle_timeout(now);
  table.handle_timeout(now);
  if (router) router->handle_timeout(now);
  sessions.handle_timeout(now);
  questions.handle_timeout(now);
  if (archive) archive->handle_timeout(now);
  leases.handle_timeout(now);
  twin.handle_timeout(now);
  // It may have joined just now, and not have said so yet.
  if (ring.is_joined()) arrival.handle_joined();
  arrival.handle_timeout(now);
  if (certificate) certificate->handle_timeout(now);
  keepsakes.handle_timeout(now);
}

std::optional<TimePoint> Node::State::poll_timeout() const {
  auto next = earliest(earliest(ring.poll_timeout(), table.poll_timeout()), sessions.poll_timeout());
  if (router) next = earliest(next, router->poll_timeout());
  next = earliest(next, earliest(questions.poll_timeout(), leases.poll_timeout()));
  if (archive) next = earliest(next, archive->poll_timeout());
  next = earliest(next, earliest(twin.poll_timeout(), arrival.poll_timeout()));
  if (certificate) next = earliest(next, certificate->poll_timeout());
  return earliest(next, keepsakes.poll_timeout());
}

std::optional<net::Ipv4Address> Node::State::address() const {
  const auto lease = router ? router->lease() : std::nullopt;
  return lease ? std::optional(lease->address) : std::nullopt;
}

Result<void> Node::State::adopt_list(TimePoint now, ByteSpan octets, bool brought_here) {
  auto list = crypto::decode_revocation_list(octets);
  if (!list) return std::move(list).error().in("revocation list");
  auto newer = basis.trust()->with_revocations(*std::move(list));
  if (!newer) return std::move(newer).error();
  set_trust(now, *std::move(newer), brought_here);
  return {};
}

void Node::State::tell_trust(TimePoint now) {
  ring.handle_trust_changed(now);
  table.handle_trust_changed(now);
  sessions.handle_trust_changed(now);
  if (router) router->handle_trust_changed();
}

void Node::State::set_trust(TimePoint now, std::shared_ptr<const crypto::TrustStore> trust, bool brought_here) {
  basis.set_trust(std::move(trust));
  forget_decisions();
  tell_trust(now);
  const crypto::RevocationList* list = basis.trust()->revocations();
  if (list == nullptr) return;
  Bytes octets;
  encode(*list, octets);
  if (archive) archive->handle_list(now, list->number(), octets, brought_here);
  outputs.push(SaveRevocations{std::move(octets)});
  outputs.push(LogLine{LogLevel::info,
                       "revocation list holds",
                       {{"number", std::to_string(list->number())}, {"entries", std::to_string(list->size())}}});
  if (certificate) certificate->handle_trust(*basis.trust());
}

Node::Node(NodeConfig config, const crypto::PrivateKey& key, crypto::HandshakeFactory& handshakes,
           crypto::AeadFactory& aeads, Rng& rng)
    : state_(std::make_unique<State>(std::move(config), key, handshakes, aeads, rng)) {}
Node::Node(Node&&) noexcept = default;
Node::~Node() = default;

void Node::handle_wall_time(TimePoint now, WallTime wall) {
  state_->handle_wall_time(now, wall);
  state_->pump(now);
}

void Node::handle_renewal_failure(TimePoint now, std::string reason) {
  if (state_->certificate) state_->certificate->handle_renewal_failure(now, std::move(reason));
  state_->pump(now);
}

void Node::handle_lease_answer(TimePoint now, ByteSpan grant) {
  state_->leases.handle_answer(now, grant);
  state_->pump(now);
}

void Node::handle_lease_failure(TimePoint now, std::string why) {
  state_->leases.handle_failure(now, std::move(why));
  state_->pump(now);
}

void Node::start(TimePoint now) {
  state_->start(now);
  state_->pump(now);
}

void Node::stop(TimePoint now) {
  state_->keepsakes.handle_peers(state_->ring.peers_to_remember(), state_->address());
  state_->keepsakes.handle_links(now, state_->report.linked());
  state_->questions.refuse_all("the node left its ring before it had an answer: ask again");
  state_->waiting_.clear();
  state_->ring.stop(now);
  state_->pump(now);
}

void Node::handle_datagrams(TimePoint now, std::span<const Datagram> datagrams) {
  state_->ring.handle_datagrams(now, datagrams);
  state_->pump(now);
}

void Node::handle_frames(TimePoint now, std::span<const ByteSpan> frames) {
  if (!state_->router) return;
  state_->router->handle_frames(now, frames);
  state_->pump(now);
}

void Node::handle_opened(TimePoint now, std::span<const dataplane::Worker::ForNode::Opened> packets) {
  // A batch is mostly of one lane.
  for (std::size_t begin = 0; begin < packets.size();) {
    const crypto::Spi lane = packets[begin].lane;
    std::vector<ByteSpan> spans;
    for (; begin < packets.size() && packets[begin].lane == lane; ++begin)
      spans.push_back(packets[begin].packet);
    state_->ring.handle_opened(now, lane, spans);
    state_->pump(now);
  }
}

void Node::handle_traffic(TimePoint now, std::span<const dataplane::Worker::Traffic> traffic) {
  for (const dataplane::Worker::Traffic& it : traffic) {
    state_->ring.handle_traffic(now, {{it.lane, it.packets_sent, it.octets_sent, it.packets_received,
                                       it.octets_received, it.sealed_in_all, std::nullopt},
                                      it.from,
                                      it.packets_passed,
                                      it.octets_passed});
  }
  state_->pump(now);
}

void Node::handle_local_endpoints(TimePoint now, std::vector<net::Endpoint> endpoints) {
  state_->ring.handle_local_endpoints(now, endpoints);
  state_->arrival.handle_local_endpoints(now, std::move(endpoints));
  state_->pump(now);
}

void Node::handle_bootstrap(TimePoint now, std::vector<net::Endpoint> endpoints) {
  state_->ring.handle_bootstrap(now, endpoints);
  state_->arrival.handle_bootstrap(now, std::move(endpoints));
  state_->pump(now);
}

void Node::handle_dns_servers(TimePoint now, std::vector<net::Endpoint> servers) {
  if (!state_->router) return;
  state_->dns_servers = servers;
  state_->router->handle_dns_servers(std::move(servers));
  state_->pump(now);
}

void Node::handle_dns_server_answer(TimePoint now, std::uint64_t number, const net::Endpoint& from, ByteSpan message) {
  if (!state_->router) return;
  state_->router->handle_dns_server_answer(now, number, from, message);
  state_->pump(now);
}

void Node::handle_dns_server_failure(TimePoint now, std::uint64_t number) {
  if (!state_->router) return;
  state_->router->handle_dns_server_failure(now, number);
  state_->pump(now);
}

void Node::handle_dns_listener(std::optional<std::uint16_t> port) {
  state_->dns_listener = port;
  if (state_->router) state_->router->handle_dns_listener(port);
}

void Node::handle_dns_stream_query(TimePoint now, std::uint64_t tag, ByteSpan query) {
  if (!state_->router) return;
  state_->router->handle_dns_stream_query(now, tag, query);
  state_->pump(now);
}

void Node::handle_suspend(TimePoint now) {
  state_->sessions.drop_all();
  state_->ring.handle_suspend(now);
  state_->pump(now);
}

void Node::handle_command(TimePoint now, CommandId id, const Command& command) {
  state_->questions.handle_command(now, id, command);
  state_->pump(now);
}

void Node::end_watch(TimePoint now, const std::string& key) {
  state_->table.unwatch(dht::RecordKind::value, to_bytes(as_bytes(key)));
  state_->pump(now);
}

void Node::handle_timeout(TimePoint now) {
  state_->handle_timeout(now);
  state_->pump(now);
}

std::optional<Node::Output> Node::poll_output() {
  return state_->outputs.poll();
}
std::optional<TimePoint> Node::poll_timeout() const {
  return state_->poll_timeout();
}
const NodeId& Node::id() const {
  return state_->self;
}
std::vector<std::string> Node::notices() const {
  return state_->report.notices();
}
bool Node::is_joined() const {
  return state_->ring.is_joined();
}
std::optional<net::Ipv4Address> Node::address() const {
  return state_->address();
}
std::vector<overlay::Connection> Node::connections() const {
  return state_->ring.connections();
}
std::optional<crypto::ChannelTable::Statistics> Node::link_statistics(const NodeId& peer) const {
  return state_->ring.link_statistics(peer);
}
std::vector<NodeId> Node::neighbours() const {
  return state_->ring.neighbours();
}

}  // namespace ipop::node
