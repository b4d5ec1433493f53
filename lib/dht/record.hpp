#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/node_id.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/private_key.hpp"

namespace ipop::dht {

/// What a record means, and so who may write it.
enum class RecordKind : std::uint8_t {
  value = 1,  ///< octets of an application; several owners may put values under one key
  lease = 2,  ///< a virtual IPv4 address; exclusive
  name = 3,   ///< a name that a member chose; exclusive
};

/// A replica's signed word that it stored a record, and when by its own clock.
struct Receipt {
  crypto::PublicKey replica{};
  WallTime stored{};
  crypto::Signature signature{};  ///< over receipt_text(record, stored)
  friend bool operator==(const Receipt&, const Receipt&) = default;
};

/// A signed value in the DHT. docs/wire/dht.md
///
/// The owner is the key that signs it; its node id is derived from the key. `sequence` rises with
/// every change by the owner; a record with an empty value is a tombstone (released).
struct Record {
  static constexpr std::size_t max_value = 1024;

  RecordKind kind = RecordKind::value;
  Bytes name{};   ///< what the key is derived from: e.g. 4 octets of an address; 1 to 255
  Bytes value{};  ///< at most max_value octets
  crypto::PublicKey owner{};
  std::uint64_t sequence = 0;
  WallTime created{};
  WallTime expires{};
  crypto::Signature signature{};
  std::vector<Receipt> receipts{};  ///< of the replicas that granted it; not under the signature

  [[nodiscard]] bool is_tombstone() const { return value.empty(); }
  friend bool operator==(const Record&, const Record&) = default;
};

/// The position of a record's first replica: SHA-256(namespace tag, kind, name), cut to 160 bits.
NodeId position_of(ByteSpan name_space, RecordKind kind, ByteSpan name);

/// Signs with the owner's key; sets `owner` and `signature`. The namespace is under the signature.
void sign(Record& record, ByteSpan name_space, const crypto::PrivateKey& key);
/// Errors: out_of_range (sizes, times), bad_checksum (signature).
Result<void> check(const Record& record, ByteSpan name_space);
/// What a receipt signs.
Bytes receipt_text(const Record& record, ByteSpan name_space, WallTime stored);
/// The median time of the receipts whose signatures are good and whose replicas differ; none
/// without a majority of `replicas`.
std::optional<WallTime> granted_at(const Record& record, ByteSpan name_space, unsigned replicas);

/// Which of two records under one exclusive key holds: same owner, the higher sequence; different
/// owners, the one granted earlier (a record without receipts loses), then the smaller node id.
/// True when `a` holds against `b`.
bool prevails(const Record& a, const Record& b, ByteSpan name_space, unsigned replicas);

Result<Record> decode_record(ByteSpan octets);
void encode(const Record& record, Bytes& out);

}  // namespace ipop::dht
