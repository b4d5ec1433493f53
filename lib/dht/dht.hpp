#pragma once

// Put, create and get on the ring.
//
// A key has 8 replica positions, equally spaced (4 in rings below 16); the node nearest to each
// stores the record. A create succeeds when a majority of the positions stored it and none of
// that majority held another owner's value. Records are signed; a replica checks the signature
// and the right to the name before it stores, and returns a signed receipt. Who watches a key hears
// when what is stored under it changes.
// Main types: Record, Dht. It sends messages to ring positions and gets them delivered; it never
// opens a link and knows no virtual address.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/counters.hpp"
#include "base/machine.hpp"
#include "base/rng.hpp"
#include "base/strong_id.hpp"
#include "crypto/basis.hpp"
#include "crypto/private_key.hpp"
#include "dht/message.hpp"
#include "dht/record.hpp"
#include "dht/witness.hpp"

namespace ipop::dht {

using OperationId = StrongId<struct OperationTag, std::uint64_t>;

/// How an operation ended.
enum class Outcome {
  done,         ///< put or create: a majority stored it; get: records found, of members only
  exists,       ///< create: another owner holds the key
  not_found,    ///< get: a majority answered, nobody has it
  no_majority,  ///< too few answers in time; trying again may help
  refused,      ///< replicas refused the record (too large, expired, bad signature, quota)
};

class Dht {
 public:
  struct Config {
    NodeId self{};
    Bytes name_space{};
    Bytes certificate{};     ///< this node's, DER, in a closed group: its receipts show it
    Duration retry = 1s;     ///< an unanswered message is sent again
    Duration give_up = 10s;  ///< an operation without a majority ends
    /// Records that this node keeps for others: leases and names, and as many values.
    std::size_t most_records = 10'000;
    std::shared_ptr<const GrantRule> grants{};  ///< who else gives out names; null: nobody
  };

  struct Send {  ///< route to the node nearest to `to` (mode nearest), or to the node `to` itself
    NodeId to{};
    bool nearest = true;
    Bytes message{};
    Correlation correlation{};  ///< an answer goes back the way of its question
  };
  struct Answer {
    OperationId id{};
    Outcome outcome{};
    std::vector<Record> records{};  ///< get: the record that prevails, or every owner's (kind value);
                                    ///< create `exists`: the holder's; create/put `done`: ours with its receipts
    std::string detail{};           ///< for a person: "5 of 8 replicas"
    /// How far this node's clock is before those of the replicas that refused a record for its times (the middle
    /// one of them); negative: behind.
    std::optional<std::chrono::seconds> clock_ahead{};
  };
  /// A key that this node watches: what is stored under it may have changed. The first one comes when
  /// the watch stands. It is no more than a hint: read it.
  struct Changed {
    RecordKind kind{};
    Bytes name{};
  };
  /// A replica holds another owner's record under a key that this node may hold itself. It is no more than a hint.
  struct Contested {
    RecordKind kind{};
    Bytes name{};
  };
  using Output = std::variant<Send, Answer, Changed, Contested>;

  /// `key` signs receipts; it, the basis and `rng` outlive the machine.
  Dht(Config config, const crypto::PrivateKey& key, const crypto::Basis& basis, Rng& rng);
  Dht(Dht&&) noexcept;
  ~Dht();

  /// Others are members than before: what revoked owners wrote is forgotten.
  void handle_trust_changed(TimePoint now);
  /// The neighbourhood changed: entries move to whoever is now nearest to their position.
  void handle_ring(TimePoint now, std::vector<NodeId> neighbours, std::size_t size_estimate);
  /// How a message came. Its source can be invented; the link that brought it is sure.
  struct Way {
    NodeId source{};
    NodeId destination{};   ///< the position or node that it was routed to
    NodeId previous_hop{};  ///< this node itself, when it sent it
  };
  void handle_message(TimePoint now, const Way& way, ByteSpan message);
  void handle_timeout(TimePoint now);

  /// The records are signed by the caller. put: the owner's own value, replacing his older one.
  OperationId put(TimePoint now, Record record);
  /// Exclusive: fails with `exists` when another owner holds the key; renewing one's own is a create
  /// with a higher sequence.
  OperationId create(TimePoint now, Record record);
  OperationId get(TimePoint now, RecordKind kind, Bytes name);

  /// From here on Changed tells when a value comes under the key, is replaced by another, released or
  /// ends; not when it is renewed. Of a key that is watched already it is told once more.
  /// Errors: out_of_range (size of the name), exhausted (64 keys are watched).
  Result<void> watch(TimePoint now, RecordKind kind, Bytes name);
  void unwatch(RecordKind kind, Bytes name);

  [[nodiscard]] std::optional<Output> poll_output();
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;

  [[nodiscard]] std::size_t stored_records() const;
  /// Replica positions of a key in a ring of the present size: 8 or 4.
  [[nodiscard]] unsigned replicas() const;
  [[nodiscard]] const Counters& counters() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

std::string_view to_string(Outcome outcome);

}  // namespace ipop::dht
