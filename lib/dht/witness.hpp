#pragma once

// What receipts weigh, and which of two records holds. docs/decisions/0016
//
// In an open group every key that signed a receipt is a witness. In a closed one only members are: a receipt carries
// its signer's certificate, the authority must have signed it, it must have been valid when the receipt was made, and
// nobody may have revoked it since. A user is one voice there, however many certificates he has, and nobody speaks for
// himself. Nothing but the two records, the group's authority and its revocation list decides, so
// nodes that see the same records agree.

#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "crypto/trust_store.hpp"
#include "dht/record.hpp"

namespace ipop::dht {

/// Who gives out exclusive names where the ring does not: a lease server of the group. docs/decisions/0048
class GrantRule {
 public:
  GrantRule() = default;
  GrantRule(const GrantRule&) = delete;
  GrantRule& operator=(const GrantRule&) = delete;
  virtual ~GrantRule() = default;
  /// Names like this record's are given out by the rule alone.
  [[nodiscard]] virtual bool covers(const Record& record) const = 0;
  /// When the name was granted to the record's owner, as the record itself proves for all of its life; none: it does
  /// not. Of two grants the later one counts.
  [[nodiscard]] virtual std::optional<WallTime> granted(const Record& record) const = 0;
};

/// The group that records are judged for; what it names outlives it.
struct Group {
  ByteSpan name_space{};
  const crypto::TrustStore* trust = nullptr;  ///< null: an open group
  const GrantRule* grants = nullptr;          ///< null: the ring gives out every name

  /// The rule speaks about the record.
  [[nodiscard]] bool is_granted_elsewhere(const Record& record) const {
    return grants != nullptr && grants->covers(record);
  }
  /// A living record that the rule does not bear out: it holds nothing, and nobody keeps it.
  [[nodiscard]] bool lacks_grant(const Record& record) const {
    return is_granted_elsewhere(record) && !record.is_tombstone() && !grants->granted(record);
  }

  [[nodiscard]] bool is_closed() const { return trust != nullptr && trust->kind() == crypto::GroupKind::closed; }
};

/// How many witnesses a record keeps in a closed group: a majority of eight positions. With their certificates it has
/// about 2,000 octets then.
constexpr std::size_t max_certified_witnesses = 5;

/// True when the receipt is good for this record: signed, not by the owner's own key, and in a closed group by a
/// member.
bool is_witness(const Receipt& receipt, const Record& record, const Group& group);
/// Drops the receipts that are no witness, and all but the oldest of each key; of more than Record::max_receipts (in a
/// closed group max_certified_witnesses) the oldest stay, those of different users first. The rest is in the order of
/// the replicas' keys.
void keep_witnesses(Record& record, const Group& group);
/// Adds the witnesses among `more` to those of `into`, as keep_witnesses() has them. Receipts are not under the owner's
/// signature: whoever passed a record on could have spoiled them, so all are verified.
void merge_receipts(Record& into, const std::vector<Receipt>& more, const Group& group);
/// The voices that a record has against strangers: keys in an open group, in a closed one users other than the owner.
std::size_t voices(const Record& record, const Group& group);
/// The median of the oldest times of these voices (the later of the two in the middle where their number is even);
/// none without a majority of `replicas`.
std::optional<WallTime> granted_at(const Record& record, const Group& group, unsigned replicas);

/// Which of two records under one exclusive key holds; true when `a` holds against `b`.
///
/// Same owner: the higher sequence. Different owners: a record against a tombstone; where the group's GrantRule
/// speaks, the grant against none and the later grant; an address that
/// the owner's certificate pins against one that it does not; more voices, counted up to a majority of
/// `replicas`; where voices in common signed for both, the one they signed for last, since they would not
/// have done so while the other lived; the older median time of the voices; the smaller node id.
///
/// Voices are keys in an open group, and users other than the owner in a closed one. Where those are alike,
/// a hash of name and user decides between owners of two users, and keys speak between those of one.
bool prevails(const Record& a, const Record& b, const Group& group, unsigned replicas);
/// The part of it that weighs the grants of two owners' living records: from the voices on.
bool prevails_by_grant(const Record& a, const Record& b, const Group& group, unsigned replicas);
/// At least one voice counts for `record` against `rival`.
bool has_voice(const Record& record, const Record& rival, const Group& group);

}  // namespace ipop::dht
