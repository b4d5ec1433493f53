#pragma once

// The inside of dht::Dht, shared by dht.cpp (inputs, and what this node asks for) and dht_replica.cpp
// (what it keeps for others). Nobody else includes it.

#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/token_buckets.hpp"
#include "dht/dht.hpp"
#include "dht/handover.hpp"
#include "dht/message.hpp"
#include "dht/operation.hpp"
#include "dht/placement.hpp"
#include "dht/replica_set.hpp"
#include "dht/ring_view.hpp"
#include "dht/store.hpp"
#include "dht/watch_table.hpp"
#include "dht/watches.hpp"

namespace ipop::dht {

class Dht::State {
 public:
  State(Config config, const crypto::PrivateKey& key, const crypto::Basis& basis, Rng& rng);

  void handle_trust_changed(TimePoint now);
  void handle_ring(TimePoint now, std::vector<NodeId> neighbours, std::size_t size_estimate);
  void handle_message(TimePoint now, const Way& way, ByteSpan octets);
  void handle_timeout(TimePoint now);
  OperationId store(TimePoint now, bool create, Record record);
  OperationId get(TimePoint now, RecordKind kind, Bytes name);
  Result<void> watch(TimePoint now, Key key);
  void unwatch(const Key& key);
  std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;
  [[nodiscard]] std::size_t stored_records() const { return store_.size(); }
  [[nodiscard]] unsigned replicas() const { return replicas_; }
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  [[nodiscard]] OperationSettings settings(TimePoint now);
  [[nodiscard]] std::optional<WallTime> wall_at(TimePoint now) const;
  [[nodiscard]] Placement placement() const { return {config_.name_space, view_}; }
  [[nodiscard]] NodeId place_of_record(const Key& key, unsigned position) const;
  void send(const NodeId& to, bool nearest, const Message& message);

  // dht_replica.cpp
  void handle_store(TimePoint now, const Way& way, StoreRequest& request);
  static Store::Arrival arrival_of(StoreMode mode);
  void handle_get(TimePoint now, const NodeId& source, const NodeId& destination, const GetRequest& request);
  void handle_handover(TimePoint now, const Way& way, Handover& handover);
  [[nodiscard]] PositionSet ours_among(const Key& key, PositionSet positions) const;
  /// False when the link that brought a record has brought too many.
  bool may_bring(TimePoint now, TokenBuckets<NodeId>& pace, const NodeId& hop);
  void handle_watch(TimePoint now, const NodeId& source, const NodeId& destination, const WatchRequest& request);
  void tell_watchers(TimePoint now);
  void ask_new_neighbours(TimePoint now, const RingView& before);
  /// Nodes that came into view in the last minute.
  [[nodiscard]] std::vector<NodeId> newcomers(TimePoint now, const RingView& before);
  [[nodiscard]] bool came_lately(TimePoint now, const NodeId& node) const;
  /// `node`, which asks, was seen to come, and so is given what it keeps. True once for each that comes: who asks again
  /// has started anew.
  [[nodiscard]] bool is_given_unasked(TimePoint now, const NodeId& node);
  /// It has been in the ring for less than a minute.
  [[nodiscard]] bool is_new_here(TimePoint now) const;
  /// Two owners hold one name: whoever lost it is told.
  void tell_overruled(const Record& lost, const HandedRecord& held);
  void handle_overruled(TimePoint now, const HandedRecord& handed);
  void handle_handover_answer(const NodeId& source, const HandoverAnswer& answer);
  void send_handovers(TimePoint now);

  // dht.cpp
  void handle_store_answer(TimePoint now, const NodeId& source, const StoreAnswer& answer);
  void handle_get_answer(TimePoint now, const GetAnswer& answer);
  void note_unasked(bool was_asked);
  void drain_watches();
  void drain_operations();

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
  const crypto::Basis& basis_;
  Store store_;
  RingView view_;
  HandoverQueue handover_;
  TokenBuckets<NodeId> answered_;  // octets of answers, by whoever is said to have asked
  TokenBuckets<NodeId> told_;      // notices, by whoever is said to watch
  // By the link that they came over: hand-overs, of which a flood makes neighbours send copies, take nothing from
  // what owners store.
  TokenBuckets<NodeId> stored_;
  TokenBuckets<NodeId> handed_;
  WatchTable watchers_;
  Watches watches_;
  unsigned replicas_ = few_replicas;
  std::optional<TimePoint> sweep_at_;
  std::optional<TimePoint> started_;  // had neighbours first
  struct Arrival {
    TimePoint when{};
    bool has_asked = false;
  };
  std::map<NodeId, Arrival> seen_since_;  // neighbours
  std::map<OperationId, StoreOperation> stores_;
  std::map<OperationId, GetOperation> gets_;
  std::uint64_t last_operation_ = 0;
  Counters counters_;
  OutputQueue<Output> outputs_;
};

}  // namespace ipop::dht
