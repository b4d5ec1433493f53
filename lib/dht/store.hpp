#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "crypto/basis.hpp"
#include "dht/key.hpp"
#include "dht/message.hpp"
#include "dht/packed_record.hpp"
#include "dht/record.hpp"
#include "dht/replica_set.hpp"
#include "dht/shares.hpp"
#include "dht/witness.hpp"

namespace ipop::dht {

/// What this node keeps for others, and who may change it.
///
/// - An exclusive key has one living record; a create by another owner is refused.
/// - A create is a grant that lapses after Limits::grant_lives unless its put follows.
/// - Only the owner changes a record, with a higher sequence; its tombstone releases it and is
///   kept until it expires, so that the older record can't be brought back.
/// - Two granted records meet only after parts of the ring merged: prevails() decides.
/// - In a closed group the owner is a member, and all that a revoked one wrote goes at once.
/// - Bounded: exclusive records and values in all, records and tombstones an owner. What is full makes room as
///   Shares says.
class Store {
 public:
  struct Limits {
    std::size_t exclusive = 10'000;       ///< records of exclusive kinds; tombstones and grants as well
    std::size_t values = 10'000;          ///< of kind value: neither takes room from the other
    std::size_t exclusive_per_owner = 4;  ///< of each exclusive kind
    std::size_t values_per_owner = 64;
    std::size_t tombstones_per_owner = 16;            ///< an owner who has them all must wait before he stores more
    std::size_t owners_per_value = 64;                ///< values under one key
    Duration grant_lives = std::chrono::seconds(30);  ///< three times Dht::Config::give_up
  };

  /// How a record comes in.
  enum class Arrival { create, put, cancel, handover };

  struct Entry {
    PackedRecord record{};
    PositionSet positions{};  ///< for which this node was asked to hold it
    TimePoint ends{};         ///< when it is dropped: it expires, or the grant lapses
    bool confirmed = true;    ///< false: granted to a create whose put has not come
    Bringer by{};
    std::uint64_t number = 0;  ///< of its arrival, rising
  };
  struct Decision {
    Verdict verdict{};
    Refusal refusal = Refusal::none;
    std::optional<Record> held{};       ///< the record that stands in the way
    bool changed = false;               ///< copies of the record should follow
    std::optional<Record> overruled{};  ///< another owner's, which stood confirmed and gave way
  };

  /// The basis and `grants` outlive the store; null: the ring gives out every name.
  Store(Bytes name_space, const crypto::Basis& basis, Limits limits, const GrantRule* grants = nullptr)
      : name_space_(std::move(name_space)), basis_(basis), limits_(limits), grants_(grants) {}

  /// Decides about a record that arrived for `positions`; `wall` is UTC at `now`. `replicas` is
  /// what prevails() needs; `hop` is the link that it came over. An equal record that arrives again gives the
  /// same decision.
  Decision accept(TimePoint now, WallTime wall, Record record, Arrival arrival, PositionSet positions,
                  unsigned replicas, const NodeId& hop);

  /// Entries of owners who are members no more go.
  void drop_revoked();

  /// The confirmed records under a key, tombstones as well, in the order of the owners' keys.
  [[nodiscard]] std::vector<Record> find(const Key& key) const;
  [[nodiscard]] const Entry* find(const EntryKey& key) const;

  /// This node no longer stands for `positions`; without any the entry goes.
  void forget(const EntryKey& key, PositionSet positions);
  /// Drops what has ended.
  void expire(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> next_end() const;
  /// Keys under which confirmed records came, changed or ended since the last call; not those that
  /// were forgotten, since others hold them.
  std::set<Key> take_changed_keys() { return std::exchange(changed_, {}); }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] const std::map<EntryKey, Entry>& entries() const { return entries_; }

 private:
  struct OwnerCount {
    std::size_t leases = 0;
    std::size_t names = 0;
    std::size_t values = 0;
    std::size_t tombstones = 0;
  };
  using Entries = std::map<EntryKey, Entry>;

  Decision accept_known(TimePoint now, WallTime wall, Entry& mine, Record record, Arrival arrival,
                        PositionSet positions, unsigned replicas, const Bringer& by);
  Decision accept_new(TimePoint now, WallTime wall, Record record, Arrival arrival, PositionSet positions,
                      unsigned replicas, const Bringer& by);
  Decision accept_tombstone(TimePoint now, WallTime wall, Record record, Arrival arrival, PositionSet positions,
                            const Bringer& by);
  [[nodiscard]] Group group() const { return {name_space_, basis_.trust().get(), grants_}; }
  [[nodiscard]] const Entry* other_owner(const Record& record) const;
  [[nodiscard]] bool may_replace(const Record& record, const Entry& held, Arrival arrival, unsigned replicas) const;
  [[nodiscard]] Refusal exceeds_quota(const Record& record) const;
  /// Makes room for the record, or says why there is none.
  [[nodiscard]] Refusal make_room(const Record& record, const Bringer& by);
  [[nodiscard]] Shares& shares_of(RecordKind kind) { return is_exclusive(kind) ? exclusive_shares_ : value_shares_; }

  void insert(TimePoint now, WallTime wall, const Record& record, PositionSet positions, bool confirmed,
              const Bringer& by);
  void restore(const EntryKey& key, Entry entry);
  void replace(TimePoint now, WallTime wall, Entry& entry, const Record& record, bool confirmed);
  void erase(const EntryKey& key);
  /// What there is under a key, by whoever brought it.
  [[nodiscard]] Shares shares_under(const Key& key) const;
  /// A handed record counts for whoever asks for it from here on, except where he brought as much as its former
  /// bringer: anybody can ask for what its owner signed, and a fuller share gives way first.
  void bring_by(const EntryKey& key, Entry& entry, const Bringer& by);
  void note_change(const EntryKey& key, const Entry& entry);
  void schedule(Entry& entry, TimePoint ends);
  void count(const Record& record, bool in);
  std::size_t& counter_of(OwnerCount& owner, const Record& record) const;

  Bytes name_space_;
  const crypto::Basis& basis_;
  Limits limits_;
  const GrantRule* grants_;
  Entries entries_;
  std::map<crypto::PublicKey, OwnerCount> owners_;
  std::size_t values_ = 0;
  std::uint64_t arrivals_ = 0;
  Shares exclusive_shares_;
  Shares value_shares_;
  std::map<std::pair<TimePoint, std::uint64_t>, const EntryKey*> ends_;  ///< by time and number
  std::set<Key> changed_;
};

}  // namespace ipop::dht
