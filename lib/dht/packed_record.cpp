#include "dht/packed_record.hpp"

#include <cassert>
#include <cstddef>
#include <cstdint>

namespace ipop::dht {

PackedRecord::PackedRecord(const Record& record) {
  std::size_t size = 2 + 1 + record.name.size() + 2 + record.value.size() + crypto::PublicKey::size + 3 * 8 +
                     record.signature.size() + 2 + record.certificate.size();
  for (const Receipt& receipt : record.receipts)
    size += Receipt::plain_size + 2 + receipt.certificate.size();
  octets_.reserve(size);
  ByteWriter out(octets_);
  out.write(static_cast<std::uint8_t>(record.kind));
  out.write_sized8(record.name);
  out.write_sized16(record.value);
  out.write(ByteSpan(record.owner.point()));
  out.write(record.sequence);
  out.write(static_cast<std::uint64_t>(record.created.seconds));
  out.write(static_cast<std::uint64_t>(record.expires.seconds));
  out.write(ByteSpan(record.signature));
  out.write_sized16(record.certificate);
  out.write(static_cast<std::uint8_t>(record.receipts.size()));
  for (const Receipt& receipt : record.receipts) {
    out.write(ByteSpan(receipt.replica.point()));
    out.write(static_cast<std::uint64_t>(receipt.stored.seconds));
    out.write(ByteSpan(receipt.signature));
    out.write_sized16(receipt.certificate);
  }
  assert(octets_.size() == size);
}

Record PackedRecord::unpack() const {
  Record out;
  ByteReader in(octets_);
  const auto read_time = [&] { return WallTime{static_cast<std::int64_t>(in.read<std::uint64_t>())}; };
  out.kind = static_cast<RecordKind>(in.read<std::uint8_t>());
  out.name = to_bytes(in.take_sized8());
  out.value = to_bytes(in.take_sized16());
  out.owner = crypto::PublicKey(in.take_array<crypto::PublicKey::size>());
  out.sequence = in.read<std::uint64_t>();
  out.created = read_time();
  out.expires = read_time();
  out.signature = in.take_array<sizeof(crypto::Signature)>();
  out.certificate = to_bytes(in.take_sized16());
  out.receipts.resize(in.read<std::uint8_t>());
  for (Receipt& receipt : out.receipts) {
    receipt.replica = crypto::PublicKey(in.take_array<crypto::PublicKey::size>());
    receipt.stored = read_time();
    receipt.signature = in.take_array<sizeof(crypto::Signature)>();
    receipt.certificate = to_bytes(in.take_sized16());
  }
  assert(in.done());
  return out;
}

}  // namespace ipop::dht
