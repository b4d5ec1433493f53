#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/node_id.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/private_key.hpp"
#include "crypto/trust_store.hpp"

namespace ipop::dht {

/// How long a record may live, and how wrong a clock may be.
struct RecordLimits {
  static constexpr std::chrono::seconds lifetime = std::chrono::hours(7 * 24);  ///< from a replica's present
  static constexpr std::chrono::seconds lease = std::chrono::hours(24);         ///< the same, of kind lease
  static constexpr std::chrono::seconds clock_slack = std::chrono::minutes(10);
};

/// What a record means, and so who may write it.
enum class RecordKind : std::uint8_t {
  value = 1,  ///< octets of an application; several owners may put values under one key
  lease = 2,  ///< a virtual IPv4 address; exclusive
  name = 3,   ///< a name that a member chose; exclusive
};

/// A replica's signed word that it stored a record, and when by its own clock.
///
/// It binds the namespace, kind, name, owner and `created` of the record, none of which change when
/// the owner renews it, so a renewal keeps the receipts that granted the record first.
struct Receipt {
  static constexpr std::size_t encoded_size = crypto::PublicKey::size + 8 + 64;

  crypto::PublicKey replica{};
  WallTime stored{};
  crypto::Signature signature{};  ///< over receipt_text(record, stored)
  friend bool operator==(const Receipt&, const Receipt&) = default;
};

/// A signed value in the DHT. docs/wire/dht.md
///
/// The owner is the key that signs it. In an open group its node id is derived from the key; in a
/// closed one the record carries the owner's certificate. `sequence` rises with every change by the
/// owner; a record with an empty value is a tombstone (released).
struct Record {
  static constexpr std::size_t max_name = 255;
  static constexpr std::size_t max_value = 1024;
  static constexpr std::size_t max_receipts = 8;        ///< one a replica position
  static constexpr std::size_t max_certificate = 1024;  ///< a member's has about 500 octets

  RecordKind kind = RecordKind::value;
  Bytes name{};   ///< what the key is derived from: e.g. 4 octets of an address; 1 to 255
  Bytes value{};  ///< at most max_value octets
  crypto::PublicKey owner{};
  std::uint64_t sequence = 0;
  WallTime created{};
  WallTime expires{};
  crypto::Signature signature{};
  std::vector<Receipt> receipts{};  ///< of the replicas that granted it; not under the signature
  Bytes certificate{};              ///< of the owner, DER; empty in an open group. Under the signature

  [[nodiscard]] bool is_tombstone() const { return value.empty(); }
  friend bool operator==(const Record&, const Record&) = default;
};

/// The position of a record's first replica: SHA-256(namespace tag, kind, name), cut to 160 bits.
NodeId position_of(ByteSpan name_space, RecordKind kind, ByteSpan name);

/// True for kinds of which one owner holds a name.
constexpr bool is_exclusive(RecordKind kind) {
  return kind != RecordKind::value;
}

/// Signs with the owner's key; sets `owner` and `signature`. The namespace is under the signature.
void sign(Record& record, ByteSpan name_space, const crypto::PrivateKey& key);
/// Checks what needs no clock: sizes, the form of the name (lease: 4 octets; name: a label of
/// [a-z0-9-], 1 to 63), expiry after creation, and the signature.
/// Errors: out_of_range (sizes, times), bad_checksum (signature).
Result<void> check(const Record& record, ByteSpan name_space);
/// The node of the record's owner: by its certificate where there is one, else by its key; whether
/// the certificate is worth anything is for check_owner() to say. Errors: not_authorized (another
/// key's certificate) and those of crypto::node_id_of and Certificate::from_der.
Result<NodeId> owner_id_of(const Record& record);
/// Whether the owner may write in this group at `wall`. Errors: malformed (a certificate in an open
/// group), not_authorized (none in a closed one, another key's) and those of TrustStore::verify.
Result<void> check_owner(const Record& record, const crypto::TrustStore& trust, WallTime wall);
/// The certificate binds the address that the lease is about to its key.
bool is_pinned(const Record& record);
/// Checks the times against a replica's own clock, with RecordLimits::clock_slack for being created.
/// Errors: expired, out_of_range (created in the future, or lives longer than RecordLimits allow).
Result<void> check_times(const Record& record, WallTime wall);
/// True when everything under the owner's signature is equal.
bool same_content(const Record& a, const Record& b);
/// What a receipt signs.
Bytes receipt_text(const Record& record, ByteSpan name_space, WallTime stored);
/// `replica` signs that it stored `record` at `stored`.
Receipt make_receipt(const Record& record, ByteSpan name_space, WallTime stored, const crypto::PrivateKey& replica);
/// True when the receipt is good for this record and its replica is not the owner: nobody is a
/// witness for himself.
bool is_witness(const Receipt& receipt, const Record& record, ByteSpan name_space);
/// Drops the receipts that are no witness, and all but the oldest of each replica; the rest is in
/// the order of the replicas' keys.
void keep_witnesses(Record& record, ByteSpan name_space);
/// Adds the witnesses among `more` to those of `into`; of more than max_receipts the oldest stay.
/// Receipts are not under the owner's signature: whoever passed a record on could have spoiled
/// them, so all are verified.
void merge_receipts(Record& into, const std::vector<Receipt>& more, ByteSpan name_space);
/// The median time of the witnesses (the later of the two in the middle where their number is
/// even); none without a majority of `replicas`.
std::optional<WallTime> granted_at(const Record& record, ByteSpan name_space, unsigned replicas);

/// Which of two records under one exclusive key holds; true when `a` holds against `b`.
///
/// Same owner: the higher sequence. Different owners: a record against a tombstone; an address that
/// the owner's certificate pins against one that it does not; more
/// witnesses, counted up to a majority of `replicas` (a record without receipts loses); where two
/// or more witnesses signed for both, the one they signed for last, since they would not have done
/// so while the other lived; the older median witness time; the smaller node id.
bool prevails(const Record& a, const Record& b, ByteSpan name_space, unsigned replicas);
/// The part of it that weighs the grants of two owners' living records: from the witnesses on.
bool prevails_by_grant(const Record& a, const Record& b, ByteSpan name_space, unsigned replicas);

/// Errors: truncated, malformed (octets behind it, empty name, a time outside 0 to 2^40 s),
/// too_large (value, receipts), unsupported (format, kind).
Result<Record> decode_record(ByteSpan octets);
void encode(const Record& record, Bytes& out);

}  // namespace ipop::dht
