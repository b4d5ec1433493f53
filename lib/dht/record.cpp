#include "dht/record.hpp"

#include <algorithm>
#include <tuple>

#include "crypto/deflate.hpp"
#include "crypto/hash.hpp"

namespace ipop::dht {

namespace {

constexpr std::uint8_t plain_format = 1;
constexpr std::uint8_t certified_format = 2;  ///< with the certificates of the owner and of each receipt's replica

// Far above any date and far below what overflows when two times are subtracted.
constexpr std::int64_t latest_time = std::int64_t{1} << 40U;

bool is_time(WallTime time) {
  return time.seconds >= 0 && time.seconds < latest_time;
}

WallTime read_time(ByteReader& in) {
  return WallTime{static_cast<std::int64_t>(in.read<std::uint64_t>())};
}

void write_time(ByteWriter& out, WallTime time) {
  out.write(static_cast<std::uint64_t>(time.seconds));
}

bool is_label(ByteSpan name) {
  if (name.empty() || name.size() > 63) return false;
  return std::ranges::all_of(as_text(name),
                             [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

// The fields that belong to the owner, in wire order.
void write_content(ByteWriter& out, const Record& record) {
  out.write(static_cast<std::uint8_t>(record.kind));
  out.write_sized8(record.name);
  out.write_sized16(record.value);
  out.write(ByteSpan(record.owner.point()));
  out.write(record.sequence);
  write_time(out, record.created);
  write_time(out, record.expires);
  if (!record.certificate.empty()) out.write_sized16(record.certificate);
}

// Different first words keep a signature of one purpose from serving another.
void write_purpose(ByteWriter& out, std::string_view purpose, ByteSpan name_space) {
  out.write_sized8(as_bytes(purpose));
  out.write_sized16(name_space);
}

Bytes signed_text(const Record& record, ByteSpan name_space) {
  Bytes text;
  ByteWriter out(text);
  write_purpose(out, record.certificate.empty() ? "ga dht record 1" : "ga dht record 2", name_space);
  write_content(out, record);
  return text;
}

Result<void> check_form(const Record& record) {
  if (record.name.empty() || record.name.size() > Record::max_name) return {Errc::out_of_range, "size of the name"};
  if (record.value.size() > Record::max_value) return {Errc::out_of_range, "size of the value"};
  if (record.receipts.size() > Record::max_receipts) return {Errc::out_of_range, "number of receipts"};
  if (record.certificate.size() > Record::max_certificate) return {Errc::out_of_range, "size of the certificate"};
  if (record.kind == RecordKind::lease && record.name.size() != 4) return {Errc::out_of_range, "name of a lease"};
  if (record.kind == RecordKind::name && !is_label(record.name)) return {Errc::out_of_range, "form of the name"};
  if (!is_time(record.created) || !is_time(record.expires) || record.expires <= record.created) {
    return {Errc::out_of_range, "times of the record"};
  }
  return {};
}

Result<crypto::Certificate> certificate_of(const Record& record) {
  auto certificate = crypto::Certificate::from_der(record.certificate);
  if (certificate && certificate->public_key() != record.owner) {
    return {Errc::not_authorized, "the certificate of another key"};
  }
  return certificate;
}

// What a replica's certificate is packed against: that of the owner, which the record carries and the same authority
// signed, and the key that the receipt names.
Bytes base_of(const Record& record, const Receipt& receipt) {
  Bytes base = record.certificate;
  append(base, receipt.replica.point());
  return base;
}

Result<Receipt> read_receipt(ByteReader& in, const Record& record) {
  Receipt receipt;
  receipt.replica = crypto::PublicKey(in.take_array<crypto::PublicKey::size>());
  receipt.stored = read_time(in);
  receipt.signature = in.take_array<64>();
  const ByteSpan packed = record.certificate.empty() ? ByteSpan() : in.take_sized16();
  if (!packed.empty()) {
    auto certificate = crypto::inflate(packed, base_of(record, receipt), Record::max_certificate);
    if (in.ok() && !certificate) return {Errc::malformed, "certificate of a receipt"};
    if (certificate) receipt.certificate = *std::move(certificate);
  }
  if (in.ok() && !is_time(receipt.stored)) return {Errc::malformed, "time of a receipt"};
  return receipt;
}

}  // namespace

NodeId position_of(ByteSpan name_space, RecordKind kind, ByteSpan name) {
  Bytes text;
  ByteWriter out(text);
  write_purpose(out, "ga dht key 1", name_space);
  out.write(static_cast<std::uint8_t>(kind));
  out.write_sized8(name);
  return NodeId::from_prefix(crypto::sha256(text));
}

void sign(Record& record, ByteSpan name_space, const crypto::PrivateKey& key) {
  record.owner = key.public_key();
  record.signature = key.sign(signed_text(record, name_space));
}

Result<void> check(const Record& record, ByteSpan name_space) {
  if (auto form = check_form(record); !form) return form;
  if (!crypto::verify(record.owner, signed_text(record, name_space), record.signature)) {
    return {Errc::bad_checksum, "signature of the record"};
  }
  return {};
}

Result<NodeId> owner_id_of(const Record& record) {
  if (record.certificate.empty()) return crypto::node_id_of(record.owner);
  const auto certificate = certificate_of(record);
  if (!certificate) return certificate.error();
  return crypto::node_id_of(*certificate, crypto::GroupKind::closed);
}

Result<void> check_owner(const Record& record, const crypto::TrustStore& trust, WallTime wall) {
  const bool is_open = trust.kind() == crypto::GroupKind::open;
  if (is_open && !record.certificate.empty()) return {Errc::malformed, "a certificate in an open group"};
  if (is_open) return {};
  if (record.certificate.empty()) return {Errc::not_authorized, "no certificate"};
  const auto certificate = certificate_of(record);
  if (!certificate) return certificate.error();
  if (auto identity = trust.verify(*certificate, wall); !identity) return std::move(identity).error();
  return {};
}

bool is_pinned(const Record& record) {
  if (record.kind != RecordKind::lease || record.certificate.empty()) return false;
  const auto certificate = certificate_of(record);
  return certificate && std::ranges::any_of(certificate->pinned_addresses(), [&](const crypto::PinnedAddress& address) {
           return equal(ByteSpan(address), record.name);
         });
}

Result<void> check_times(const Record& record, WallTime wall) {
  if (record.expires <= wall) return {Errc::expired, "the record has expired"};
  if (record.created > wall + RecordLimits::clock_slack) {
    return {Errc::out_of_range, "the record was created in the future: is a clock wrong?"};
  }
  const auto longest = record.kind == RecordKind::lease ? RecordLimits::lease : RecordLimits::lifetime;
  if (record.expires > wall + longest + RecordLimits::clock_slack) {
    return {Errc::out_of_range, "the record lives too long"};
  }
  return {};
}

bool same_content(const Record& a, const Record& b) {
  return std::tie(a.kind, a.name, a.value, a.owner, a.sequence, a.created, a.expires, a.certificate) ==
         std::tie(b.kind, b.name, b.value, b.owner, b.sequence, b.created, b.expires, b.certificate);
}

Bytes receipt_text(const Record& record, ByteSpan name_space, WallTime stored) {
  Bytes text;
  ByteWriter out(text);
  write_purpose(out, "ga dht receipt 1", name_space);
  out.write(static_cast<std::uint8_t>(record.kind));
  out.write_sized8(record.name);
  out.write(ByteSpan(record.owner.point()));
  write_time(out, record.created);
  write_time(out, stored);
  return text;
}

Receipt make_receipt(const Record& record, ByteSpan name_space, WallTime stored, const crypto::PrivateKey& replica,
                     Bytes certificate) {
  return {replica.public_key(), stored, replica.sign(receipt_text(record, name_space, stored)), std::move(certificate)};
}

bool is_signed(const Receipt& receipt, const Record& record, ByteSpan name_space) {
  if (receipt.replica == record.owner || !is_time(receipt.stored)) return false;
  return crypto::verify(receipt.replica, receipt_text(record, name_space, receipt.stored), receipt.signature);
}

Result<Record> decode_record(ByteSpan octets) {
  ByteReader in(octets);
  const auto version = in.read<std::uint8_t>();
  const auto kind = in.read<std::uint8_t>();
  Record record;
  record.name = to_bytes(in.take_sized8());
  record.value = to_bytes(in.take_sized16());
  record.owner = crypto::PublicKey(in.take_array<crypto::PublicKey::size>());
  record.sequence = in.read<std::uint64_t>();
  record.created = read_time(in);
  record.expires = read_time(in);
  if (version == certified_format) record.certificate = to_bytes(in.take_sized16());
  record.signature = in.take_array<64>();
  const auto count = in.read<std::uint8_t>();
  for (std::size_t i = 0; i < count && in.ok() && i < Record::max_receipts; ++i) {
    auto receipt = read_receipt(in, record);
    if (!receipt) return std::move(receipt).error();
    record.receipts.push_back(*std::move(receipt));
  }
  if (!in.ok()) return {Errc::truncated, "record"};
  if (version != plain_format && version != certified_format) return {Errc::unsupported, "format of a record"};
  if (kind < 1 || kind > 3) return {Errc::unsupported, "kind of a record"};
  record.kind = static_cast<RecordKind>(kind);
  if (record.name.empty()) return {Errc::malformed, "a record without a name"};
  if (record.value.size() > Record::max_value) return {Errc::too_large, "value of a record"};
  if (version == certified_format && record.certificate.empty()) return {Errc::malformed, "an empty certificate"};
  if (record.certificate.size() > Record::max_certificate) return {Errc::too_large, "certificate of a record"};
  if (count > Record::max_receipts) return {Errc::too_large, "receipts of a record"};
  if (!is_time(record.created) || !is_time(record.expires)) return {Errc::malformed, "times of a record"};
  if (!in.done()) return {Errc::malformed, "octets behind a record"};
  return record;
}

void encode(const Record& record, Bytes& out) {
  ByteWriter writer(out);
  writer.write(record.certificate.empty() ? plain_format : certified_format);
  write_content(writer, record);
  writer.write(ByteSpan(record.signature));
  writer.write(static_cast<std::uint8_t>(record.receipts.size()));
  for (const Receipt& receipt : record.receipts) {
    writer.write(ByteSpan(receipt.replica.point()));
    write_time(writer, receipt.stored);
    writer.write(ByteSpan(receipt.signature));
    if (record.certificate.empty()) continue;
    const auto& certificate = receipt.certificate;
    writer.write_sized16(certificate.empty() ? Bytes() : crypto::deflate(certificate, base_of(record, receipt)));
  }
}

}  // namespace ipop::dht
