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
constexpr Duration dns_query_time = 10s;
// Queries of one input stand beside those that wait until the answers are passed on.
constexpr std::size_t most_answered_at_once = 1024;

/// As 2026-11-28 19:05 UTC.
std::string utc_minute(WallTime time) {
  const std::chrono::sys_seconds seconds{std::chrono::seconds(time.seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(seconds - day);
  const auto two = [](char before, auto number) {
    return before + std::string(number < 10 ? "0" : "") + std::to_string(number);
  };
  return std::to_string(static_cast<int>(date.year())) + two('-', static_cast<unsigned>(date.month())) +
         two('-', static_cast<unsigned>(date.day())) + two(' ', clock.hours().count()) +
         two(':', clock.minutes().count()) + " UTC";
}
constexpr std::size_t most_waiting_arps = 64;
constexpr std::size_t most_wanted_links = 1024;
constexpr std::size_t most_admitted = 1024;
constexpr Duration refusal_log_pause = std::chrono::minutes(10);

std::optional<std::string> checked_host_name(const std::optional<std::string>& name) {
  return name ? normal_host_name(*name) : std::nullopt;
}

}  // namespace

Router::Router(Config config, const crypto::PrivateKey& key, const crypto::Basis& basis, Rng& rng)
    : state_(std::make_unique<State>(std::move(config), key, basis, rng)) {}
Router::Router(Router&&) noexcept = default;
Router::~Router() = default;

void Router::handle_clock_set(TimePoint now) {
  state_->handle_clock_set(now);
}
void Router::handle_joined(TimePoint now) {
  state_->handle_joined(now);
}
void Router::handle_trust_changed() {
  state_->handle_trust_changed();
}
void Router::handle_ring_changed(TimePoint now) {
  state_->handle_ring_changed(now);
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
  state_->handle_lease_answer(now, grant);
}
void Router::handle_lease_failure(TimePoint now, std::string why) {
  state_->handle_lease_failure(now, std::move(why));
}
void Router::handle_dns_query(TimePoint now, std::uint64_t tag, ByteSpan query) {
  state_->handle_dns_query(now, tag, query);
}
void Router::handle_dns_listener(std::optional<std::uint16_t> port) {
  state_->handle_dns_listener(port);
}
void Router::handle_dns_stream_query(TimePoint now, std::uint64_t tag, ByteSpan query) {
  state_->handle_dns_stream_query(now, tag, query);
}
void Router::handle_dns_servers(std::vector<net::Endpoint> servers) {
  state_->handle_dns_servers(std::move(servers));
}
void Router::handle_dns_server_answer(TimePoint now, std::uint64_t number, const net::Endpoint& from,
                                      ByteSpan message) {
  state_->handle_dns_server_answer(now, number, from, message);
}
void Router::handle_dns_server_failure(TimePoint now, std::uint64_t number) {
  state_->handle_dns_server_failure(now, number);
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
  return state_->lease;
}
std::optional<std::string> Router::held_name() const {
  return state_->held_name;
}
bool Router::holds(dht::RecordKind kind, ByteSpan name) const {
  const auto is = [name](const Bytes& own) { return std::ranges::equal(own, name); };
  if (kind == dht::RecordKind::lease) return state_->lease && is(record_name(state_->lease->address));
  return state_->held_name && is(record_name(*state_->held_name));
}
std::optional<std::string> Router::lease_notice() const {
  return state_->lease_notice();
}
std::optional<std::string> Router::name_notice() const {
  return state_->name_notice;
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
      lease_keeper_(
          {dht::RecordKind::lease, config_.prefix, config_.lease_time, config_.certificate, config_.lease_server}, key,
          judge_, rng),
      resolver_(judge_, rng),
      dhcp_({config_.prefix, config_.domain, config_.mtu, config_.tap_mac, config_.guest_mtu, config_.offer_dns},
            counters),
      names_({config_.prefix, config_.domain}, judge_, counters),
      relay_(DnsRelay::Elsewhere::forward, rng),
      requests_(most_requests),
      dns_clients_(NameService::most_waiting + most_answered_at_once),
      waiting_arps_(most_waiting_arps),
      wanted_links_(most_wanted_links),
      admitted_(most_admitted),
      identification_(static_cast<std::uint16_t>(rng.next())) {
  if (const auto domain = net::parse_dns_name(config_.domain)) relay_.handle_zone({*domain, config_.prefix});
  if (config_.host_name && !checked_host_name(config_.host_name)) {
    log(LogLevel::warning, "host name cannot be claimed: it must be 1 to 63 letters, digits and hyphens, and no C-name",
        {{"name", *config_.host_name}});
  }
  config_.host_name = checked_host_name(config_.host_name);
  if (config_.host_name) {
    name_keeper_.emplace(
        LeaseKeeper::Config{dht::RecordKind::name, std::nullopt, config_.lease_time, config_.certificate}, key, judge_,
        rng);
  }
  if (config_.lease_server) {
    lease_client_.emplace(
        LeaseClient::Config{config_.self, std::string(as_text(config_.name_space)), config_.prefix,
                            config_.host_name.value_or(""), config_.certificate, config_.lease_server->key},
        key, judge_.clock(), rng);
  }
  tell_own_names();
}

void Router::State::handle_clock_set(TimePoint now) {
  if (lease_client_) lease_client_->handle_clock_set(now);
  lease_keeper_.handle_clock_set(now);
  if (const auto held = lease_keeper_.held(); held && lease) lease->expires = held->expires;
  if (name_keeper_) name_keeper_->handle_clock_set(now);
  start_if_ready(now);
  pass_values(now);
}

void Router::State::handle_joined(TimePoint now) {
  joined_ = true;
  start_if_ready(now);
  handle_ring_changed(now);
}

void Router::State::handle_trust_changed() {
  resolver_.handle_trust_changed();
  names_.handle_trust_changed();
}

void Router::State::handle_ring_changed(TimePoint now) {
  lease_keeper_.handle_ring_changed(now);
  if (name_keeper_) name_keeper_->handle_ring_changed(now);
  pass_values(now);
}

void Router::State::handle_dht_answer(TimePoint now, RequestId id, const dht::Dht::Answer& answer) {
  const auto request = take(requests_, id, now);
  if (!request) return;
  std::visit(
      Overloaded{
          [&](const Claims& claim) {
            if (answer.outcome == dht::Outcome::refused) log_refusal(now, claim.keeper, answer.detail);
            keeper(claim.keeper).handle_created(now, claim.id, answer.outcome, answer.records, answer.clock_ahead);
          },
          [&](const LooksUp& it) { keeper(it.keeper).handle_found(now, it.id, answer.outcome, answer.records); },
          [&](const WantsHolder& it) { resolver_.handle_answer(now, it.address, answer.outcome, answer.records); },
          [&](const WantsNamed& it) { names_.handle_name(now, it.name, answer.outcome, answer.records); },
      },
      *request);
  pass_values(now);
}

void Router::State::log_refusal(TimePoint now, Keeper which, const std::string& why) {
  if (refusal_logged_ && now < *refusal_logged_ + refusal_log_pause) return;
  refusal_logged_ = now;
  log(LogLevel::warning, which == Keeper::lease ? "the ring refused the address" : "the ring refused the name",
      {{"reason", why}});
}

void Router::State::handle_lease_answer(TimePoint now, ByteSpan grant) {
  if (lease_client_) lease_client_->handle_answer(now, grant);
  pass_values(now);
}

void Router::State::handle_lease_failure(TimePoint now, std::string why) {
  if (lease_client_) lease_client_->handle_failure(now, std::move(why));
  pass_values(now);
}

void Router::State::handle_dns_query(TimePoint now, std::uint64_t tag, ByteSpan query) {
  const std::uint64_t number = next_query_++;
  dns_clients_.put(now, number, tag, now + dns_query_time);
  if (!names_.handle_query(now, number, query)) dns_clients_.erase(number);
  pass_values(now);
}

void Router::State::handle_dns_servers(std::vector<net::Endpoint> servers) {
  // A query must not come back to this node's own server.
  std::erase_if(servers, [this](const net::Endpoint& server) {
    const auto v4 = server.ipv4();
    return v4 && config_.prefix.contains(*v4);
  });
  relay_.handle_servers(std::move(servers));
}

void Router::State::handle_dns_server_answer(TimePoint now, std::uint64_t number, const net::Endpoint& from,
                                             ByteSpan message) {
  relay_.handle_server_answer(now, number, from, message);
  pass_values(now);
}

void Router::State::handle_dns_server_failure(TimePoint now, std::uint64_t number) {
  relay_.handle_server_failure(now, number);
  pass_values(now);
}

Counters Router::State::all_counters() const {
  Counters all = counters;
  all.merge(relay_.counters());
  return all;
}

void Router::State::handle_timeout(TimePoint now) {
  if (lease_client_) lease_client_->handle_timeout(now);
  lease_keeper_.handle_timeout(now);
  if (name_keeper_) name_keeper_->handle_timeout(now);
  resolver_.handle_timeout(now);
  dhcp_.handle_timeout(now);
  names_.handle_timeout(now);
  relay_.handle_timeout(now);
  if (const std::size_t late = parked_out_.drop_expired(now); late != 0) counters.add("drop_ip_unresolved", late);
  if (const std::size_t late = parked_in_.drop_expired(now); late != 0) counters.add("drop_peer_unverified", late);
  requests_.drop_expired(now);
  dns_clients_.drop_expired(now);
  waiting_arps_.drop_expired(now);
  wanted_links_.drop_expired(now);
  admitted_.drop_expired(now);
  pass_values(now);
}

std::optional<TimePoint> Router::State::poll_timeout() const {
  std::optional<TimePoint> first = earliest(lease_keeper_.poll_timeout(), resolver_.poll_timeout());
  first = earliest(first, earliest(dhcp_.poll_timeout(), names_.poll_timeout()));
  first = earliest(first, relay_.poll_timeout());
  first = earliest(first, earliest(parked_out_.next_end(), parked_in_.next_end()));
  if (lease_client_) first = earliest(first, lease_client_->poll_timeout());
  return name_keeper_ ? earliest(first, name_keeper_->poll_timeout()) : first;
}

std::vector<Mapping> Router::State::mappings() const {
  std::vector<Mapping> out;
  bool has_own = !lease;
  const auto add_own = [&] {
    out.push_back({lease->address, config_.self, true});
    has_own = true;
  };
  resolver_.for_each([&](net::Ipv4Address address, const AddressResolver::Entry& entry) {
    if (!has_own && lease->address <= address) add_own();
    if (lease && lease->address == address) return;
    if (entry.knowledge == AddressResolver::Knowledge::holder) out.push_back({address, entry.holder, true});
    if (entry.knowledge == AddressResolver::Knowledge::nobody) out.push_back({address, std::nullopt, true});
  });
  if (!has_own) add_own();
  return out;
}

void Router::State::start_if_ready(TimePoint now) {
  if (!joined_ || !judge_.clock().is_set() || !config_.claim_address) return;
  // The address of the last run goes first, then what a client already asked for.
  const auto preferred = config_.preferred ? config_.preferred : dhcp_.wished();
  if (lease_client_) return lease_client_->start(now, preferred);
  lease_keeper_.start(now, preferred ? std::optional(record_name(*preferred)) : std::nullopt, lease_value());
}

void Router::State::pass_values(TimePoint now) {
  bool again = true;
  while (again) {
    again = pass_from_client(now);
    again = pass_from_keeper(now, Keeper::lease) || again;
    again = (name_keeper_ && pass_from_keeper(now, Keeper::name)) || again;
    again = pass_from_resolver(now) || again;
    again = pass_from_dhcp(now) || again;
    again = pass_from_names(now) || again;
    again = pass_from_relay(now) || again;
  }
  flush();
}

bool Router::State::pass_from_keeper(TimePoint now, Keeper which) {
  const bool is_lease = which == Keeper::lease;
  bool any = false;
  while (auto output = keeper(which).poll_output()) {
    any = true;
    std::visit(
        Overloaded{
            [&](LeaseKeeper::Create& create) {
              const RequestId id = remember(now, Claims{which, create.id});
              outputs.push(DhtCreate{id, std::move(create.record)});
            },
            [&](LeaseKeeper::Get& get) {
              const RequestId id = remember(now, LooksUp{which, get.id});
              const auto kind = is_lease ? dht::RecordKind::lease : dht::RecordKind::name;
              outputs.push(DhtGet{id, kind, std::move(get.name)});
            },
            [&](const LeaseKeeper::Held& held) {
              is_lease ? handle_lease_held(now, held) : handle_name_held(now, held);
            },
            [&](const LeaseKeeper::ClockOff& off) {
              if (is_lease) outputs.push(off);
            },
            [&](const LeaseKeeper::Lost& lost) {
              if (is_lease) return handle_lease_lost(now, lost);
              held_name.reset();
              tell_own_names();
              lease_keeper_.set_value(now, lease_value());
              log(LogLevel::warning, "name lost", {{"name", std::string(as_text(lost.name))}, {"reason", lost.why}});
            },
            [&](const LeaseKeeper::Taken& taken) {
              if (!is_lease) {
                handle_name_taken(taken);
              } else if (const auto address = address_of(taken.name)) {
                log(LogLevel::info, "address is held by another node", {{"ip", to_string(*address)}});
                dhcp_.handle_address_taken(now, *address);
                if (lease_client_) lease_client_->handle_taken(now);
              }
            },
        },
        *output);
  }
  return any;
}

Bytes Router::State::lease_value() const {
  LeaseValue value{config_.self, held_name.value_or(""), {}};
  if (lease_client_ && lease_client_->grant()) encode(*lease_client_->grant(), value.grant);
  return encode(value);
}

bool Router::State::pass_from_client(TimePoint now) {
  bool any = false;
  while (auto output = lease_client_ ? lease_client_->poll_output() : std::nullopt) {
    any = true;
    std::visit(Overloaded{
                   [&](LeaseClient::Ask& ask) { outputs.push(AskLeaseServer{std::move(ask.request)}); },
                   [&](const LeaseClient::Granted& granted) {
                     lease_keeper_.take(now, record_name(granted.grant.address), lease_value(), granted.grant.expires);
                   },
                   [&](const LeaseClient::Unheard&) {
                     if (config_.lease_server->fallback == LeaseServer::Fallback::ring)
                       lease_keeper_.fall_back(now, lease_value());
                   },
                   [&](LogLine& line) { outputs.push(std::move(line)); },
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

bool Router::State::pass_from_names(TimePoint now) {
  bool any = false;
  while (auto output = names_.poll_output()) {
    any = true;
    std::visit(Overloaded{
                   [&](NameService::Answer& answer) { handle_dns_answer(now, answer.tag, std::move(answer.message)); },
                   [&](NameService::LookUpName& question) {
                     const Bytes name = record_name(question.name);
                     const RequestId id = remember(now, WantsNamed{std::move(question.name)});
                     outputs.push(DhtGet{id, dht::RecordKind::name, name});
                   },
                   [&](const NameService::LookUpAddress& question) {
                     names_.handle_lease(now, question.address, resolver_.resolve(now, question.address));
                   },
               },
               *output);
  }
  return any;
}

bool Router::State::pass_from_relay(TimePoint now) {
  bool any = false;
  while (auto output = relay_.poll_output()) {
    any = true;
    std::visit(Overloaded{
                   [&](const DnsRelay::AskNode& ask) {
                     const std::uint64_t number = next_query_++;
                     dns_clients_.put(now, number, RelayWaits{ask.number}, now + dns_query_time);
                     if (!names_.handle_query(now, number, ask.query)) relay_.handle_node_failure(ask.number);
                   },
                   [&](DnsRelay::Forward& forward) { outputs.push(std::move(forward)); },
                   [&](const DnsRelay::EndForward& ended) { outputs.push(ended); },
                   [&](DnsRelay::Answer& answer) { handle_dns_answer(now, answer.tag, std::move(answer.message)); },
               },
               *output);
  }
  return any;
}

void Router::State::handle_lease_held(TimePoint now, const LeaseKeeper::Held& held) {
  const auto address = address_of(held.name);
  if (!address) return;
  lease = Lease{*address, held.expires, held.ends, held.renew_at};
  tell_own_names();
  dhcp_.handle_lease_held(now, *lease);
  if (!held.is_new) return;
  log(LogLevel::info, "address held", {{"ip", to_string(*address)}});
  outputs.push(LeaseHeld{*lease});
  if (!name_keeper_) return;
  const Bytes value = encode(NameValue{config_.self, *address});
  if (name_keeper_->is_started()) {
    name_keeper_->set_value(now, value);
  } else {
    name_keeper_->start(now, record_name(*config_.host_name), value);
  }
}

void Router::State::handle_lease_lost(TimePoint now, const LeaseKeeper::Lost& lost) {
  const auto address = address_of(lost.name);
  if (!address) return;
  lease.reset();
  tell_own_names();
  dhcp_.handle_lease_lost(now, *address);
  log(LogLevel::warning, "address lost", {{"ip", to_string(*address)}, {"reason", lost.why}});
  outputs.push(LeaseLost{*address, lost.why});
}

void Router::State::handle_name_held(TimePoint now, const LeaseKeeper::Held& held) {
  held_name = std::string(as_text(held.name));
  name_notice.reset();
  tell_own_names();
  // The lease says how its holder is called, for reverse look-ups.
  lease_keeper_.set_value(now, lease_value());
  if (!held.is_new) return;
  log(LogLevel::info, "name held", {{"name", *held_name}});
  outputs.push(NameHeld{*held_name});
}

void Router::State::handle_name_taken(const LeaseKeeper::Taken& taken) {
  const std::string name(as_text(taken.name));
  const std::string holder = taken.holder ? to_short_string(*taken.holder) : "unknown";
  const std::string until = utc_minute(taken.until);
  log(LogLevel::warning, "name is held by another node", {{"name", name}, {"peer", holder}, {"until", until}});
  name_notice = "the name " + name + " is held by the node " + holder + " until " + until +
                ", or longer if that one runs; if it was this machine before a new installation, put its key.pem back "
                "into the state directory, have its old certificate revoked (in a closed group), or wait; else choose "
                "another --hostname";
}

void Router::State::tell_own_names() {
  NameService::Own own;
  own.holder = config_.self;
  own.name = held_name;
  own.lease = lease;
  names_.handle_own(std::move(own));
}

RequestId Router::State::remember(TimePoint now, Request request) {
  const RequestId id{next_request_++};
  requests_.put(now, id, std::move(request), now + request_time);
  return id;
}

void Router::State::log(LogLevel level, std::string text, std::vector<std::pair<std::string, std::string>> fields) {
  outputs.push(LogLine{level, std::move(text), std::move(fields)});
}

}  // namespace ipop::router
