#include "net/icmp.hpp"

#include <algorithm>

#include "net/checksum.hpp"
#include "net/ipv4.hpp"

namespace ipop::net {
namespace {

constexpr std::size_t icmp_checksum_offset = 2;
constexpr std::size_t error_header_size = 8;
constexpr std::size_t max_error_datagram = 576;          // RFC 1812, 4.3.2.3
constexpr std::uint8_t tos_internetwork_control = 0xc0;  // RFC 1812, 4.3.2.5

bool is_error(IcmpType type) {
  switch (type) {
    case IcmpType::destination_unreachable:
    case IcmpType::source_quench:
    case IcmpType::redirect:
    case IcmpType::time_exceeded:
    case IcmpType::parameter_problem: return true;
    default: return false;
  }
}

bool is_single_host(Ipv4Address address) {
  return !address.is_unspecified() && !address.is_multicast() && !address.is_broadcast() && !address.is_loopback();
}

// RFC 1122, 3.2.2: to what an ICMP error must not be sent.
bool may_be_answered(const Ipv4Packet& packet) {
  if (packet.header.fragment_offset != 0) return false;
  if (!is_single_host(packet.header.source) || !is_single_host(packet.header.destination)) return false;
  if (packet.header.protocol != IpProtocol::icmp) return true;
  return !packet.payload.empty() && !is_error(IcmpType{std::to_integer<std::uint8_t>(packet.payload.front())});
}

}  // namespace

Result<IcmpMessage> decode_icmp(ByteSpan payload) {
  ByteReader in(payload);
  IcmpMessage message;
  message.type = IcmpType{in.read<std::uint8_t>()};
  message.code = in.read<std::uint8_t>();
  in.read<std::uint16_t>();  // the checksum is verified over the whole message
  message.body = in.take_rest();
  if (!in.ok() || message.body.size() < 4) return {Errc::truncated, "ICMP message"};
  if (internet_checksum(payload) != 0) return {Errc::bad_checksum, "ICMP checksum"};
  return message;
}

void encode(const IcmpMessage& message, Bytes& out) {
  const std::size_t start = out.size();
  ByteWriter writer(out);
  writer.write(static_cast<std::uint8_t>(message.type));
  writer.write(message.code);
  writer.write(std::uint16_t{0});
  writer.write(message.body);
  const std::uint16_t checksum = internet_checksum(ByteSpan(out).subspan(start));
  out[start + icmp_checksum_offset] = static_cast<std::byte>(checksum >> 8U);
  out[start + icmp_checksum_offset + 1] = static_cast<std::byte>(checksum & 0xffU);
}

Result<IcmpEcho> decode_icmp_echo(ByteSpan payload) {
  auto message = decode_icmp(payload);
  if (!message) return std::move(message).error();
  if (message->type != IcmpType::echo_request && message->type != IcmpType::echo_reply) {
    return {Errc::unsupported, "ICMP type"};
  }
  if (message->code != 0) return {Errc::malformed, "ICMP echo code"};
  ByteReader in(message->body);
  IcmpEcho echo;
  echo.is_reply = message->type == IcmpType::echo_reply;
  echo.identifier = in.read<std::uint16_t>();
  echo.sequence_number = in.read<std::uint16_t>();
  echo.data = in.take_rest();
  return echo;
}

void encode(const IcmpEcho& echo, Bytes& out) {
  Bytes body;
  ByteWriter writer(body);
  writer.write(echo.identifier);
  writer.write(echo.sequence_number);
  writer.write(echo.data);
  encode(IcmpMessage{echo.is_reply ? IcmpType::echo_reply : IcmpType::echo_request, 0, body}, out);
}

Result<IcmpUnreachable> decode_icmp_unreachable(ByteSpan payload) {
  auto message = decode_icmp(payload);
  if (!message) return std::move(message).error();
  if (message->type != IcmpType::destination_unreachable) return {Errc::unsupported, "ICMP type"};
  ByteReader in(message->body);
  IcmpUnreachable unreachable;
  unreachable.code = UnreachableCode{message->code};
  in.read<std::uint16_t>();  // unused, or the length of RFC 4884 extensions, which are part of `original` here
  const auto mtu = in.read<std::uint16_t>();
  if (unreachable.code == UnreachableCode::fragmentation_needed) unreachable.next_hop_mtu = mtu;
  unreachable.original = in.take_rest();
  return unreachable;
}

void encode(const IcmpUnreachable& unreachable, Bytes& out) {
  Bytes body;
  ByteWriter writer(body);
  writer.write(std::uint16_t{0});
  writer.write(unreachable.code == UnreachableCode::fragmentation_needed ? unreachable.next_hop_mtu : std::uint16_t{0});
  writer.write(unreachable.original);
  encode(IcmpMessage{IcmpType::destination_unreachable, static_cast<std::uint8_t>(unreachable.code), body}, out);
}

std::optional<Bytes> make_unreachable(Ipv4Address reporter, UnreachableCode code, ByteSpan original,
                                      std::uint16_t next_hop_mtu) {
  const auto packet = decode_ipv4(original);
  if (!packet || !may_be_answered(*packet)) return std::nullopt;

  const std::size_t room = max_error_datagram - Ipv4Header::min_size - error_header_size;
  const ByteSpan quoted = original.first(std::min(packet->total_length(), room));
  Bytes icmp;
  encode(IcmpUnreachable{code, next_hop_mtu, quoted}, icmp);

  Ipv4Packet answer;
  answer.header.type_of_service = tos_internetwork_control;
  answer.header.protocol = IpProtocol::icmp;
  answer.header.source = reporter;
  answer.header.destination = packet->header.source;
  answer.payload = icmp;
  Bytes out;
  encode(answer, out);
  return out;
}

std::optional<Bytes> make_fragmentation_needed(Ipv4Address reporter, std::uint16_t mtu, ByteSpan original) {
  return make_unreachable(reporter, UnreachableCode::fragmentation_needed, original, mtu);
}

}  // namespace ipop::net
