#include "node/node.hpp"

#include <algorithm>

#include "node/node_state.hpp"

namespace ipop::node {
namespace {

/// A bootstrap node that is up answers in well under a second; after this long a node that reached
/// nobody works alone if it may be the first of its group (its lease yields to an older one when rings meet), and
/// else takes nothing: what it took could be another's.
constexpr Duration alone_after = 10s;
constexpr const char* cut_off_text =
    "no answer from any bootstrap node in 10 s (is UDP blocked, or does an interface take less than 1,280 octets?)";

std::string describe_clock(std::chrono::seconds ahead) {
  using namespace std::chrono;
  const auto off = abs(ahead);
  const bool in_hours = off >= hours(2);
  const auto count = in_hours ? round<hours>(off).count() : round<minutes>(off).count();
  return "this machine's clock is about " + std::to_string(count) + (in_hours ? " hours " : " minutes ") +
         (ahead > seconds(0) ? "ahead of" : "behind") + " the others'";
}

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

bool has_server_member(const NodeConfig& config) {
  return config.lease_server && !config.lease_server->member.empty();
}

/// By its own word; whether the ring lets it have the name is seen by the others, who ask whoever holds it.
bool is_server_member(const NodeConfig& config) {
  const auto same = [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b - 'A' + 'a' : b); };
  return has_server_member(config) && config.host_name &&
         std::ranges::equal(config.lease_server->member, *config.host_name, same);
}

}  // namespace

Node::State::State(NodeConfig node_config, const crypto::PrivateKey& node_key, crypto::HandshakeFactory& handshakes,
                   crypto::AeadFactory& node_aeads, Rng& node_rng)
    : config(std::move(node_config)),
      trust(config.trust ? config.trust : crypto::TrustStore::open_group()),
      key(node_key),
      aeads(node_aeads),
      rng(node_rng),
      name_space(to_bytes(as_bytes(config.name_space))),
      self(id_of(config, node_key)),
      grants(grants_of(config)),
      ring(ring_config(config, self), handshakes, node_aeads, node_rng),
      table(table_config(config, self, grants), node_key, node_rng),
      router(config.prefix
                 ? std::optional<router::Router>(std::in_place, router_config(config, self, grants), node_key, node_rng)
                 : std::nullopt),
      sessions(self, name_space, handshakes, node_aeads, node_rng),
      courier(has_server_member(config) && !is_server_member(config)
                  ? std::optional<LeaseCourier>(std::in_place, config.lease_server->member, node_rng)
                  : std::nullopt),
      desk(is_server_member(config) ? std::optional<LeaseDesk>(std::in_place) : std::nullopt),
      archive(trust->kind() == crypto::GroupKind::closed ? std::optional<RevocationArchive>(std::in_place, node_rng)
                                                         : std::nullopt),
      twin(node_key, name_space, node_rng),
      names_bootstrap_(config.has_bootstrap || !config.bootstrap.empty()),
      saved_peers_(config.known_peers),
      saved_address_(config.preferred_address),
      history_(config.history),
      saved_history_(history_.rows()),
      certificate_end_(config.certificate
                           ? std::optional<CertificateEnd>(std::in_place, config.certificate->not_before(),
                                                           config.certificate->not_after())
                           : std::nullopt),
      renewal_(config.certificate && router
                   ? std::optional<CertificateRenewal>(std::in_place, config.certificate->not_before(),
                                                       config.certificate->not_after(), std::hash<NodeId>()(self))
                   : std::nullopt) {}

namespace {

/// As 2026-11-28.
std::string day_of(WallTime time) {
  const std::chrono::year_month_day date(
      std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(time.seconds))));
  const auto two = [](unsigned number) { return (number < 10 ? "-0" : "-") + std::to_string(number); };
  return std::to_string(static_cast<int>(date.year())) + two(static_cast<unsigned>(date.month())) +
         two(static_cast<unsigned>(date.day()));
}

}  // namespace

void Node::State::start(TimePoint now) {
  started_ = now;
  ring.handle_trust(now, trust);
  table.handle_trust(now, trust);
  if (router) router->handle_trust(trust);
  sessions.handle_trust(now, trust);
  if (const crypto::RevocationList* list = trust->revocations(); archive && list != nullptr) {
    Bytes octets;
    encode(*list, octets);
    archive->handle_list(now, list->number(), std::move(octets), false);
  }
  table.handle_ring(now, {}, 1);
  enter_ring(now);
  look_at_own_revocation();
}

void Node::State::enter_ring(TimePoint now) {
  ring.start(now);
  twin.handle_start(now);
  timers_.set(Timer::alone, has_nobody_to_ask() ? now : now + alone_after);
}

void Node::State::step_back(TimePoint now) {
  save_state(now);
  const auto lease = router ? router->lease() : std::nullopt;
  forget_decisions();
  sessions.drop_all();
  ring.leave(now);
  timers_.clear(Timer::alone);
  cut_off_ = false;
  ring_ready_ = false;
  turnover_.clear();
  if (!router) return;
  if (lease) outputs.push(Event(LeaseLostEvent{lease->address, "another machine runs with this node's key"}));
  // Its lease is not given back: it is the other machine's as well. A router that never held it says nothing of it.
  std::erase_if(waiting_, [](const auto& entry) { return std::holds_alternative<RouterWaits>(entry.second); });
  for (const auto& [tag, id] : resolving_)
    refuse(id, {make_error_code(Errc::not_found), "this node left the ring"});
  resolving_.clear();
  if (saved_address_) config.preferred_address = saved_address_;
  router.emplace(router_config(config, self, grants), key, rng);
  router->handle_trust(trust);
  router->handle_wall_time(now, wall_at(now));
  router->handle_dns_servers(dns_servers_);
  router->handle_dns_listener(dns_listener_);
}

bool Node::State::is_ourselves(const net::Endpoint& endpoint) const {
  return std::ranges::find(local_endpoints_, endpoint) != local_endpoints_.end();
}

bool Node::State::has_nobody_to_ask() const {
  if (!config.known_peers.empty()) return false;
  const auto ours = [this](const net::Endpoint& endpoint) { return is_ourselves(endpoint); };
  return names_bootstrap_ ? !config.bootstrap.empty() && std::ranges::all_of(config.bootstrap, ours)
                          : config.bootstrap.empty();
}

bool Node::State::may_be_first() const {
  const auto ours = [this](const net::Endpoint& endpoint) { return is_ourselves(endpoint); };
  return !names_bootstrap_ || config.first || std::ranges::any_of(config.bootstrap, ours);
}

void Node::State::handle_no_answer(TimePoint now) {
  if (may_be_first()) {
    outputs.push(LogLine{LogLevel::info, "no other member reached: working alone for the time being", {}});
    return handle_ring_ready(now);
  }
  cut_off_ = true;
  outputs.push(LogLine{LogLevel::warning, cut_off_text, {}});
}

std::vector<std::string> Node::State::notices() const {
  std::vector<std::string> out;
  if (is_revoked()) {
    out.push_back("this machine's certificate is revoked by list " + std::to_string(trust->revocation_number()) +
                  " of the authority " + config.certificate->issuer() + ", " + day_of(trust->revocations()->issued()) +
                  ": no member talks to it; its administrator knows why");
  }
  if (certificate_notice_) out.push_back(*certificate_notice_);
  if (renewal_notice_) out.push_back(*renewal_notice_);
  if (cut_off_) out.emplace_back(cut_off_text);
  if (auto notice = router ? router->lease_notice() : std::nullopt) out.push_back(*std::move(notice));
  if (auto notice = router ? router->name_notice() : std::nullopt) out.push_back(*std::move(notice));
  if (!clock_notice_.empty()) out.push_back(clock_notice_);
  if (auto notice = twin.notice(); !notice.empty()) out.push_back(std::move(notice));
  return out;
}

bool Node::State::is_revoked() const {
  return config.certificate && trust->is_revoked(config.certificate->key_fingerprint(), config.certificate->user());
}

void Node::State::look_at_own_revocation() {
  if (revocation_told_ || !is_revoked()) return;
  revocation_told_ = true;
  outputs.push(LogLine{LogLevel::error,
                       "this machine's certificate is revoked: no member talks to it any more",
                       {{"list", std::to_string(trust->revocation_number())}}});
}

void Node::State::look_at_certificate(TimePoint now) {
  if (!certificate_end_) return;
  const WallTime wall = wall_at(now);
  certificate_notice_ = certificate_end_->notice(wall);
  if (auto text = certificate_end_->take_log(wall)) outputs.push(LogLine{LogLevel::warning, *std::move(text), {}});
  timers_.set(Timer::certificate, now + certificate_end_->look_after(wall));
}

void Node::State::look_at_renewal(TimePoint now) {
  if (!renewal_) return;
  const WallTime wall = wall_at(now);
  renewal_notice_ = renewal_->notice(wall);
  timers_.clear(Timer::renewal);
  // A new address looks again; who is revoked would be refused.
  if (!router->lease() || is_revoked()) return;
  if (renewal_->take_request(wall)) {
    outputs.push(LogLine{LogLevel::info, "asking for the next certificate", {}});
    outputs.push(RenewCertificate{});
  }
  if (const auto pause = renewal_->look_after(wall)) timers_.set(Timer::renewal, now + *pause);
}

void Node::State::handle_clock(std::optional<std::chrono::seconds> ahead) {
  const std::string notice = ahead ? describe_clock(*ahead) : "";
  if (notice == clock_notice_) return;
  clock_notice_ = notice;
  outputs.push(notice.empty() ? LogLine{LogLevel::info, "this machine's clock is right again", {}}
                              : LogLine{LogLevel::warning, notice, {}});
}

void Node::State::look_at_bootstrap(TimePoint now) {
  const bool is_asking = timers_.is_set(Timer::alone);
  if ((is_asking && has_nobody_to_ask()) || (cut_off_ && may_be_first())) timers_.set(Timer::alone, now);
}

void Node::State::handle_ring_ready(TimePoint now) {
  timers_.clear(Timer::alone);
  cut_off_ = false;
  if (ring_ready_) return;
  ring_ready_ = true;
  if (router) router->handle_joined(now);
  if (archive) archive->handle_joined(now);
}

void Node::State::handle_timeout(TimePoint now) {
  ring.handle_timeout(now);
  table.handle_timeout(now);
  if (router) router->handle_timeout(now);
  sessions.handle_timeout(now);
  for (RingWalk& walk : walks)
    walk.handle_timeout(now);
  if (archive) archive->handle_timeout(now);
  if (courier) courier->handle_timeout(now);
  twin.handle_timeout(now);
  if (timers_.expire(Timer::alone, now) && !ring.is_joined()) handle_no_answer(now);
  if (timers_.expire(Timer::certificate, now)) look_at_certificate(now);
  if (timers_.expire(Timer::renewal, now)) look_at_renewal(now);
  if (timers_.expire(Timer::save, now)) save_state(now);
  if (timers_.expire(Timer::history, now)) save_history(now);
}

std::optional<TimePoint> Node::State::poll_timeout() const {
  auto next = earliest(timers_.next(), earliest(ring.poll_timeout(), table.poll_timeout()));
  next = earliest(next, sessions.poll_timeout());
  if (router) next = earliest(next, router->poll_timeout());
  for (const RingWalk& walk : walks)
    next = earliest(next, walk.poll_timeout());
  if (archive) next = earliest(next, archive->poll_timeout());
  if (courier) next = earliest(next, courier->poll_timeout());
  next = earliest(next, twin.poll_timeout());
  return next;
}

Result<void> Node::State::adopt_list(TimePoint now, ByteSpan octets, bool brought_here) {
  auto list = crypto::decode_revocation_list(octets);
  if (!list) return std::move(list).error().in("revocation list");
  auto newer = trust->with_revocations(*std::move(list));
  if (!newer) return std::move(newer).error();
  ring.handle_trust(now, *newer);
  follow_trust(now, *std::move(newer), brought_here);
  return {};
}

void Node::State::follow_trust(TimePoint now, std::shared_ptr<const crypto::TrustStore> newer, bool brought_here) {
  trust = std::move(newer);
  forget_decisions();
  table.handle_trust(now, trust);
  sessions.handle_trust(now, trust);
  if (router) router->handle_trust(trust);
  const crypto::RevocationList* list = trust->revocations();
  if (list == nullptr) return;
  Bytes octets;
  encode(*list, octets);
  if (archive) archive->handle_list(now, list->number(), octets, brought_here);
  outputs.push(SaveRevocations{std::move(octets)});
  outputs.push(LogLine{LogLevel::info,
                       "revocation list holds",
                       {{"number", std::to_string(list->number())}, {"entries", std::to_string(list->size())}}});
  look_at_own_revocation();
}

Bytes Node::State::own_certificate() const {
  return config.certificate ? config.certificate->der() : Bytes{};
}

void Node::State::save_state(TimePoint now) {
  static_cast<void>(now);
  timers_.clear(Timer::save);
  auto remembered = ring.peers_to_remember();
  const auto lease = router ? router->lease() : std::nullopt;
  // Peers and an address once known stay worth trying when all links are gone.
  if (remembered.empty()) remembered = saved_peers_;
  const auto address = lease ? std::optional(lease->address) : saved_address_;
  if (remembered == saved_peers_ && address == saved_address_) return;
  saved_peers_ = remembered;
  saved_address_ = address;
  outputs.push(SaveState{address, std::move(remembered)});
}

Node::Node(NodeConfig config, const crypto::PrivateKey& key, crypto::HandshakeFactory& handshakes,
           crypto::AeadFactory& aeads, Rng& rng)
    : state_(std::make_unique<State>(std::move(config), key, handshakes, aeads, rng)) {}
Node::Node(Node&&) noexcept = default;
Node::~Node() = default;

void Node::handle_wall_time(TimePoint now, WallTime wall) {
  state_->clock_.set(now, wall);
  state_->ring.handle_wall_time(now, wall);
  state_->table.handle_wall_time(now, wall);
  state_->sessions.handle_wall_time(now, wall);
  if (state_->router) state_->router->handle_wall_time(now, wall);
  state_->look_at_certificate(now);
  state_->look_at_renewal(now);
  state_->pump(now);
}

void Node::handle_renewal_failure(TimePoint now, std::string reason) {
  if (!state_->renewal_) return;
  state_->outputs.push(LogLine{LogLevel::warning, "the certificate was not renewed", {{"reason", reason}}});
  state_->renewal_->handle_failure(state_->wall_at(now), std::move(reason));
  state_->look_at_renewal(now);
  state_->pump(now);
}

void Node::handle_lease_answer(TimePoint now, ByteSpan grant) {
  state_->take_lease_answer(now, grant);
  state_->pump(now);
}

void Node::handle_lease_failure(TimePoint now, std::string why) {
  state_->take_lease_failure(now, std::move(why));
  state_->pump(now);
}

void Node::start(TimePoint now) {
  state_->start(now);
  state_->pump(now);
}

void Node::stop(TimePoint now) {
  state_->save_state(now);
  state_->save_history(now);
  state_->refuse_open_questions();
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
  state_->local_endpoints_ = endpoints;
  state_->ring.handle_local_endpoints(now, std::move(endpoints));
  state_->look_at_bootstrap(now);
  state_->pump(now);
}

void Node::handle_bootstrap(TimePoint now, std::vector<net::Endpoint> endpoints) {
  state_->config.bootstrap = endpoints;
  state_->ring.handle_bootstrap(now, std::move(endpoints));
  state_->look_at_bootstrap(now);
  state_->pump(now);
}

void Node::handle_dns_servers(TimePoint now, std::vector<net::Endpoint> servers) {
  if (!state_->router) return;
  state_->dns_servers_ = servers;
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
  state_->dns_listener_ = port;
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
  state_->last_now_ = now;
  state_->handle_command(now, id, command);
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
  return state_->notices();
}
bool Node::is_joined() const {
  return state_->ring.is_joined();
}
std::optional<net::Ipv4Address> Node::address() const {
  const auto lease = state_->router ? state_->router->lease() : std::nullopt;
  return lease ? std::optional(lease->address) : std::nullopt;
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
