#pragma once

#include <chrono>
#include <cstdint>
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
/// the owner renews it, so a renewal keeps the receipts that granted the record first. In a closed group the
/// replica's certificate goes with it and shows that a member signed; dht/witness.hpp says what a receipt weighs.
struct Receipt {
  static constexpr std::size_t plain_size = crypto::PublicKey::size + 8 + 64;  ///< octets without a certificate

  crypto::PublicKey replica{};
  WallTime stored{};
  crypto::Signature signature{};  ///< over receipt_text(record, stored)
  Bytes certificate{};            ///< of the replica, DER; empty in an open group. Not under the signature
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
/// `replica` signs that it stored `record` at `stored`; in a closed group it adds its certificate.
Receipt make_receipt(const Record& record, ByteSpan name_space, WallTime stored, const crypto::PrivateKey& replica,
                     Bytes certificate = {});
/// True when the replica's key signed the receipt for this record, and the replica is not its owner.
bool is_signed(const Receipt& receipt, const Record& record, ByteSpan name_space);

/// Errors: truncated, malformed (octets behind it, empty name, a time outside 0 to 2^40 s, a receipt's certificate
/// that does not unpack), too_large (value, certificates, receipts), unsupported (format, kind).
Result<Record> decode_record(ByteSpan octets);
void encode(const Record& record, Bytes& out);

}  // namespace ipop::dht
