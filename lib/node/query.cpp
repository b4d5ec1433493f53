#include "node/query.hpp"

#include <algorithm>

#include "base/machine.hpp"
#include "leasing/lease_request.hpp"

namespace ipop::node {
namespace {

enum class MessageType : std::uint8_t { query = 1, answer = 2, lease_question = 3, lease_reply = 4 };

constexpr std::size_t max_name = 63;
constexpr std::size_t max_version = 31;

void write_text(ByteWriter& out, std::string_view text, std::size_t limit) {
  out.write_sized8(as_bytes(text.substr(0, limit)));
}

Result<QueryMessage> decode_answer(ByteReader& in, std::uint64_t id) {
  QueryAnswer answer;
  answer.id = id;
  answer.address = net::Ipv4Address(in.read<std::uint32_t>());
  const auto nat = in.read<std::uint8_t>();
  answer.links = in.read<std::uint16_t>();
  answer.address_after = std::chrono::milliseconds(in.read<std::uint32_t>());
  answer.name = std::string(as_text(in.take_sized8()));
  answer.version = std::string(as_text(in.take_sized8()));
  const auto count = in.read<std::uint8_t>();
  if (count > QueryAnswer::max_known) return {Errc::malformed, "query answer names too many nodes"};
  for (std::size_t i = 0; i < count; ++i)
    answer.known.emplace_back(in.take_array<NodeId::size>());
  if (!in.ok()) return {Errc::truncated, "query answer"};
  if (!in.done()) return {Errc::malformed, "octets behind a query answer"};
  if (nat > static_cast<std::uint8_t>(overlay::NatClass::address_dependent)) {
    return {Errc::malformed, "query answer: NAT class"};
  }
  if (answer.name.size() > max_name || answer.version.size() > max_version) {
    return {Errc::malformed, "query answer: text too long"};
  }
  answer.nat = static_cast<overlay::NatClass>(nat);
  return QueryMessage(std::move(answer));
}

Result<QueryMessage> decode_lease_question(ByteReader& in, std::uint64_t id) {
  const ByteSpan request = in.take(in.remaining());
  if (request.empty()) return {Errc::truncated, "lease question"};
  if (request.size() > leasing::LeaseRequest::max_octets) return {Errc::too_large, "lease question"};
  return QueryMessage(LeaseQuestion{id, to_bytes(request)});
}

Result<QueryMessage> decode_lease_reply(ByteReader& in, std::uint64_t id) {
  LeaseReply reply;
  reply.id = id;
  reply.grant = to_bytes(in.take_sized8());
  reply.why = std::string(as_text(in.take_sized8()));
  if (!in.ok()) return {Errc::truncated, "lease reply"};
  if (!in.done()) return {Errc::malformed, "octets behind a lease reply"};
  if (reply.why.size() > LeaseReply::max_why) return {Errc::malformed, "lease reply: text too long"};
  return QueryMessage(std::move(reply));
}

}  // namespace

std::uint64_t number_of(const QueryMessage& message) {
  return std::visit([](const auto& one) { return one.id; }, message);
}

bool is_answer(const QueryMessage& message) {
  return std::holds_alternative<QueryAnswer>(message) || std::holds_alternative<LeaseReply>(message);
}

Result<QueryMessage> decode_query_message(ByteSpan octets) {
  ByteReader in(octets);
  const auto type = in.read<std::uint8_t>();
  const auto id = in.read<std::uint64_t>();
  if (!in.ok()) return {Errc::truncated, "query message"};
  switch (static_cast<MessageType>(type)) {
    case MessageType::query:
      if (!in.done()) return {Errc::malformed, "octets behind a query"};
      return QueryMessage(Query{id});
    case MessageType::answer: return decode_answer(in, id);
    case MessageType::lease_question: return decode_lease_question(in, id);
    case MessageType::lease_reply: return decode_lease_reply(in, id);
  }
  return {Errc::unsupported, "query message type"};
}

void encode(const QueryMessage& message, Bytes& out) {
  ByteWriter writer(out);
  std::visit(Overloaded{
                 [&](const Query& query) {
                   writer.write(static_cast<std::uint8_t>(MessageType::query));
                   writer.write(query.id);
                 },
                 [&](const QueryAnswer& answer) {
                   writer.write(static_cast<std::uint8_t>(MessageType::answer));
                   writer.write(answer.id);
                   writer.write(answer.address.value());
                   writer.write(static_cast<std::uint8_t>(answer.nat));
                   writer.write(answer.links);
                   const auto after = std::clamp<std::int64_t>(answer.address_after.count(), 0, UINT32_MAX);
                   writer.write(static_cast<std::uint32_t>(after));
                   write_text(writer, answer.name, max_name);
                   write_text(writer, answer.version, max_version);
                   const std::size_t count = std::min(answer.known.size(), QueryAnswer::max_known);
                   writer.write(static_cast<std::uint8_t>(count));
                   for (std::size_t i = 0; i < count; ++i)
                     writer.write(answer.known[i].octets());
                 },
                 [&](const LeaseQuestion& question) {
                   writer.write(static_cast<std::uint8_t>(MessageType::lease_question));
                   writer.write(question.id);
                   writer.write(ByteSpan(question.request));
                 },
                 [&](const LeaseReply& reply) {
                   writer.write(static_cast<std::uint8_t>(MessageType::lease_reply));
                   writer.write(reply.id);
                   writer.write_sized8(ByteSpan(reply.grant));
                   write_text(writer, reply.why, LeaseReply::max_why);
                 },
             },
             message);
}

Bytes encoded(const QueryMessage& message) {
  Bytes out;
  encode(message, out);
  return out;
}

}  // namespace ipop::node
