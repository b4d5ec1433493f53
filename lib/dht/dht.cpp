#include "dht/dht.hpp"

#include "dht/dht_state.hpp"

namespace ipop::dht {
namespace {

// Records that a lost message left with a node that does not stand for them are passed on then.
constexpr Duration sweep_every = std::chrono::minutes(10);
constexpr double sweep_jitter = 0.2;

}  // namespace

void Dht::State::handle_trust_changed(TimePoint now) {
  store_.drop_revoked();
  tell_watchers(now);
}

void Dht::State::handle_ring(TimePoint now, std::vector<NodeId> neighbours, std::size_t size_estimate) {
  const RingView before = std::exchange(view_, RingView(config_.self, std::move(neighbours)));
  const unsigned replicas_before = std::exchange(replicas_, replicas_for(size_estimate, replicas_));
  if (!(before == view_)) {
    handover_.drop_neighbours([&](const NodeId& node) { return view_.contains(node); });
    move_entries(placement(), store_, before, newcomers(now, before), handover_);
    ask_new_neighbours(now, before);
  }
  if (replicas_ > replicas_before) spread_to_odd_positions(placement(), store_, handover_);
  if (!sweep_at_) sweep_at_ = now + rng_.jitter(sweep_every, sweep_jitter);
  if (!(before == view_) || replicas_ != replicas_before) watches_.handle_ring(now, replicas_);
  send_handovers(now);
}

void Dht::State::handle_message(TimePoint now, const Way& way, ByteSpan octets) {
  auto message = decode_message(octets);
  if (!message) {
    counters_.add(message.error().code == make_error_code(Errc::truncated) ? "drop_dht_truncated"
                                                                           : "drop_dht_malformed");
    return;
  }
  std::visit(Overloaded{
                 [&](StoreRequest& m) { handle_store(now, way, m); },
                 [&](const StoreAnswer& m) { handle_store_answer(now, way.source, m); },
                 [&](const GetRequest& m) { handle_get(now, way.source, way.destination, m); },
                 [&](const GetAnswer& m) { handle_get_answer(now, m); },
                 [&](Handover& m) { handle_handover(now, way, m); },
                 [&](const HandoverAnswer& m) { handle_handover_answer(way.source, m); },
                 [&](const WatchRequest& m) { handle_watch(now, way.source, way.destination, m); },
                 [&](const WatchAnswer& m) { note_unasked(watches_.handle_answer(now, m)); },
                 [&](const WatchNotice& m) { note_unasked(watches_.handle_notice(now, m)); },
             },
             *message);
  send_handovers(now);
  tell_watchers(now);
  drain_watches();
}

void Dht::State::handle_timeout(TimePoint now) {
  store_.expire(now);
  watchers_.handle_timeout(now);
  watches_.handle_timeout(now);
  for (auto& [id, operation] : stores_)
    operation.handle_timeout(now);
  for (auto& [id, operation] : gets_)
    operation.handle_timeout(now);
  drain_operations();
  if (sweep_at_ && now >= *sweep_at_) {
    pass_on_strays(placement(), store_, handover_);
    sweep_at_ = now + rng_.jitter(sweep_every, sweep_jitter);
  }
  send_handovers(now);
  tell_watchers(now);
  drain_watches();
}

OperationId Dht::State::store(TimePoint now, bool create, Record record) {
  const OperationId id{++last_operation_};
  if (auto good = check(record, config_.name_space); !good) {
    outputs_.push(Answer{.id = id, .outcome = Outcome::refused, .records = {}, .detail = good.error().message()});
    return id;
  }
  stores_.try_emplace(id, id, create && !record.is_tombstone(), std::move(record), settings(now), now);
  drain_operations();
  return id;
}

OperationId Dht::State::get(TimePoint now, RecordKind kind, Bytes name) {
  const OperationId id{++last_operation_};
  if (name.empty() || name.size() > Record::max_name) {
    outputs_.push(Answer{.id = id, .outcome = Outcome::refused, .records = {}, .detail = "size of the name"});
    return id;
  }
  gets_.try_emplace(id, id, kind, std::move(name), settings(now), now);
  drain_operations();
  return id;
}

Result<void> Dht::State::watch(TimePoint now, Key key) {
  if (key.name.empty() || key.name.size() > Record::max_name) return {Errc::out_of_range, "size of the name"};
  if (!watches_.add(now, std::move(key), replicas_)) return {Errc::exhausted, "64 keys are watched"};
  drain_watches();
  return {};
}

void Dht::State::unwatch(const Key& key) {
  watches_.remove(key);
  drain_watches();
}

std::optional<TimePoint> Dht::State::poll_timeout() const {
  std::optional<TimePoint> next = earliest(store_.next_end(), sweep_at_);
  next = earliest(next, handover_.poll_timeout());
  next = earliest(next, earliest(watchers_.poll_timeout(), watches_.poll_timeout()));
  for (const auto& [id, operation] : stores_)
    next = earliest(next, operation.poll_timeout());
  for (const auto& [id, operation] : gets_)
    next = earliest(next, operation.poll_timeout());
  return next;
}

OperationSettings Dht::State::settings(TimePoint now) {
  return {config_.self,  config_.name_space, basis_,    key_,         rng_,
          config_.retry, config_.give_up,    replicas_, wall_at(now), config_.grants.get()};
}

std::optional<WallTime> Dht::State::wall_at(TimePoint now) const {
  if (!basis_.clock().is_set()) return std::nullopt;
  return basis_.wall_at(now);
}

NodeId Dht::State::place_of_record(const Key& key, unsigned position) const {
  return placement().place(key, position);
}

void Dht::State::send(const NodeId& to, bool nearest, const Message& message) {
  outputs_.push(
      Send{.to = to, .nearest = nearest, .message = encoded(message), .correlation = correlation_of(message)});
}

void Dht::State::note_unasked(bool was_asked) {
  if (!was_asked) counters_.add("drop_dht_unasked_watch");
}

void Dht::State::drain_watches() {
  for (const Watches::Outgoing& out : watches_.take_messages())
    send(place_of_record(out.key, out.message.position), true, out.message.message);
  for (Key& key : watches_.take_changes())
    outputs_.push(Changed{key.kind, std::move(key.name)});
}

void Dht::State::handle_store_answer(TimePoint now, const NodeId& source, const StoreAnswer& answer) {
  for (auto& [id, operation] : stores_) {
    if (!operation.takes(answer.request)) continue;
    operation.handle_answer(now, source, answer);
    drain_operations();
    return;
  }
  counters_.add("drop_dht_late_answer");
}

void Dht::State::handle_get_answer(TimePoint now, const GetAnswer& answer) {
  for (auto& [id, operation] : gets_) {
    if (!operation.takes(answer.request)) continue;
    if (!operation.handle_answer(now, wall_at(now), answer)) counters_.add("drop_dht_invalid_record");
    drain_operations();
    return;
  }
  counters_.add("drop_dht_late_answer");
}

void Dht::State::drain_operations() {
  for (auto it = stores_.begin(); it != stores_.end();) {
    const Key key{it->second.record().kind, it->second.record().name};
    it = drain(stores_, it, key);
  }
  for (auto it = gets_.begin(); it != gets_.end();) {
    const Key key{it->second.kind(), it->second.name()};
    it = drain(gets_, it, key);
  }
}

Dht::Dht(Config config, const crypto::PrivateKey& key, const crypto::Basis& basis, Rng& rng)
    : state_(std::make_unique<State>(std::move(config), key, basis, rng)) {}
Dht::Dht(Dht&&) noexcept = default;
Dht::~Dht() = default;

void Dht::handle_trust_changed(TimePoint now) {
  state_->handle_trust_changed(now);
}
void Dht::handle_ring(TimePoint now, std::vector<NodeId> neighbours, std::size_t size_estimate) {
  state_->handle_ring(now, std::move(neighbours), size_estimate);
}
void Dht::handle_message(TimePoint now, const Way& way, ByteSpan message) {
  state_->handle_message(now, way, message);
}
void Dht::handle_timeout(TimePoint now) {
  state_->handle_timeout(now);
}
OperationId Dht::put(TimePoint now, Record record) {
  return state_->store(now, false, std::move(record));
}
OperationId Dht::create(TimePoint now, Record record) {
  return state_->store(now, true, std::move(record));
}
OperationId Dht::get(TimePoint now, RecordKind kind, Bytes name) {
  return state_->get(now, kind, std::move(name));
}
Result<void> Dht::watch(TimePoint now, RecordKind kind, Bytes name) {
  return state_->watch(now, {kind, std::move(name)});
}
void Dht::unwatch(RecordKind kind, Bytes name) {
  state_->unwatch({kind, std::move(name)});
}
std::optional<Dht::Output> Dht::poll_output() {
  return state_->poll_output();
}
std::optional<TimePoint> Dht::poll_timeout() const {
  return state_->poll_timeout();
}
std::size_t Dht::stored_records() const {
  return state_->stored_records();
}
unsigned Dht::replicas() const {
  return state_->replicas();
}
const Counters& Dht::counters() const {
  return state_->counters();
}

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::done: return "done";
    case Outcome::exists: return "exists";
    case Outcome::not_found: return "not_found";
    case Outcome::no_majority: return "no_majority";
    case Outcome::refused: return "refused";
  }
  return "unknown";
}

static_assert(Machine<Dht>);

}  // namespace ipop::dht
