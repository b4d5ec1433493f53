#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/machine.hpp"
#include "base/node_id.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"
#include "dht/key.hpp"
#include "dht/message.hpp"
#include "dht/replica_set.hpp"
#include "dht/store.hpp"

namespace ipop::dht {

/// Where records go: to whoever is nearest to a place, or to a certain neighbour.
struct HandoverTarget {
  NodeId to{};
  bool nearest = false;

  friend auto operator<=>(const HandoverTarget&, const HandoverTarget&) = default;
};

/// Records on their way to other nodes: batched, a few messages at a time, repeated until they are
/// acknowledged or given up. Every message is built from what the store holds at that moment. What a neighbour was
/// given a moment ago it is not given again: it asks for what it lacks, and whoever sees it come gives unasked.
class HandoverQueue {
 public:
  struct Item {
    EntryKey key{};
    PositionSet positions{};
  };
  struct Outgoing {
    HandoverTarget target{};
    Handover message{};
  };
  struct Arrived {  ///< acknowledged
    HandoverTarget target{};
    std::vector<Item> items{};
  };

  HandoverQueue(Duration retry, Rng& rng) : retry_(retry), rng_(rng) {}

  /// Queues a record; what is queued for the same target already is joined with it.
  void add(const HandoverTarget& target, const EntryKey& key, PositionSet positions);
  /// Forgets what is meant for neighbours that `keep` does not contain.
  template <class Keep>
  void drop_neighbours(Keep&& keep) {
    const auto gone = [&](const auto& entry) { return !entry.first.nearest && !keep(entry.first.to); };
    std::erase_if(waiting_, gone);
    std::erase_if(flying_,
                  [&](const auto& flight) { return !flight.second.target.nearest && !keep(flight.second.target.to); });
  }

  /// What is to be sent at `now`: repeats that are due and new messages as far as there is room.
  std::vector<Outgoing> take_messages(TimePoint now, const Store& store);
  /// The items of a message that its receiver acknowledged; none for an unknown number.
  std::optional<Arrived> handle_answer(RequestNumber request);

  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;
  /// Records that wait or are on their way.
  [[nodiscard]] std::size_t size() const;

 private:
  struct Flight {
    HandoverTarget target{};
    std::vector<Item> items{};
    TimePoint due{};
    unsigned attempts = 0;
  };

  std::optional<Outgoing> build(RequestNumber request, Flight& flight, const Store& store) const;
  /// One that nothing is on its way to.
  [[nodiscard]] std::optional<HandoverTarget> next_target() const;
  Flight next_flight(TimePoint now, const HandoverTarget& to, const Store& store);
  /// False when the neighbour was given the same a moment ago.
  [[nodiscard]] bool is_new(const HandoverTarget& target, const Item& item, const Record& record) const;
  void note_given(TimePoint now, const HandoverTarget& target, const Item& item, const Record& record);

  Duration retry_;
  Rng& rng_;
  std::map<HandoverTarget, std::map<EntryKey, PositionSet>> waiting_;
  std::map<RequestNumber, Flight> flying_;
  struct Given {
    TimePoint when{};
    PositionSet positions{};
    crypto::Signature signature{};  ///< of the record's owner
    std::size_t receipts = 0;
  };
  std::map<std::pair<NodeId, EntryKey>, Given> given_;  ///< to neighbours, in the last given_lives
};

}  // namespace ipop::dht
