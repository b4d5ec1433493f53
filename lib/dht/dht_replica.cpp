// Dht::State: what this node keeps for others.

#include <algorithm>
#include <utility>

#include "dht/dht_state.hpp"

namespace ipop::dht {
namespace {

// A node that restarted so fast that nobody noticed has an empty store and asks its neighbours; later
// it is they who notice a new neighbour.
constexpr Duration asks_for = 60s;
// An answer counts by these octets against whoever is said to have asked: two keys with as many values as a key may
// have can be read at once, and then 4 KiB a second.
constexpr std::size_t answer_unit = 1024;
constexpr Duration answer_time = 250ms;
constexpr unsigned answer_burst = 128;
// Each record costs a signature's check, 0.1 ms. A neighbour hands over all that it holds at once: in a group of a
// hundred members some hundred records.
constexpr Duration record_time = 5ms;
constexpr unsigned record_burst = 4096;
// A notice is small, but one change of a key is told once for each watch of it, and a node may have 64.
constexpr Duration notice_time = 250ms;
constexpr unsigned notice_burst = 128;
constexpr std::size_t most_buckets = 1024;

Store::Limits store_limits(const Dht::Config& config) {
  Store::Limits out;
  out.exclusive = config.most_records;
  out.values = config.most_records;
  return out;
}

std::string refusal_counter(Refusal refusal) {
  return "drop_dht_" + std::string(to_string(refusal));
}

}  // namespace

Dht::State::State(Config config, const crypto::PrivateKey& key, const crypto::Basis& basis, Rng& rng)
    : config_(std::move(config)),
      key_(key),
      rng_(rng),
      basis_(basis),
      store_(config_.name_space, basis, store_limits(config_), config_.grants.get()),
      view_(config_.self),
      handover_(config_.retry, rng),
      answered_(answer_time, answer_burst, most_buckets),
      told_(notice_time, notice_burst, most_buckets),
      stored_(record_time, record_burst, most_buckets),
      handed_(record_time, record_burst, most_buckets),
      watchers_({}),
      watches_(config_.self, config_.retry, rng) {}

void Dht::State::handle_store(TimePoint now, const Way& way, StoreRequest& request) {
  if (!may_bring(now, stored_, way.previous_hop)) return;
  StoreAnswer answer{.request = request.request, .position = request.position};
  const EntryKey key = entry_key_of(request.record);
  const auto wall = wall_at(now);
  Store::Decision decision;
  if (!wall) {
    decision = {.verdict = Verdict::refused, .refusal = Refusal::no_clock, .held = {}, .overruled = {}};
  } else if (way.destination != place_of_record(key.key, request.position)) {
    decision = {.verdict = Verdict::refused, .refusal = Refusal::position, .held = {}, .overruled = {}};
  } else {
    decision = store_.accept(now, *wall, request.record, arrival_of(request.mode), PositionSet{}.set(request.position),
                             replicas_, way.previous_hop);
  }
  answer.verdict = decision.verdict;
  answer.refusal = decision.refusal;
  answer.held = std::move(decision.held);
  if (decision.verdict == Verdict::refused) {
    counters_.add(refusal_counter(decision.refusal));
    if (decision.refusal == Refusal::expired || decision.refusal == Refusal::lifetime) answer.clock = wall;
  } else if (request.mode == StoreMode::create && is_exclusive(key.key.kind) &&
             (decision.verdict == Verdict::granted || decision.verdict == Verdict::renewed) &&
             key.owner != key_.public_key()) {
    answer.receipt = make_receipt(request.record, config_.name_space, *wall, key_, config_.certificate);
  }
  send(way.source, false, answer);
  if (decision.changed) replicate(placement(), key, PositionSet{}.set(request.position), std::nullopt, handover_);
}

Store::Arrival Dht::State::arrival_of(StoreMode mode) {
  switch (mode) {
    case StoreMode::create: return Store::Arrival::create;
    case StoreMode::put: return Store::Arrival::put;
    case StoreMode::cancel: break;
  }
  return Store::Arrival::cancel;
}

void Dht::State::handle_get(TimePoint now, const NodeId& source, const NodeId& destination, const GetRequest& request) {
  const Key key{request.kind, request.name};
  if (destination != place_of_record(key, request.position)) {
    counters_.add("drop_dht_position");
    return;
  }
  store_.expire(now);
  std::vector<GetAnswer> parts(1);
  std::size_t size = 0;
  std::size_t total = 0;
  for (Record& record : store_.find(key)) {
    const std::size_t more = encoded_size(record);
    if (!parts.back().records.empty() && size + more > message_target) {
      parts.emplace_back();
      size = 0;
    }
    size += more;
    total += more;
    parts.back().records.push_back(std::move(record));
  }
  if (source != config_.self && !answered_.take(now, source, static_cast<unsigned>(1 + total / answer_unit))) {
    counters_.add("drop_dht_get_pace");
    return;
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    parts[i].request = request.request;
    parts[i].position = request.position;
    parts[i].part = static_cast<std::uint8_t>(i);
    parts[i].parts = static_cast<std::uint8_t>(parts.size());
    send(source, false, parts[i]);
  }
}

bool Dht::State::may_bring(TimePoint now, TokenBuckets<NodeId>& pace, const NodeId& hop) {
  if (hop == config_.self || pace.take(now, hop)) return true;
  counters_.add("drop_dht_store_pace");
  return false;
}

PositionSet Dht::State::ours_among(const Key& key, PositionSet positions) const {
  const NodeId first = place_of_record(key, 0);
  for (unsigned position = 0; position < max_replicas; ++position) {
    if (positions.test(position) && !view_.may_be_self_keeper(place_of(first, position))) positions.reset(position);
  }
  return positions;
}

void Dht::State::handle_handover(TimePoint now, const Way& way, Handover& handover) {
  const auto wall = wall_at(now);
  if (!wall) {
    counters_.add("drop_dht_no_clock");
    return;
  }
  const NodeId& source = way.source;
  if (handover.ask && view_.contains(source) && source != config_.self) {
    // Whoever starts asks the nodes next to it, to which it has links: in its name nobody else can.
    if (way.previous_hop != source) {
      counters_.add("drop_dht_ask_not_neighbour");
    } else if (!is_given_unasked(now, source)) {
      supply(placement(), store_, source, handover_);
    }
  }
  bool all_taken = true;
  std::size_t better_size = 0;
  Handover better{.request = rng_.next(), .ask = false, .reply = true, .records = {}};
  for (HandedRecord& handed : handover.records) {
    const EntryKey key = entry_key_of(handed.record);
    const PositionSet ours = ours_among(key.key, handed.positions);
    if (ours.none() && handover.reply && key.owner != key_.public_key() && is_exclusive(key.key.kind) &&
        may_bring(now, handed_, way.previous_hop)) {
      handle_overruled(now, handed);
    }
    if (ours.none() || !may_bring(now, handed_, way.previous_hop)) {
      if (ours.none()) counters_.add("drop_dht_position");
      all_taken = false;
      continue;
    }
    auto decision =
        store_.accept(now, *wall, handed.record, Store::Arrival::handover, ours, replicas_, way.previous_hop);
    if (decision.verdict == Verdict::refused) {
      counters_.add(refusal_counter(decision.refusal));
      if (decision.refusal == Refusal::held) tell_overruled(handed.record, {handed.positions, *decision.held});
      if (!decision.held || better_size + encoded_size(*decision.held) > message_target) continue;
      better_size += encoded_size(*decision.held);
      better.records.push_back({handed.positions, *std::move(decision.held)});
    } else if (decision.changed) {
      counters_.add("dht_handed_over");
      if (decision.overruled) tell_overruled(*decision.overruled, {handed.positions, store_.find(key)->record});
      // What a newcomer is given another one keeps as well.
      if (!is_new_here(now)) replicate(placement(), key, ours, source, handover_);
    }
  }
  // Two nodes may see the ring differently for a moment: the sender keeps the record, and tries again.
  if (all_taken && !handover.records.empty()) send(source, false, HandoverAnswer{handover.request});
  // The sender's record lost: he gets ours, once, so that two nodes that judge differently
  // do not send each other records for ever.
  if (!better.records.empty() && !handover.reply && source != config_.self) send(source, false, better);
}

void Dht::State::handle_watch(TimePoint now, const NodeId& source, const NodeId& destination,
                              const WatchRequest& request) {
  const Key key{request.kind, request.name};
  if (destination != place_of_record(key, request.position)) {
    counters_.add("drop_dht_position");
    return;
  }
  store_.expire(now);
  const WatchAnswer answer = watchers_.handle_request(now, source, request, state_of(store_.find(key)));
  // Who ends his watch waits for nothing.
  if (request.lifetime == std::chrono::seconds(0)) return;
  if (answer.lifetime == std::chrono::seconds(0)) counters_.add("drop_dht_watch_full");
  send(source, false, answer);
}

void Dht::State::tell_watchers(TimePoint now) {
  for (const Key& key : store_.take_changed_keys()) {
    if (watchers_.is_watched(key)) watchers_.handle_state(now, key, state_of(store_.find(key)));
  }
  for (const WatchTable::Outgoing& out : watchers_.take_notices()) {
    // Who watches asks again now and then, and hears of it with the answer.
    if (out.to == config_.self || told_.take(now, out.to)) {
      send(out.to, false, out.notice);
    } else {
      counters_.add("drop_dht_notice_pace");
    }
  }
}

void Dht::State::ask_new_neighbours(TimePoint now, const RingView& before) {
  const auto known = before.next_to_self();
  for (const NodeId& neighbour : view_.next_to_self()) {
    if (!started_) started_ = now;
    if (!is_new_here(now) || std::find(known.begin(), known.end(), neighbour) != known.end()) continue;
    send(neighbour, false, Handover{.request = rng_.next(), .ask = true, .reply = true, .records = {}});
  }
}

void Dht::State::handle_handover_answer(const NodeId& source, const HandoverAnswer& answer) {
  const auto arrived = handover_.handle_answer(answer.request);
  // What came back to ourselves found no better place.
  if (!arrived || source == config_.self) return;
  for (const HandoverQueue::Item& item : arrived->items)
    store_.forget(item.key, strays_among(placement(), item.key.key, item.positions));
}

std::vector<NodeId> Dht::State::newcomers(TimePoint now, const RingView& before) {
  std::erase_if(seen_since_, [&](const auto& entry) { return !view_.contains(entry.first); });
  std::vector<NodeId> out;
  for (const NodeId& node : view_.nodes()) {
    const bool was_there = before.contains(node) && !seen_since_.contains(node);
    if (!was_there) seen_since_.try_emplace(node, Arrival{now});
    if (came_lately(now, node)) out.push_back(node);
  }
  return out;
}

bool Dht::State::came_lately(TimePoint now, const NodeId& node) const {
  const auto since = seen_since_.find(node);
  return since != seen_since_.end() && since->second.when + asks_for > now;
}

bool Dht::State::is_given_unasked(TimePoint now, const NodeId& node) {
  return came_lately(now, node) && !std::exchange(seen_since_.find(node)->second.has_asked, true);
}

bool Dht::State::is_new_here(TimePoint now) const {
  return started_ && now - *started_ <= asks_for;
}

void Dht::State::tell_overruled(const Record& lost, const HandedRecord& held) {
  const auto owner = owner_id_of(lost);
  if (!owner) return;
  if (*owner == config_.self) {
    outputs_.push(Contested{held.record.kind, held.record.name});
  } else {
    send(*owner, false, Handover{.request = rng_.next(), .ask = false, .reply = true, .records = {held}});
  }
}

void Dht::State::handle_overruled(TimePoint now, const HandedRecord& handed) {
  const auto wall = wall_at(now);
  if (!wall || handed.record.is_tombstone() || !check_times(handed.record, *wall) ||
      !check(handed.record, config_.name_space) || !check_owner(handed.record, *basis_.trust(), *wall)) {
    return;
  }
  outputs_.push(Contested{handed.record.kind, handed.record.name});
}

void Dht::State::send_handovers(TimePoint now) {
  for (const HandoverQueue::Outgoing& out : handover_.take_messages(now, store_))
    send(out.target.to, out.target.nearest, out.message);
}

}  // namespace ipop::dht
