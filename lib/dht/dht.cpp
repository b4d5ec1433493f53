#include "dht/dht.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "dht/handover.hpp"
#include "dht/message.hpp"
#include "dht/operation.hpp"
#include "dht/placement.hpp"
#include "dht/replica_set.hpp"
#include "dht/ring_view.hpp"
#include "dht/store.hpp"

namespace ipop::dht {

namespace {

// Records that a lost message left with a node that does not stand for them are passed on then.
constexpr Duration sweep_every = std::chrono::minutes(10);
constexpr double sweep_jitter = 0.2;

// A node that restarted so fast that nobody noticed has an empty store and asks its neighbours; later
// it is they who notice a new neighbour.
constexpr Duration asks_for = 60s;

std::string refusal_counter(Refusal refusal) {
  return "drop_dht_" + std::string(to_string(refusal));
}

}  // namespace

class Dht::State {
 public:
  State(Config config, const crypto::PrivateKey& key, Rng& rng)
      : config_(std::move(config)),
        key_(key),
        rng_(rng),
        store_(config_.name_space, {}),
        view_(config_.self),
        handover_(config_.retry, rng) {}

  void handle_wall_time(TimePoint now, WallTime wall) {
    wall_base_ = now;
    wall_ = wall;
  }

  void handle_trust(std::shared_ptr<const crypto::TrustStore> trust) {
    trust_ = std::move(trust);
    store_.set_trust(trust_);
  }

  void handle_ring(TimePoint now, std::vector<NodeId> neighbours, std::size_t size_estimate) {
    const RingView before = std::exchange(view_, RingView(config_.self, std::move(neighbours)));
    const unsigned replicas_before = std::exchange(replicas_, replicas_for(size_estimate, replicas_));
    if (!(before == view_)) {
      handover_.drop_neighbours([&](const NodeId& node) { return view_.contains(node); });
      move_entries(placement(), store_, before, handover_);
      ask_new_neighbours(now, before);
    }
    if (replicas_ > replicas_before) spread_to_odd_positions(placement(), store_, handover_);
    if (!sweep_at_) sweep_at_ = now + rng_.jitter(sweep_every, sweep_jitter);
    send_handovers(now);
  }

  void handle_message(TimePoint now, const NodeId& source, const NodeId& destination, ByteSpan octets) {
    auto message = decode_message(octets);
    if (!message) {
      counters_.add(message.error().code == make_error_code(Errc::truncated) ? "drop_dht_truncated"
                                                                             : "drop_dht_malformed");
      return;
    }
    std::visit(Overloaded{
                   [&](StoreRequest& m) { handle_store(now, source, destination, m); },
                   [&](const StoreAnswer& m) { handle_store_answer(now, source, m); },
                   [&](const GetRequest& m) { handle_get(now, source, destination, m); },
                   [&](const GetAnswer& m) { handle_get_answer(now, m); },
                   [&](Handover& m) { handle_handover(now, source, m); },
                   [&](const HandoverAnswer& m) { handle_handover_answer(source, m); },
               },
               *message);
    send_handovers(now);
  }

  void handle_timeout(TimePoint now) {
    store_.expire(now);
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
  }

  OperationId store(TimePoint now, bool create, Record record) {
    const OperationId id{++last_operation_};
    if (auto good = check(record, config_.name_space); !good) {
      outputs_.push(Answer{.id = id, .outcome = Outcome::refused, .records = {}, .detail = good.error().message()});
      return id;
    }
    stores_.try_emplace(id, id, create && !record.is_tombstone(), std::move(record), settings(), now);
    drain_operations();
    return id;
  }

  OperationId get(TimePoint now, RecordKind kind, Bytes name) {
    const OperationId id{++last_operation_};
    if (name.empty() || name.size() > Record::max_name) {
      outputs_.push(Answer{.id = id, .outcome = Outcome::refused, .records = {}, .detail = "size of the name"});
      return id;
    }
    gets_.try_emplace(id, id, kind, std::move(name), settings(), now);
    drain_operations();
    return id;
  }

  std::optional<Output> poll_output() { return outputs_.poll(); }

  [[nodiscard]] std::optional<TimePoint> poll_timeout() const {
    std::optional<TimePoint> next = earliest(store_.next_end(), sweep_at_);
    next = earliest(next, handover_.poll_timeout());
    for (const auto& [id, operation] : stores_)
      next = earliest(next, operation.poll_timeout());
    for (const auto& [id, operation] : gets_)
      next = earliest(next, operation.poll_timeout());
    return next;
  }

  [[nodiscard]] std::size_t stored_records() const { return store_.size(); }
  [[nodiscard]] unsigned replicas() const { return replicas_; }
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  [[nodiscard]] OperationSettings settings() {
    return {config_.self, config_.name_space, trust_, key_, rng_, config_.retry, config_.give_up, replicas_};
  }

  [[nodiscard]] std::optional<WallTime> wall_at(TimePoint now) const {
    if (!wall_) return std::nullopt;
    return *wall_ + std::chrono::floor<std::chrono::seconds>(now - wall_base_);
  }

  [[nodiscard]] Placement placement() const { return {config_.name_space, view_}; }

  [[nodiscard]] NodeId place_of_record(const Key& key, unsigned position) const {
    return placement().place(key, position);
  }

  void send(const NodeId& to, bool nearest, const Message& message) {
    outputs_.push(Send{.to = to, .nearest = nearest, .message = encoded(message)});
  }

  // ---- as a replica ----

  void handle_store(TimePoint now, const NodeId& source, const NodeId& destination, StoreRequest& request) {
    StoreAnswer answer{.request = request.request, .position = request.position};
    const EntryKey key = entry_key_of(request.record);
    const auto wall = wall_at(now);
    Store::Decision decision;
    if (!wall) {
      decision = {.verdict = Verdict::refused, .refusal = Refusal::no_clock};
    } else if (destination != place_of_record(key.key, request.position)) {
      decision = {.verdict = Verdict::refused, .refusal = Refusal::position};
    } else {
      decision = store_.accept(now, *wall, request.record, arrival_of(request.mode),
                               PositionSet{}.set(request.position), replicas_);
    }
    answer.verdict = decision.verdict;
    answer.refusal = decision.refusal;
    answer.held = std::move(decision.held);
    if (decision.verdict == Verdict::refused) {
      counters_.add(refusal_counter(decision.refusal));
    } else if (request.mode == StoreMode::create && is_exclusive(key.key.kind) &&
               (decision.verdict == Verdict::granted || decision.verdict == Verdict::renewed) &&
               key.owner != key_.public_key()) {
      answer.receipt = make_receipt(request.record, config_.name_space, *wall, key_);
    }
    send(source, false, answer);
    if (decision.changed) replicate(placement(), key, PositionSet{}.set(request.position), std::nullopt, handover_);
  }

  static Store::Arrival arrival_of(StoreMode mode) {
    switch (mode) {
      case StoreMode::create: return Store::Arrival::create;
      case StoreMode::put: return Store::Arrival::put;
      case StoreMode::cancel: break;
    }
    return Store::Arrival::cancel;
  }

  void handle_get(TimePoint now, const NodeId& source, const NodeId& destination, const GetRequest& request) {
    const Key key{request.kind, request.name};
    if (destination != place_of_record(key, request.position)) {
      counters_.add("drop_dht_position");
      return;
    }
    store_.expire(now);
    std::vector<GetAnswer> parts(1);
    std::size_t size = 0;
    for (Record& record : store_.find(key)) {
      const std::size_t more = encoded_size(record);
      if (!parts.back().records.empty() && size + more > message_target) {
        parts.emplace_back();
        size = 0;
      }
      size += more;
      parts.back().records.push_back(std::move(record));
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
      parts[i].request = request.request;
      parts[i].position = request.position;
      parts[i].part = static_cast<std::uint8_t>(i);
      parts[i].parts = static_cast<std::uint8_t>(parts.size());
      send(source, false, parts[i]);
    }
  }

  void handle_handover(TimePoint now, const NodeId& source, Handover& handover) {
    const auto wall = wall_at(now);
    if (!wall) {
      counters_.add("drop_dht_no_clock");
      return;
    }
    if (handover.ask && view_.contains(source) && source != config_.self) {
      supply(placement(), store_, source, handover_);
    }
    std::size_t better_size = 0;
    Handover better{.request = rng_.next(), .ask = false, .reply = true, .records = {}};
    for (HandedRecord& handed : handover.records) {
      const EntryKey key = entry_key_of(handed.record);
      auto decision =
          store_.accept(now, *wall, std::move(handed.record), Store::Arrival::handover, handed.positions, replicas_);
      if (decision.verdict == Verdict::refused) {
        counters_.add(refusal_counter(decision.refusal));
        if (!decision.held || better_size + encoded_size(*decision.held) > message_target) continue;
        better_size += encoded_size(*decision.held);
        better.records.push_back({handed.positions, *std::move(decision.held)});
      } else if (decision.changed) {
        counters_.add("dht_handed_over");
        replicate(placement(), key, handed.positions, source, handover_);
      }
    }
    send(source, false, HandoverAnswer{handover.request});
    // The sender's record lost: he gets ours, once, so that two nodes that judge differently
    // do not send each other records for ever.
    if (!better.records.empty() && !handover.reply && source != config_.self) send(source, false, better);
  }

  // ---- copies ----

  void ask_new_neighbours(TimePoint now, const RingView& before) {
    const auto known = before.next_to_self();
    for (const NodeId& neighbour : view_.next_to_self()) {
      if (!started_) started_ = now;
      if (now - *started_ > asks_for || std::find(known.begin(), known.end(), neighbour) != known.end()) continue;
      send(neighbour, false, Handover{.request = rng_.next(), .ask = true, .reply = true, .records = {}});
    }
  }

  void handle_handover_answer(const NodeId& source, const HandoverAnswer& answer) {
    const auto arrived = handover_.handle_answer(answer.request);
    // What came back to ourselves found no better place.
    if (!arrived || !arrived->target.nearest || source == config_.self) return;
    for (const HandoverQueue::Item& item : arrived->items) {
      if (!view_.is_responsible(arrived->target.to)) store_.forget(item.key, item.positions);
    }
  }

  void send_handovers(TimePoint now) {
    for (const HandoverQueue::Outgoing& out : handover_.take_messages(now, store_))
      send(out.target.to, out.target.nearest, out.message);
  }

  // ---- as the one who asks ----

  void handle_store_answer(TimePoint now, const NodeId& source, const StoreAnswer& answer) {
    for (auto& [id, operation] : stores_) {
      if (!operation.takes(answer.request)) continue;
      operation.handle_answer(now, source, answer);
      drain_operations();
      return;
    }
    counters_.add("drop_dht_late_answer");
  }

  void handle_get_answer(TimePoint now, const GetAnswer& answer) {
    for (auto& [id, operation] : gets_) {
      if (!operation.takes(answer.request)) continue;
      if (!operation.handle_answer(now, wall_at(now), answer)) counters_.add("drop_dht_invalid_record");
      drain_operations();
      return;
    }
    counters_.add("drop_dht_late_answer");
  }

  void drain_operations() {
    for (auto it = stores_.begin(); it != stores_.end();) {
      const Key key{it->second.record().kind, it->second.record().name};
      it = drain(stores_, it, key);
    }
    for (auto it = gets_.begin(); it != gets_.end();) {
      const Key key{it->second.kind(), it->second.name()};
      it = drain(gets_, it, key);
    }
  }

  template <class Operations>
  typename Operations::iterator drain(Operations& operations, typename Operations::iterator it, const Key& key) {
    for (const PositionMessage& out : it->second.take_messages())
      send(place_of_record(key, out.position), true, out.message);
    if (auto answer = it->second.take_answer()) outputs_.push(*std::move(answer));
    return it->second.is_over() ? operations.erase(it) : std::next(it);
  }

  Config config_;
  const crypto::PrivateKey& key_;
  Rng& rng_;
  std::shared_ptr<const crypto::TrustStore> trust_ = crypto::TrustStore::open_group();
  Store store_;
  RingView view_;
  HandoverQueue handover_;
  unsigned replicas_ = few_replicas;
  TimePoint wall_base_{};
  std::optional<WallTime> wall_;
  std::optional<TimePoint> sweep_at_;
  std::optional<TimePoint> started_;  // had neighbours first
  std::map<OperationId, StoreOperation> stores_;
  std::map<OperationId, GetOperation> gets_;
  std::uint64_t last_operation_ = 0;
  Counters counters_;
  OutputQueue<Output> outputs_;
};

Dht::Dht(Config config, const crypto::PrivateKey& key, Rng& rng)
    : state_(std::make_unique<State>(std::move(config), key, rng)) {}
Dht::Dht(Dht&&) noexcept = default;
Dht::~Dht() = default;

void Dht::handle_wall_time(TimePoint now, WallTime wall) {
  state_->handle_wall_time(now, wall);
}
void Dht::handle_trust(std::shared_ptr<const crypto::TrustStore> trust) {
  state_->handle_trust(std::move(trust));
}
void Dht::handle_ring(TimePoint now, std::vector<NodeId> neighbours, std::size_t size_estimate) {
  state_->handle_ring(now, std::move(neighbours), size_estimate);
}
void Dht::handle_message(TimePoint now, const NodeId& source, const NodeId& destination, ByteSpan message) {
  state_->handle_message(now, source, destination, message);
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
