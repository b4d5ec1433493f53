#pragma once

#include <array>
#include <bitset>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"
#include "crypto/basis.hpp"
#include "crypto/private_key.hpp"
#include "dht/dht.hpp"
#include "dht/message.hpp"
#include "dht/record.hpp"
#include "dht/replica_set.hpp"
#include "dht/witness.hpp"

namespace ipop::dht {

/// What an operation needs to know of the node; the references outlive it.
struct OperationSettings {
  NodeId self{};
  const Bytes& name_space;
  const crypto::Basis& basis;
  const crypto::PrivateKey& key;  ///< signs the release of a create that failed
  Rng& rng;                       ///< request numbers
  Duration retry{};
  Duration give_up{};
  unsigned replicas = max_replicas;
  std::optional<WallTime> wall{};  ///< when the operation began
  const GrantRule* grants = nullptr;

  [[nodiscard]] Group group() const { return {name_space, basis.trust().get(), grants}; }
};

/// A message for one replica position of the operation's key.
struct PositionMessage {
  unsigned position = 0;
  Message message{};
};

/// One put or create in progress.
///
/// A create of an exclusive kind has two phases: replicas grant it with a receipt each, then the
/// record with its receipts is put, which confirms the grants. Everything else is one phase.
/// Positions that do not answer are asked again, also for a while after the majority was reached.
/// A create that fails gives back what it got, unless it renewed a record that lived already.
class StoreOperation {
 public:
  StoreOperation(OperationId id, bool create, Record record, OperationSettings settings, TimePoint now);

  /// True when the answer belongs to the request that is open.
  [[nodiscard]] bool takes(RequestNumber request) const { return request == request_; }
  void handle_answer(TimePoint now, const NodeId& source, const StoreAnswer& answer);
  void handle_timeout(TimePoint now);

  /// Requests to send, in order of position.
  std::vector<PositionMessage> take_messages() { return std::exchange(messages_, {}); }
  /// The outcome, once.
  std::optional<Dht::Answer> take_answer() { return std::exchange(answer_, std::nullopt); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;
  [[nodiscard]] bool is_over() const { return phase_ == Phase::over; }
  [[nodiscard]] const Record& record() const { return record_; }

 private:
  enum class Phase {
    grant,      ///< asks for grants
    confirm,    ///< stores
    follow_up,  ///< answered; still asks the silent positions
    cancel,     ///< answered; gives grants back
    over,
  };

  void begin(TimePoint now, Phase phase, StoreMode mode, const PositionSet& to);
  void ask_silent();
  void take_grant(TimePoint now, const NodeId& source, const StoreAnswer& answer);
  void take_confirmation(TimePoint now, const StoreAnswer& answer);
  void note_refusal(const StoreAnswer& answer);
  [[nodiscard]] bool is_credible(const Record& held) const;
  void add_witness(const Receipt& receipt);
  [[nodiscard]] std::vector<Receipt> chosen_witnesses() const;
  [[nodiscard]] std::size_t voices_so_far() const;
  [[nodiscard]] bool yields_to(const Record& rival) const;
  void confirm_when_ready(TimePoint now);
  void succeed(TimePoint now);
  void fail(TimePoint now, Outcome outcome);
  [[nodiscard]] std::string detail() const;
  [[nodiscard]] std::optional<std::chrono::seconds> clock_ahead() const;

  OperationId id_;
  bool create_;
  Record record_;
  OperationSettings settings_;

  Phase phase_ = Phase::grant;
  StoreMode mode_ = StoreMode::create;
  RequestNumber request_ = 0;
  PositionSet asked_;
  PositionSet answered_;
  PositionSet stored_;  // granted, or put
  PositionSet lost_;    // another owner was granted it
  PositionSet refused_;
  PositionSet kept_apart_;  // positions that need no release: lost or refused in the first phase
  bool renewal_ = false;
  std::vector<Receipt> witnesses_;  // join the record when it is put, so that a repeated create is the same
  Refusal refusal_ = Refusal::none;
  std::optional<Record> held_;
  std::vector<std::chrono::seconds> clocks_ahead_;  // of ours, before those of the replicas that refused for the times
  Record tombstone_;

  TimePoint deadline_;
  TimePoint retry_at_;
  std::optional<TimePoint> grace_ends_;  // a majority granted; more witnesses are awaited until then
  std::vector<PositionMessage> messages_;
  std::optional<Dht::Answer> answer_;
};

/// One get in progress.
///
/// It ends when a majority of the positions answered. Positions that turn out to lack a record, or
/// to hold one that another prevails over, are repaired, also those that answer soon after.
class GetOperation {
 public:
  GetOperation(OperationId id, RecordKind kind, Bytes name, OperationSettings settings, TimePoint now);

  [[nodiscard]] bool takes(RequestNumber request) const { return request == request_; }
  /// `wall` decides what has expired. False when the answer held a record that is not valid.
  bool handle_answer(TimePoint now, std::optional<WallTime> wall, const GetAnswer& answer);
  void handle_timeout(TimePoint now);

  std::vector<PositionMessage> take_messages() { return std::exchange(messages_, {}); }
  std::optional<Dht::Answer> take_answer() { return std::exchange(answer_, std::nullopt); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;
  [[nodiscard]] bool is_over() const { return phase_ == Phase::over; }
  [[nodiscard]] const Bytes& name() const { return name_; }
  [[nodiscard]] RecordKind kind() const { return kind_; }

 private:
  enum class Phase {
    read,    ///< waits for a majority
    repair,  ///< answered; late positions are repaired
    over,
  };
  struct Reply {
    std::bitset<128> parts{};
    std::vector<std::size_t> found{};  // indexes into found_
  };

  void ask_silent();
  [[nodiscard]] std::optional<std::size_t> take_record(std::optional<WallTime> wall, const Record& record);
  void conclude(TimePoint now);
  void repair(unsigned position);
  [[nodiscard]] std::vector<std::size_t> newest_of_owners() const;
  [[nodiscard]] std::optional<std::size_t> winner(const std::vector<std::size_t>& candidates) const;

  OperationId id_;
  RecordKind kind_;
  Bytes name_;
  OperationSettings settings_;

  Phase phase_ = Phase::read;
  RequestNumber request_;
  PositionSet asked_;
  PositionSet answered_;
  std::vector<Record> found_;  // valid ones, no two with the same content
  std::array<Reply, max_replicas> replies_{};

  TimePoint deadline_;
  TimePoint retry_at_;
  std::vector<PositionMessage> messages_;
  std::optional<Dht::Answer> answer_;
};

}  // namespace ipop::dht
