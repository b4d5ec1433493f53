#pragma once

// ICMP (RFC 792); next-hop MTU of "fragmentation needed": RFC 1191, 4.
//
//   0      1      2          4               8
//   +------+------+----------+---------------+--------------------------
//   | type | code | checksum | echo: id, seq | echo: data
//   |      |      |          | error: 0, MTU | error: header + 8 octets or more
//   +------+------+----------+---------------+--------------------------

#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::net {

/// Numbers without a name are kept.
enum class IcmpType : std::uint8_t {
  echo_reply = 0,
  destination_unreachable = 3,
  source_quench = 4,
  redirect = 5,
  echo_request = 8,
  time_exceeded = 11,
  parameter_problem = 12,
};

/// Codes of destination unreachable (RFC 792; RFC 1122, 3.2.2.1).
enum class UnreachableCode : std::uint8_t {
  net = 0,
  host = 1,
  protocol = 2,
  port = 3,
  fragmentation_needed = 4,
  administratively_prohibited = 13,  // RFC 1812, 5.2.7.1
};

/// Any ICMP message: type, code, and a view of what follows the checksum (4 octets at least).
struct IcmpMessage {
  IcmpType type{};
  std::uint8_t code = 0;
  ByteSpan body{};
};

/// Checks length and checksum. Errors: `truncated`, `bad_checksum`.
Result<IcmpMessage> decode_icmp(ByteSpan payload);
void encode(const IcmpMessage& message, Bytes& out);

struct IcmpEcho {
  bool is_reply = false;
  std::uint16_t identifier = 0;
  std::uint16_t sequence_number = 0;
  ByteSpan data{};
};

/// Errors: those of decode_icmp; `unsupported` for another type, `malformed` for a code other than 0.
Result<IcmpEcho> decode_icmp_echo(ByteSpan payload);
void encode(const IcmpEcho& echo, Bytes& out);

struct IcmpUnreachable {
  UnreachableCode code = UnreachableCode::host;
  std::uint16_t next_hop_mtu = 0;  ///< octets; only of fragmentation needed, else 0
  ByteSpan original{};             ///< the start of the datagram that was not delivered
};

/// Errors: those of decode_icmp; `unsupported` for another type.
Result<IcmpUnreachable> decode_icmp_unreachable(ByteSpan payload);
void encode(const IcmpUnreachable& unreachable, Bytes& out);

/// A whole IPv4 datagram from `reporter` to the sender of `original`, at most 576 octets long
/// (RFC 1812, 4.3.2.3).
///
/// None where RFC 1122, 3.2.2 forbids an answer: `original` is not IPv4, is an ICMP error, is a
/// fragment other than the first, or its addresses are not of single hosts.
[[nodiscard]] std::optional<Bytes> make_unreachable(Ipv4Address reporter, UnreachableCode code, ByteSpan original,
                                                    std::uint16_t next_hop_mtu = 0);

/// "Send packets of at most `mtu` octets": make_unreachable with RFC 1191's code and MTU.
[[nodiscard]] std::optional<Bytes> make_fragmentation_needed(Ipv4Address reporter, std::uint16_t mtu,
                                                             ByteSpan original);

}  // namespace ipop::net
