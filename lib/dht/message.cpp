#include "dht/message.hpp"

#include "base/machine.hpp"

namespace ipop::dht {

namespace {

constexpr std::uint8_t version = 1;
constexpr std::uint8_t max_parts = 128;

enum class Type : std::uint8_t {
  store = 1,
  store_answer,
  get,
  get_answer,
  handover,
  handover_answer,
  watch,
  watch_answer,
  watch_notice
};

constexpr std::uint8_t with_receipt = 1;
constexpr std::uint8_t with_record = 2;
constexpr std::uint8_t with_certificate = 4;
constexpr std::uint8_t with_clock = 8;
constexpr std::uint8_t is_reply = 1;
constexpr std::uint8_t is_ask = 2;

bool is_position(std::uint8_t position) {
  return position < max_replicas;
}

Result<Message> malformed(std::string_view what) {
  return Result<Message>(Errc::malformed, std::string(what));
}

Result<Message> truncated(std::string_view what) {
  return Result<Message>(Errc::truncated, std::string(what));
}

Result<Message> decode_store(ByteReader& in) {
  StoreRequest out;
  out.request = in.read<std::uint64_t>();
  out.position = in.read<std::uint8_t>();
  const auto mode = in.read<std::uint8_t>();
  if (!in.ok()) return truncated("store request");
  if (!is_position(out.position) || mode < 1 || mode > 3) return malformed("store request");
  out.mode = static_cast<StoreMode>(mode);
  auto record = decode_record(in.take_rest());
  if (!record) return std::move(record).error().in("store request");
  out.record = *std::move(record);
  return Message(std::move(out));
}

Result<Message> decode_store_answer(ByteReader& in) {
  StoreAnswer out;
  out.request = in.read<std::uint64_t>();
  out.position = in.read<std::uint8_t>();
  const auto verdict = in.read<std::uint8_t>();
  const auto refusal = in.read<std::uint8_t>();
  const auto flags = in.read<std::uint8_t>();
  if ((flags & with_receipt) != 0) {
    Receipt receipt;
    receipt.replica = crypto::PublicKey(in.take_array<crypto::PublicKey::size>());
    receipt.stored.seconds = static_cast<std::int64_t>(in.read<std::uint64_t>());
    receipt.signature = in.take_array<64>();
    if ((flags & with_certificate) != 0) {
      receipt.certificate = to_bytes(in.take_sized16());
      if (in.ok() && (receipt.certificate.empty() || receipt.certificate.size() > Record::max_certificate)) {
        return malformed("certificate of a receipt");
      }
    }
    out.receipt = std::move(receipt);
  }
  if ((flags & with_clock) != 0) out.clock = WallTime{static_cast<std::int64_t>(in.read<std::uint64_t>())};
  if (!in.ok()) return truncated("store answer");
  if (!is_position(out.position) || verdict < 1 || verdict > 5 || refusal > 12 ||
      (flags & ~unsigned{with_receipt | with_record | with_certificate | with_clock}) != 0 ||
      (flags & (with_receipt | with_certificate)) == with_certificate) {
    return malformed("store answer");
  }
  out.verdict = static_cast<Verdict>(verdict);
  out.refusal = static_cast<Refusal>(refusal);
  if ((flags & with_record) != 0) {
    auto record = decode_record(in.take_rest());
    if (!record) return std::move(record).error().in("store answer");
    out.held = *std::move(record);
  }
  if (!in.done()) return malformed("octets behind a store answer");
  return Message(std::move(out));
}

Result<Message> decode_get(ByteReader& in) {
  GetRequest out;
  out.request = in.read<std::uint64_t>();
  out.position = in.read<std::uint8_t>();
  const auto kind = in.read<std::uint8_t>();
  out.name = to_bytes(in.take_sized8());
  if (!in.ok()) return truncated("get request");
  if (!is_position(out.position) || kind < 1 || kind > 3 || out.name.empty() || !in.done()) {
    return malformed("get request");
  }
  out.kind = static_cast<RecordKind>(kind);
  return Message(std::move(out));
}

Result<Message> decode_get_answer(ByteReader& in) {
  GetAnswer out;
  out.request = in.read<std::uint64_t>();
  out.position = in.read<std::uint8_t>();
  out.part = in.read<std::uint8_t>();
  out.parts = in.read<std::uint8_t>();
  const auto count = in.read<std::uint8_t>();
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const ByteSpan octets = in.take_sized16();
    if (!in.ok()) break;
    auto record = decode_record(octets);
    if (!record) return std::move(record).error().in("get answer");
    out.records.push_back(*std::move(record));
  }
  if (!in.ok()) return truncated("get answer");
  if (!is_position(out.position) || out.parts < 1 || out.parts > max_parts || out.part >= out.parts || !in.done()) {
    return malformed("get answer");
  }
  return Message(std::move(out));
}

Result<Message> decode_handover(ByteReader& in) {
  Handover out;
  out.request = in.read<std::uint64_t>();
  const auto flags = in.read<std::uint8_t>();
  const auto count = in.read<std::uint8_t>();
  bool has_positions = true;
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    HandedRecord handed;
    handed.positions = PositionSet(in.read<std::uint8_t>());
    has_positions = has_positions && handed.positions.any();
    const ByteSpan octets = in.take_sized16();
    if (!in.ok()) break;
    auto record = decode_record(octets);
    if (!record) return std::move(record).error().in("handover");
    handed.record = *std::move(record);
    out.records.push_back(std::move(handed));
  }
  if (!in.ok()) return truncated("handover");
  if ((flags & ~unsigned{is_reply | is_ask}) != 0 || !has_positions || !in.done()) return malformed("handover");
  out.reply = (flags & is_reply) != 0;
  out.ask = (flags & is_ask) != 0;
  return Message(std::move(out));
}

Result<Message> decode_handover_answer(ByteReader& in) {
  HandoverAnswer out;
  out.request = in.read<std::uint64_t>();
  if (!in.ok()) return truncated("handover answer");
  if (!in.done()) return malformed("octets behind a handover answer");
  return Message(out);
}

Result<Message> decode_watch(ByteReader& in) {
  WatchRequest out;
  out.request = in.read<std::uint64_t>();
  out.position = in.read<std::uint8_t>();
  const auto kind = in.read<std::uint8_t>();
  out.lifetime = std::chrono::seconds(in.read<std::uint16_t>());
  out.name = to_bytes(in.take_sized8());
  if (!in.ok()) return truncated("watch request");
  if (!is_position(out.position) || kind < 1 || kind > 3 || out.name.empty() || !in.done()) {
    return malformed("watch request");
  }
  out.kind = static_cast<RecordKind>(kind);
  return Message(std::move(out));
}

Result<Message> decode_watch_answer(ByteReader& in) {
  WatchAnswer out;
  out.request = in.read<std::uint64_t>();
  out.position = in.read<std::uint8_t>();
  out.lifetime = std::chrono::seconds(in.read<std::uint16_t>());
  out.state = in.read<std::uint64_t>();
  if (!in.ok()) return truncated("watch answer");
  if (!is_position(out.position) || !in.done()) return malformed("watch answer");
  return Message(out);
}

Result<Message> decode_watch_notice(ByteReader& in) {
  WatchNotice out;
  out.request = in.read<std::uint64_t>();
  out.position = in.read<std::uint8_t>();
  out.state = in.read<std::uint64_t>();
  if (!in.ok()) return truncated("watch notice");
  if (!is_position(out.position) || !in.done()) return malformed("watch notice");
  return Message(out);
}

void write_record(ByteWriter& out, const Record& record) {
  Bytes octets;
  encode(record, octets);
  out.write_sized16(octets);
}

void write_head(ByteWriter& out, Type type, RequestNumber request) {
  out.write(version);
  out.write(static_cast<std::uint8_t>(type));
  out.write(request);
}

}  // namespace

std::string_view to_string(Refusal refusal) {
  switch (refusal) {
    case Refusal::none: return "none";
    case Refusal::signature: return "signature";
    case Refusal::form: return "form";
    case Refusal::expired: return "expired";
    case Refusal::lifetime: return "lifetime";
    case Refusal::old_sequence: return "old_sequence";
    case Refusal::held: return "held";
    case Refusal::not_granted: return "not_granted";
    case Refusal::quota: return "quota";
    case Refusal::full: return "full";
    case Refusal::position: return "position";
    case Refusal::no_clock: return "no_clock";
    case Refusal::membership: return "membership";
  }
  return "unknown";
}

std::size_t encoded_size(const Record& record) {
  if (!record.certificate.empty()) {
    // What packing saves is known when it is done.
    Bytes octets;
    encode(record, octets);
    return octets.size();
  }
  constexpr std::size_t fixed = 1 + 1 + 1 + 2 + crypto::PublicKey::size + 8 + 8 + 8 + 64 + 1;
  return fixed + record.name.size() + record.value.size() + record.receipts.size() * Receipt::plain_size;
}

Result<Message> decode_message(ByteSpan octets) {
  ByteReader in(octets);
  const auto its_version = in.read<std::uint8_t>();
  const auto type = in.read<std::uint8_t>();
  if (!in.ok()) return truncated("DHT message");
  if (its_version != version) return Result<Message>(Errc::unsupported, "version of a DHT message");
  switch (static_cast<Type>(type)) {
    case Type::store: return decode_store(in);
    case Type::store_answer: return decode_store_answer(in);
    case Type::get: return decode_get(in);
    case Type::get_answer: return decode_get_answer(in);
    case Type::handover: return decode_handover(in);
    case Type::handover_answer: return decode_handover_answer(in);
    case Type::watch: return decode_watch(in);
    case Type::watch_answer: return decode_watch_answer(in);
    case Type::watch_notice: return decode_watch_notice(in);
  }
  return Result<Message>(Errc::unsupported, "type of a DHT message");
}

void encode(const Message& message, Bytes& out) {
  ByteWriter writer(out);
  std::visit(Overloaded{
                 [&](const StoreRequest& m) {
                   write_head(writer, Type::store, m.request);
                   writer.write(m.position);
                   writer.write(static_cast<std::uint8_t>(m.mode));
                   encode(m.record, out);
                 },
                 [&](const StoreAnswer& m) {
                   write_head(writer, Type::store_answer, m.request);
                   writer.write(m.position);
                   writer.write(static_cast<std::uint8_t>(m.verdict));
                   writer.write(static_cast<std::uint8_t>(m.refusal));
                   const bool is_certified = m.receipt && !m.receipt->certificate.empty();
                   const unsigned flags =
                       (m.receipt ? unsigned{with_receipt} : 0U) | (m.held ? unsigned{with_record} : 0U) |
                       (is_certified ? unsigned{with_certificate} : 0U) | (m.clock ? unsigned{with_clock} : 0U);
                   writer.write(static_cast<std::uint8_t>(flags));
                   if (m.receipt) {
                     writer.write(ByteSpan(m.receipt->replica.point()));
                     writer.write(static_cast<std::uint64_t>(m.receipt->stored.seconds));
                     writer.write(ByteSpan(m.receipt->signature));
                     if (is_certified) writer.write_sized16(m.receipt->certificate);
                   }
                   if (m.clock) writer.write(static_cast<std::uint64_t>(m.clock->seconds));
                   if (m.held) encode(*m.held, out);
                 },
                 [&](const GetRequest& m) {
                   write_head(writer, Type::get, m.request);
                   writer.write(m.position);
                   writer.write(static_cast<std::uint8_t>(m.kind));
                   writer.write_sized8(m.name);
                 },
                 [&](const GetAnswer& m) {
                   write_head(writer, Type::get_answer, m.request);
                   writer.write(m.position);
                   writer.write(m.part);
                   writer.write(m.parts);
                   writer.write(static_cast<std::uint8_t>(m.records.size()));
                   for (const Record& record : m.records)
                     write_record(writer, record);
                 },
                 [&](const Handover& m) {
                   write_head(writer, Type::handover, m.request);
                   const unsigned flags = (m.reply ? unsigned{is_reply} : 0U) | (m.ask ? unsigned{is_ask} : 0U);
                   writer.write(static_cast<std::uint8_t>(flags));
                   writer.write(static_cast<std::uint8_t>(m.records.size()));
                   for (const HandedRecord& handed : m.records) {
                     writer.write(static_cast<std::uint8_t>(handed.positions.to_ulong()));
                     write_record(writer, handed.record);
                   }
                 },
                 [&](const HandoverAnswer& m) { write_head(writer, Type::handover_answer, m.request); },
                 [&](const WatchRequest& m) {
                   write_head(writer, Type::watch, m.request);
                   writer.write(m.position);
                   writer.write(static_cast<std::uint8_t>(m.kind));
                   writer.write(static_cast<std::uint16_t>(m.lifetime.count()));
                   writer.write_sized8(m.name);
                 },
                 [&](const WatchAnswer& m) {
                   write_head(writer, Type::watch_answer, m.request);
                   writer.write(m.position);
                   writer.write(static_cast<std::uint16_t>(m.lifetime.count()));
                   writer.write(m.state);
                 },
                 [&](const WatchNotice& m) {
                   write_head(writer, Type::watch_notice, m.request);
                   writer.write(m.position);
                   writer.write(m.state);
                 },
             },
             message);
}

Correlation correlation_of(const Message& message) {
  return std::visit(Overloaded{[](const StoreAnswer& m) {
                                 return Correlation{m.request, true};
                               },
                               [](const GetAnswer& m) {
                                 return Correlation{m.request, true};
                               },
                               [](const HandoverAnswer& m) {
                                 return Correlation{m.request, true};
                               },
                               [](const WatchAnswer& m) {
                                 return Correlation{m.request, true};
                               },
                               [](const WatchNotice&) { return Correlation{}; },
                               [](const auto& m) {
                                 return Correlation{m.request, false};
                               }},
                    message);
}

Bytes encoded(const Message& message) {
  Bytes out;
  encode(message, out);
  return out;
}

}  // namespace ipop::dht
