#include "router/holdings.hpp"

#include <string_view>

#include "router/c_name.hpp"
#include "router/lease_record.hpp"

namespace ipop::router {
namespace {

constexpr Duration refusal_log_pause = std::chrono::minutes(10);

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

std::optional<std::string> checked_host_name(const std::optional<std::string>& name) {
  return name ? normal_host_name(*name) : std::nullopt;
}

}  // namespace

Holdings::Holdings(Config config, const crypto::PrivateKey& key, const RecordJudge& judge, Rng& rng)
    : config_(std::move(config)),
      judge_(judge),
      lease_keeper_({dht::RecordKind::lease, config_.prefix, config_.lease_time, config_.certificate, config_.server},
                    key, judge, rng) {
  if (config_.host_name && !checked_host_name(config_.host_name)) {
    log(LogLevel::warning, "host name cannot be claimed: it must be 1 to 63 letters, digits and hyphens, and no C-name",
        {{"name", *config_.host_name}});
  }
  config_.host_name = checked_host_name(config_.host_name);
  if (config_.host_name) {
    name_keeper_.emplace(
        LeaseKeeper::Config{dht::RecordKind::name, std::nullopt, config_.lease_time, config_.certificate}, key, judge,
        rng);
  }
  if (config_.server) {
    client_.emplace(LeaseClient::Config{config_.self, std::string(as_text(judge.name_space())), config_.prefix,
                                        config_.host_name.value_or(""), config_.certificate, config_.server->key},
                    key, judge.clock(), rng);
  }
}

void Holdings::handle_clock_set(TimePoint now) {
  if (client_) client_->handle_clock_set(now);
  lease_keeper_.handle_clock_set(now);
  if (const auto held = lease_keeper_.held(); held && lease_) lease_->expires = held->expires;
  if (name_keeper_) name_keeper_->handle_clock_set(now);
  start_if_ready(now);
  pass_values(now);
}

void Holdings::handle_joined(TimePoint now) {
  joined_ = true;
  start_if_ready(now);
  handle_ring_changed(now);
}

void Holdings::handle_ring_changed(TimePoint now) {
  lease_keeper_.handle_ring_changed(now);
  if (name_keeper_) name_keeper_->handle_ring_changed(now);
  pass_values(now);
}

void Holdings::handle_dht_answer(TimePoint now, const Ticket& ticket, const dht::Dht::Answer& answer) {
  if (const auto* claim = std::get_if<LeaseKeeper::ClaimId>(&ticket.id)) {
    if (answer.outcome == dht::Outcome::refused) log_refusal(now, ticket.kind, answer.detail);
    keeper(ticket.kind).handle_created(now, *claim, answer.outcome, answer.records, answer.clock_ahead);
  } else {
    keeper(ticket.kind).handle_found(now, std::get<LeaseKeeper::LookUpId>(ticket.id), answer.outcome, answer.records);
  }
  pass_values(now);
}

void Holdings::handle_grant(TimePoint now, ByteSpan grant) {
  if (client_) client_->handle_answer(now, grant);
  pass_values(now);
}

void Holdings::handle_no_grant(TimePoint now, std::string why) {
  if (client_) client_->handle_failure(now, std::move(why));
  pass_values(now);
}

void Holdings::handle_timeout(TimePoint now) {
  if (client_) client_->handle_timeout(now);
  lease_keeper_.handle_timeout(now);
  if (name_keeper_) name_keeper_->handle_timeout(now);
  pass_values(now);
}

void Holdings::prefer(net::Ipv4Address address) {
  if (!lease_keeper_.is_started()) wish_ = address;
}

bool Holdings::want(TimePoint now, net::Ipv4Address address) {
  if (!lease_keeper_.is_started()) {
    wish_ = address;
    return true;
  }
  if (client_) return false;
  lease_keeper_.forget_wish(now);
  const bool is_possible = lease_keeper_.want(now, record_name(address));
  pass_values(now);
  return is_possible;
}

void Holdings::forget_wish(TimePoint now) {
  wish_.reset();
  lease_keeper_.forget_wish(now);
  pass_values(now);
}

void Holdings::keep(TimePoint now) {
  lease_keeper_.keep(now);
  pass_values(now);
}

void Holdings::let_lapse() {
  if (!client_) lease_keeper_.let_lapse();
}

bool Holdings::decline(TimePoint now) {
  const bool is_taken = lease_keeper_.decline(now);
  pass_values(now);
  return is_taken;
}

std::optional<TimePoint> Holdings::poll_timeout() const {
  auto next = lease_keeper_.poll_timeout();
  if (client_) next = earliest(next, client_->poll_timeout());
  return name_keeper_ ? earliest(next, name_keeper_->poll_timeout()) : next;
}

void Holdings::start_if_ready(TimePoint now) {
  if (!joined_ || !judge_.clock().is_set() || !config_.claim_address) return;
  // The address of the last run goes first, then what a client already asked for.
  const auto first = config_.preferred ? config_.preferred : wish_;
  if (client_) return client_->start(now, first);
  lease_keeper_.start(now, first ? std::optional(record_name(*first)) : std::nullopt, lease_value());
}

void Holdings::pass_values(TimePoint now) {
  bool again = true;
  while (again) {
    again = pass_from_client(now);
    again = pass_from_keeper(now, Kind::lease) || again;
    again = (name_keeper_ && pass_from_keeper(now, Kind::name)) || again;
  }
}

bool Holdings::pass_from_keeper(TimePoint now, Kind kind) {
  bool any = false;
  while (auto output = keeper(kind).poll_output()) {
    any = true;
    std::visit(Overloaded{
                   [&](LeaseKeeper::Create& create) {
                     outputs_.push(Create{{kind, create.id}, std::move(create.record)});
                   },
                   [&](LeaseKeeper::Get& get) {
                     outputs_.push(Get{{kind, get.id}, std::move(get.name)});
                   },
                   [&](const LeaseKeeper::Held& held) {
                     kind == Kind::lease ? handle_lease_held(now, held) : handle_name_held(now, held);
                   },
                   [&](const LeaseKeeper::Lost& lost) { handle_lost(now, kind, lost); },
                   [&](const LeaseKeeper::Taken& taken) { handle_taken(now, kind, taken); },
                   [&](const LeaseKeeper::ClockOff& off) {
                     if (kind == Kind::lease) outputs_.push(off);
                   },
               },
               *output);
  }
  return any;
}

bool Holdings::pass_from_client(TimePoint now) {
  bool any = false;
  while (auto output = client_ ? client_->poll_output() : std::nullopt) {
    any = true;
    std::visit(Overloaded{
                   [&](LeaseClient::Ask& ask) { outputs_.push(AskLeaseServer{std::move(ask.request)}); },
                   [&](const LeaseClient::Granted& granted) {
                     lease_keeper_.take(now, record_name(granted.grant.address), lease_value(), granted.grant.expires);
                   },
                   [&](const LeaseClient::Unheard&) {
                     if (config_.server->fallback == LeaseServer::Fallback::ring)
                       lease_keeper_.fall_back(now, lease_value());
                   },
                   [&](LogLine& line) { outputs_.push(std::move(line)); },
               },
               *output);
  }
  return any;
}

Bytes Holdings::lease_value() const {
  LeaseValue value{config_.self, name_.value_or(""), {}};
  if (client_ && client_->grant()) encode(*client_->grant(), value.grant);
  return encode(value);
}

void Holdings::handle_lease_held(TimePoint now, const LeaseKeeper::Held& held) {
  const auto address = address_of(held.name);
  if (!address) return;
  wish_.reset();
  lease_ = Lease{*address, held.expires, held.ends, held.renew_at};
  if (held.is_new) log(LogLevel::info, "address held", {{"ip", to_string(*address)}});
  outputs_.push(LeaseHeld{*lease_, held.is_new});
  if (!held.is_new || !name_keeper_) return;
  const Bytes value = encode(NameValue{config_.self, *address});
  if (name_keeper_->is_started()) {
    name_keeper_->set_value(now, value);
  } else {
    name_keeper_->start(now, record_name(*config_.host_name), value);
  }
}

void Holdings::handle_name_held(TimePoint now, const LeaseKeeper::Held& held) {
  name_ = std::string(as_text(held.name));
  name_notice_.reset();
  outputs_.push(NameChanged{});
  // The lease says how its holder is called, for reverse look-ups.
  lease_keeper_.set_value(now, lease_value());
  if (!held.is_new) return;
  log(LogLevel::info, "name held", {{"name", *name_}});
  outputs_.push(NameHeld{*name_});
}

void Holdings::handle_lost(TimePoint now, Kind kind, const LeaseKeeper::Lost& lost) {
  if (kind == Kind::name) {
    name_.reset();
    outputs_.push(NameChanged{});
    lease_keeper_.set_value(now, lease_value());
    return log(LogLevel::warning, "name lost", {{"name", std::string(as_text(lost.name))}, {"reason", lost.why}});
  }
  const auto address = address_of(lost.name);
  if (!address) return;
  lease_.reset();
  log(LogLevel::warning, "address lost", {{"ip", to_string(*address)}, {"reason", lost.why}});
  outputs_.push(LeaseLost{*address, lost.why});
}

void Holdings::handle_taken(TimePoint now, Kind kind, const LeaseKeeper::Taken& taken) {
  if (kind == Kind::lease) {
    const auto address = address_of(taken.name);
    if (!address) return;
    log(LogLevel::info, "address is held by another node", {{"ip", to_string(*address)}});
    outputs_.push(AddressTaken{*address});
    if (client_) client_->handle_taken(now);
    return;
  }
  const std::string name(as_text(taken.name));
  const std::string holder = taken.holder ? to_short_string(*taken.holder) : "unknown";
  const std::string until = utc_minute(taken.until);
  log(LogLevel::warning, "name is held by another node", {{"name", name}, {"peer", holder}, {"until", until}});
  name_notice_ = "the name " + name + " is held by the node " + holder + " until " + until +
                 ", or longer if that one runs; if it was this machine before a new installation, put its key.pem back "
                 "into the state directory, have its old certificate revoked (in a closed group), or wait; else choose "
                 "another --hostname";
}

void Holdings::log_refusal(TimePoint now, Kind kind, const std::string& why) {
  if (refusal_logged_ && now < *refusal_logged_ + refusal_log_pause) return;
  refusal_logged_ = now;
  log(LogLevel::warning, kind == Kind::lease ? "the ring refused the address" : "the ring refused the name",
      {{"reason", why}});
}

void Holdings::log(LogLevel level, std::string text, std::vector<std::pair<std::string, std::string>> fields) {
  outputs_.push(LogLine{level, std::move(text), std::move(fields)});
}

}  // namespace ipop::router
