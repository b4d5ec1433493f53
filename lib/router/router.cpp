#include "router/router.hpp"

#include <algorithm>
#include <utility>

#include "router/lease_record.hpp"
#include "router/router_state.hpp"

namespace ipop::router {
namespace {

// The DHT ends every operation within 10 s; a request that is not answered by then is forgotten.
constexpr Duration request_time = 60s;
constexpr std::size_t most_requests = 4096;

constexpr std::size_t most_waiting_arps = 64;
constexpr std::size_t most_wanted_links = 1024;
constexpr std::size_t most_admitted = 1024;

}  // namespace

Router::Router(Config config, const crypto::PrivateKey& key, const crypto::Basis& basis, Rng& rng)
    : state_(std::make_unique<State>(std::move(config), key, basis, rng)) {}
Router::Router(Router&&) noexcept = default;
Router::~Router() = default;

void Router::handle_clock_set(TimePoint now) {
  state_->holdings_.handle_clock_set(now);
  state_->pass_values(now);
}
void Router::handle_joined(TimePoint now) {
  state_->holdings_.handle_joined(now);
  state_->pass_values(now);
}
void Router::handle_trust_changed() {
  state_->handle_trust_changed();
}
void Router::handle_ring_changed(TimePoint now) {
  state_->holdings_.handle_ring_changed(now);
  state_->pass_values(now);
}
void Router::handle_unreached(TimePoint now, const NodeId& peer) {
  state_->handle_unreached(now, peer);
}
void Router::handle_carries(const NodeId& peer, std::uint16_t octets) {
  state_->handle_carries(peer, octets);
}
std::uint16_t Router::mtu_to(const NodeId& peer) const {
  return state_->mtu_to(peer);
}
void Router::handle_frames(TimePoint now, std::span<const ByteSpan> frames) {
  state_->handle_frames(now, frames);
}
void Router::handle_packets(TimePoint now, const NodeId& source, std::span<const Bytes> packets) {
  state_->handle_packets(now, source, packets);
}
void Router::handle_dht_answer(TimePoint now, RequestId id, const dht::Dht::Answer& answer) {
  state_->handle_dht_answer(now, id, answer);
}
void Router::handle_timeout(TimePoint now) {
  state_->handle_timeout(now);
}
void Router::handle_lease_answer(TimePoint now, ByteSpan grant) {
  state_->holdings_.handle_grant(now, grant);
  state_->pass_values(now);
}
void Router::handle_lease_failure(TimePoint now, std::string why) {
  state_->holdings_.handle_no_grant(now, std::move(why));
  state_->pass_values(now);
}
void Router::handle_dns_query(TimePoint now, std::uint64_t tag, ByteSpan query) {
  state_->dns_.handle_query(now, DnsDesk::ControlClient{tag}, query);
  state_->pass_values(now);
}
void Router::handle_dns_listener(std::optional<std::uint16_t> port) {
  state_->dns_listener_ = port;
}
void Router::handle_dns_stream_query(TimePoint now, std::uint64_t tag, ByteSpan query) {
  state_->dns_.handle_query(now, DnsDesk::StreamClient{tag}, query);
  state_->pass_values(now);
}
void Router::handle_dns_servers(std::vector<net::Endpoint> servers) {
  state_->dns_.handle_servers(std::move(servers));
}
void Router::handle_dns_server_answer(TimePoint now, std::uint64_t number, const net::Endpoint& from,
                                      ByteSpan message) {
  state_->dns_.handle_server_answer(now, number, from, message);
  state_->pass_values(now);
}
void Router::handle_dns_server_failure(TimePoint now, std::uint64_t number) {
  state_->dns_.handle_server_failure(now, number);
  state_->pass_values(now);
}
std::optional<Router::DnsAnswer> Router::poll_dns_answer() {
  return state_->dns_answers.poll();
}
std::optional<Router::Output> Router::poll_output() {
  return state_->outputs.poll();
}
std::optional<TimePoint> Router::poll_timeout() const {
  return state_->poll_timeout();
}
std::optional<Lease> Router::lease() const {
  return state_->holdings_.lease();
}
std::optional<std::string> Router::held_name() const {
  return state_->holdings_.name();
}
bool Router::holds(dht::RecordKind kind, ByteSpan name) const {
  const auto is = [name](const Bytes& own) { return std::ranges::equal(own, name); };
  if (kind == dht::RecordKind::lease) return state_->lease() && is(record_name(state_->lease()->address));
  const auto& held = state_->holdings_.name();
  return held && is(record_name(*held));
}
std::optional<std::string> Router::lease_notice() const {
  return state_->holdings_.lease_notice();
}
std::optional<std::string> Router::name_notice() const {
  return state_->holdings_.name_notice();
}
std::vector<Mapping> Router::mappings() const {
  return state_->mappings();
}
Counters Router::counters() const {
  return state_->all_counters();
}

Router::State::State(Config config, const crypto::PrivateKey& key, const crypto::Basis& basis, Rng& rng)
    : config_(std::move(config)),
      rng_(rng),
      judge_(config_.name_space, basis, config_.grants.get()),
      holdings_({config_.self, config_.prefix, config_.host_name, config_.preferred, config_.claim_address,
                 config_.lease_time, config_.certificate, config_.lease_server},
                key, judge_, rng),
      resolver_(judge_, rng),
      dhcp_({config_.prefix, config_.domain, config_.mtu, config_.tap_mac, config_.guest_mtu, config_.offer_dns},
            counters),
      dns_({config_.prefix, config_.domain}, judge_, rng),
      requests_(most_requests),
      waiting_arps_(most_waiting_arps),
      wanted_links_(most_wanted_links),
      admitted_(most_admitted),
      identification_(static_cast<std::uint16_t>(rng.next())) {
  tell_own_names();
}

void Router::State::handle_trust_changed() {
  resolver_.handle_trust_changed();
  dns_.handle_trust_changed();
}

void Router::State::handle_dht_answer(TimePoint now, RequestId id, const dht::Dht::Answer& answer) {
  const auto request = take(requests_, id, now);
  if (!request) return;
  std::visit(
      Overloaded{
          [&](const Holdings::Ticket& ticket) { holdings_.handle_dht_answer(now, ticket, answer); },
          [&](const WantsHolder& it) { resolver_.handle_answer(now, it.address, answer.outcome, answer.records); },
          [&](const WantsNamed& it) { dns_.handle_name(now, it.name, answer.outcome, answer.records); },
      },
      *request);
  pass_values(now);
}

Counters Router::State::all_counters() const {
  Counters all = counters;
  all.merge(dns_.counters());
  return all;
}

void Router::State::handle_timeout(TimePoint now) {
  holdings_.handle_timeout(now);
  resolver_.handle_timeout(now);
  dhcp_.handle_timeout(now);
  dns_.handle_timeout(now);
  if (const std::size_t late = parked_out_.drop_expired(now); late != 0) counters.add("drop_ip_unresolved", late);
  if (const std::size_t late = parked_in_.drop_expired(now); late != 0) counters.add("drop_peer_unverified", late);
  requests_.drop_expired(now);
  waiting_arps_.drop_expired(now);
  wanted_links_.drop_expired(now);
  admitted_.drop_expired(now);
  pass_values(now);
}

std::optional<TimePoint> Router::State::poll_timeout() const {
  std::optional<TimePoint> first = earliest(holdings_.poll_timeout(), resolver_.poll_timeout());
  first = earliest(first, earliest(dhcp_.poll_timeout(), dns_.poll_timeout()));
  return earliest(first, earliest(parked_out_.next_end(), parked_in_.next_end()));
}

std::vector<Mapping> Router::State::mappings() const {
  std::vector<Mapping> out;
  const auto& held = lease();
  bool has_own = !held;
  const auto add_own = [&] {
    out.push_back({held->address, config_.self, true});
    has_own = true;
  };
  resolver_.for_each([&](net::Ipv4Address address, const AddressResolver::Entry& entry) {
    if (!has_own && held->address <= address) add_own();
    if (held && held->address == address) return;
    if (entry.knowledge == AddressResolver::Knowledge::holder) out.push_back({address, entry.holder, true});
    if (entry.knowledge == AddressResolver::Knowledge::nobody) out.push_back({address, std::nullopt, true});
  });
  if (!has_own) add_own();
  return out;
}

void Router::State::pass_values(TimePoint now) {
  bool again = true;
  while (again) {
    again = pass_from_holdings(now);
    again = pass_from_resolver(now) || again;
    again = pass_from_dhcp(now) || again;
    again = pass_from_dns(now) || again;
  }
  flush();
}

bool Router::State::pass_from_holdings(TimePoint now) {
  bool any = false;
  while (auto output = holdings_.poll_output()) {
    any = true;
    std::visit(Overloaded{
                   [&](Holdings::Create& create) {
                     outputs.push(DhtCreate{remember(now, create.ticket), std::move(create.record)});
                   },
                   [&](Holdings::Get& get) {
                     const bool is_lease = get.ticket.kind == Holdings::Kind::lease;
                     const auto kind = is_lease ? dht::RecordKind::lease : dht::RecordKind::name;
                     outputs.push(DhtGet{remember(now, get.ticket), kind, std::move(get.name)});
                   },
                   [&](Holdings::LeaseHeld& held) {
                     tell_own_names();
                     dhcp_.handle_lease_held(now, held.lease);
                     if (held.is_new) outputs.push(LeaseHeld{held.lease});
                   },
                   [&](Holdings::LeaseLost& lost) {
                     tell_own_names();
                     dhcp_.handle_lease_lost(now, lost.address);
                     outputs.push(LeaseLost{lost.address, std::move(lost.why)});
                   },
                   [&](Holdings::AddressTaken& taken) { dhcp_.handle_address_taken(now, taken.address); },
                   [&](Holdings::NameHeld& held) { outputs.push(NameHeld{std::move(held.name)}); },
                   [&](Holdings::NameChanged&) { tell_own_names(); },
                   [&](Holdings::AskLeaseServer& ask) { outputs.push(AskLeaseServer{std::move(ask.request)}); },
                   [&](auto& said) { outputs.push(std::move(said)); },
               },
               *output);
  }
  return any;
}

bool Router::State::pass_from_resolver(TimePoint now) {
  bool any = false;
  while (const auto output = resolver_.poll_output()) {
    any = true;
    if (const auto* ask = std::get_if<AddressResolver::Ask>(&*output)) {
      const RequestId id = remember(now, WantsHolder{ask->address});
      outputs.push(DhtGet{id, dht::RecordKind::lease, record_name(ask->address)});
    } else {
      handle_resolved(now, std::get<AddressResolver::Resolved>(*output).address);
    }
  }
  return any;
}

bool Router::State::pass_from_dhcp(TimePoint now) {
  bool any = false;
  while (const auto output = dhcp_.poll_output()) {
    any = true;
    handle_dhcp_output(now, *output);
  }
  return any;
}

bool Router::State::pass_from_dns(TimePoint now) {
  bool any = false;
  while (auto output = dns_.poll_output()) {
    any = true;
    std::visit(Overloaded{
                   [&](DnsDesk::Answer& answer) { answer_dns(answer); },
                   [&](DnsDesk::LookUpName& question) {
                     const Bytes name = record_name(question.name);
                     const RequestId id = remember(now, WantsNamed{std::move(question.name)});
                     outputs.push(DhtGet{id, dht::RecordKind::name, name});
                   },
                   [&](DnsDesk::LookUpAddress& question) {
                     dns_.handle_lease(now, question.address, resolver_.resolve(now, question.address));
                   },
                   [&](auto& forward) { outputs.push(std::move(forward)); },
               },
               *output);
  }
  return any;
}

void Router::State::tell_own_names() {
  NameService::Own own;
  own.holder = config_.self;
  own.name = holdings_.name();
  own.lease = lease();
  dns_.handle_own(std::move(own));
}

RequestId Router::State::remember(TimePoint now, Request request) {
  const RequestId id{next_request_++};
  requests_.put(now, id, std::move(request), now + request_time);
  return id;
}

}  // namespace ipop::router
