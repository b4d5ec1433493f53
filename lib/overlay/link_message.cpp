#include "overlay/link_message.hpp"

#include <algorithm>

#include "base/machine.hpp"
#include "overlay/packet.hpp"

namespace ipop::overlay {
namespace {

enum class Type : std::uint8_t {
  status = 1,
  status_ack = 2,
  ping = 3,
  pong = 4,
  select = 5,
  close = 6,
  unreachable = 7,
  list_number = 8,
  list_request = 9,
  list_piece = 10,
  probe = 11,
  probe_echo = 12,
  carried = 13,
  shaped = 14,
  other_instance = 15,
  instance_claim = 16,
};

/// Type octets, number and length of the padding.
constexpr std::size_t probe_head = 8;

void encode_observed(const std::optional<net::Endpoint>& observed, ByteWriter& out) {
  if (observed) {
    net::encode(*observed, out);
  } else {
    out.write(std::uint8_t{0});
  }
}

/// A family octet of 0 stands for no endpoint. False when the family is unknown.
bool decode_observed(ByteReader& in, std::optional<net::Endpoint>& observed) {
  ByteReader ahead = in;
  if (ahead.read<std::uint8_t>() == 0) {
    in = ahead;
    observed.reset();
    return true;
  }
  observed = net::decode_endpoint(in);
  return observed.has_value();
}

Result<void> decode_status(ByteReader& in, LinkMessage& out) {
  Status& status = out.emplace<Status>();
  status.instance = in.read<std::uint64_t>();
  status.sequence = in.read<std::uint32_t>();
  const auto roles = in.read<std::uint8_t>();
  const auto nat = in.read<std::uint8_t>();
  status.relay_load = in.read<std::uint8_t>();
  const auto count = in.read<std::uint8_t>();
  if (count > max_listed_neighbours) return {Errc::too_large, "neighbours in a status"};
  status.neighbours.reserve(count);
  for (unsigned i = 0; i < count; ++i)
    status.neighbours.emplace_back(in.take_array<NodeId::size>());
  if (!in.ok()) return {Errc::truncated, "status"};
  if (nat > static_cast<std::uint8_t>(NatClass::address_dependent)) return {Errc::malformed, "NAT class in a status"};
  if ((roles >> status.roles.size()) != 0) return {Errc::malformed, "roles in a status"};
  status.roles = Roles(roles);
  status.nat = static_cast<NatClass>(nat);
  return {};
}

Result<void> decode_close(ByteReader& in, LinkMessage& out) {
  const auto reason = in.read<std::uint8_t>();
  if (!in.ok()) return {Errc::truncated, "close"};
  if (reason < static_cast<std::uint8_t>(CloseReason::leaving) ||
      reason > static_cast<std::uint8_t>(CloseReason::duplicate))
    return {Errc::malformed, "reason of a close"};
  out.emplace<Close>().reason = static_cast<CloseReason>(reason);
  return {};
}

template <class Message>
Result<void> decode_ping(ByteReader& in, LinkMessage& out) {
  Message& probe = out.emplace<Message>();
  probe.id = in.read<std::uint32_t>();
  if (!in.ok() || in.remaining() == 0) return {Errc::truncated, "ping or pong"};
  const bool known_family = decode_observed(in, probe.observed);
  if (!in.ok()) return {Errc::truncated, "endpoint in a ping or pong"};
  if (!known_family) return {Errc::malformed, "endpoint in a ping or pong"};
  return {};
}

template <class Message>
Result<void> decode_probe(ByteReader& in, LinkMessage& out) {
  Message& probe = out.emplace<Message>();
  probe.id = in.read<std::uint32_t>();
  const ByteSpan padding = in.take_sized16();
  if (!in.ok()) return {Errc::truncated, "probe"};
  if (std::ranges::any_of(padding, [](std::byte octet) { return octet != std::byte{0}; }))
    return {Errc::malformed, "padding of a probe"};
  probe.padding = static_cast<std::uint16_t>(padding.size());
  return {};
}

void encode_probe(std::uint32_t id, std::uint16_t padding, ByteWriter& out) {
  out.write(id);
  out.write_sized16(Bytes(padding));
}

Result<void> decode_list_number(ByteReader& in, LinkMessage& out) {
  ListNumber& message = out.emplace<ListNumber>();
  message.number = in.read<std::uint64_t>();
  const auto asks = in.read<std::uint8_t>();
  if (!in.ok()) return {Errc::truncated, "list number"};
  if (asks > 1) return {Errc::malformed, "flag of a list number"};
  message.asks = asks == 1;
  return {};
}

Result<void> decode_list_request(ByteReader& in, LinkMessage& out) {
  ListRequest& message = out.emplace<ListRequest>();
  message.number = in.read<std::uint64_t>();
  message.offset = in.read<std::uint32_t>();
  return {};
}

Result<void> decode_list_piece(ByteReader& in, LinkMessage& out) {
  ListPiece& piece = out.emplace<ListPiece>();
  piece.number = in.read<std::uint64_t>();
  piece.total = in.read<std::uint32_t>();
  piece.offset = in.read<std::uint32_t>();
  piece.octets = to_bytes(in.take_sized16());
  if (!in.ok()) return {Errc::truncated, "piece of a list"};
  if (piece.octets.empty()) return {Errc::malformed, "empty piece of a list"};
  if (piece.total > max_list) return {Errc::too_large, "list"};
  if (piece.offset > piece.total || piece.octets.size() > piece.total - piece.offset) {
    return {Errc::malformed, "piece outside its list"};
  }
  return {};
}

Result<void> decode_instance_claim(ByteReader& in, LinkMessage& out) {
  InstanceClaim& claim = out.emplace<InstanceClaim>();
  const auto passed_on = in.read<std::uint8_t>();
  if (!in.ok() || in.remaining() == 0) return {Errc::truncated, "claim"};
  const bool known_family = decode_observed(in, claim.observed);
  claim.octets = to_bytes(in.take_sized8());
  if (!in.ok()) return {Errc::truncated, "claim"};
  if (passed_on > 1 || !known_family || claim.octets.empty()) return {Errc::malformed, "claim"};
  claim.passed_on = passed_on == 1;
  return {};
}

Result<void> decode_body(Type type, ByteReader& in, LinkMessage& out) {
  switch (type) {
    case Type::status: return decode_status(in, out);
    case Type::status_ack: out.emplace<StatusAck>().sequence = in.read<std::uint32_t>(); return {};
    case Type::ping: return decode_ping<Ping>(in, out);
    case Type::pong: return decode_ping<Pong>(in, out);
    case Type::select: out.emplace<Select>(); return {};
    case Type::close: return decode_close(in, out);
    case Type::unreachable: out.emplace<Unreachable>().peer = NodeId(in.take_array<NodeId::size>()); return {};
    case Type::list_number: return decode_list_number(in, out);
    case Type::list_request: return decode_list_request(in, out);
    case Type::list_piece: return decode_list_piece(in, out);
    case Type::probe: return decode_probe<Probe>(in, out);
    case Type::probe_echo: return decode_probe<ProbeEcho>(in, out);
    case Type::carried: {
      Carried& carried = out.emplace<Carried>();
      carried.id = in.read<std::uint32_t>();
      carried.octets = in.read<std::uint16_t>();
      return {};
    }
    case Type::shaped: {
      Shaped& shaped = out.emplace<Shaped>();
      shaped.other = NodeId(in.take_array<NodeId::size>());
      shaped.delayed = in.read<std::uint32_t>();
      shaped.dropped = in.read<std::uint32_t>();
      shaped.kib_a_second = in.read<std::uint32_t>();
      return {};
    }
    case Type::other_instance: out.emplace<OtherInstance>().instance = in.read<std::uint64_t>(); return {};
    case Type::instance_claim: return decode_instance_claim(in, out);
  }
  return {Errc::unsupported, "type of a link message"};
}

/// Not inlined: g++ 12 takes the alternatives that a moved variant does not hold for uninitialized.
[[gnu::noinline]] Result<LinkMessage> decoded(LinkMessage&& message) {
  return {std::move(message)};
}

}  // namespace

std::string_view to_string(CloseReason reason) {
  switch (reason) {
    case CloseReason::leaving: return "the peer leaves";
    case CloseReason::unneeded: return "nobody needs the link";
    case CloseReason::full: return "the peer has enough links";
    case CloseReason::duplicate: return "the peer closed this path";
  }
  return "?";
}

Probe make_probe(std::uint32_t id, std::size_t octets) {
  return {id, static_cast<std::uint16_t>(std::max(octets, probe_head) - probe_head)};
}

std::size_t probe_octets(const Probe& probe) {
  return probe_head + probe.padding;
}

Result<LinkMessage> decode_link_message(ByteSpan payload) {
  ByteReader in(payload);
  const auto first = in.read<std::uint8_t>();
  const auto type = in.read<std::uint8_t>();
  if (!in.ok()) return {Errc::truncated, "link message"};
  if (first != static_cast<std::uint8_t>(LinkPayload::link_message)) return {Errc::unsupported, "not a link message"};
  LinkMessage message;
  if (auto body = decode_body(static_cast<Type>(type), in, message); !body) return std::move(body).error();
  if (!in.ok()) return {Errc::truncated, "link message"};
  if (!in.done()) return {Errc::malformed, "octets behind a link message"};
  return decoded(std::move(message));
}

void encode(const LinkMessage& message, Bytes& octets) {
  ByteWriter out(octets);
  out.write(static_cast<std::uint8_t>(LinkPayload::link_message));
  const auto type = [&](Type value) { out.write(static_cast<std::uint8_t>(value)); };
  std::visit(Overloaded{[&](const Status& status) {
                          type(Type::status);
                          out.write(status.instance);
                          out.write(status.sequence);
                          out.write(static_cast<std::uint8_t>(status.roles.to_ulong()));
                          out.write(static_cast<std::uint8_t>(status.nat));
                          out.write(status.relay_load);
                          out.write(static_cast<std::uint8_t>(status.neighbours.size()));
                          for (const NodeId& id : status.neighbours)
                            out.write(id.octets());
                        },
                        [&](const StatusAck& ack) {
                          type(Type::status_ack);
                          out.write(ack.sequence);
                        },
                        [&](const Ping& ping) {
                          type(Type::ping);
                          out.write(ping.id);
                          encode_observed(ping.observed, out);
                        },
                        [&](const Pong& pong) {
                          type(Type::pong);
                          out.write(pong.id);
                          encode_observed(pong.observed, out);
                        },
                        [&](const Select&) { type(Type::select); },
                        [&](const Close& close) {
                          type(Type::close);
                          out.write(static_cast<std::uint8_t>(close.reason));
                        },
                        [&](const Unreachable& unreachable) {
                          type(Type::unreachable);
                          out.write(unreachable.peer.octets());
                        },
                        [&](const ListNumber& list) {
                          type(Type::list_number);
                          out.write(list.number);
                          out.write(static_cast<std::uint8_t>(list.asks ? 1 : 0));
                        },
                        [&](const ListRequest& request) {
                          type(Type::list_request);
                          out.write(request.number);
                          out.write(request.offset);
                        },
                        [&](const ListPiece& piece) {
                          type(Type::list_piece);
                          out.write(piece.number);
                          out.write(piece.total);
                          out.write(piece.offset);
                          out.write_sized16(piece.octets);
                        },
                        [&](const Probe& probe) {
                          type(Type::probe);
                          encode_probe(probe.id, probe.padding, out);
                        },
                        [&](const ProbeEcho& echo) {
                          type(Type::probe_echo);
                          encode_probe(echo.id, echo.padding, out);
                        },
                        [&](const Carried& carried) {
                          type(Type::carried);
                          out.write(carried.id);
                          out.write(carried.octets);
                        },
                        [&](const Shaped& shaped) {
                          type(Type::shaped);
                          out.write(shaped.other.octets());
                          out.write(shaped.delayed);
                          out.write(shaped.dropped);
                          out.write(shaped.kib_a_second);
                        },
                        [&](const OtherInstance& other) {
                          type(Type::other_instance);
                          out.write(other.instance);
                        },
                        [&](const InstanceClaim& claim) {
                          type(Type::instance_claim);
                          out.write(static_cast<std::uint8_t>(claim.passed_on ? 1 : 0));
                          encode_observed(claim.observed, out);
                          out.write_sized8(claim.octets);
                        }},
             message);
}

}  // namespace ipop::overlay
