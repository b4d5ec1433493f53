#pragma once

// DHCP messages (RFC 2131, figure 1) with the options of RFC 2132:
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +---------------+---------------+---------------+---------------+
//   |     op (1)    |   htype (1)   |   hlen (1)    |   hops (1)    |
//   +---------------+---------------+---------------+---------------+
//   |                            xid (4)                            |
//   +-------------------------------+-------------------------------+
//   |           secs (2)            |           flags (2)           |
//   +-------------------------------+-------------------------------+
//   |                          ciaddr  (4)                          |
//   |                          yiaddr  (4)                          |
//   |                          siaddr  (4)                          |
//   |                          giaddr  (4)                          |
//   |                          chaddr  (16)                         |
//   |                          sname   (64)                         |
//   |                          file    (128)                        |
//   +---------------------------------------------------------------+
//   |          cookie 99.130.83.99, then options (variable)         |
//   +---------------------------------------------------------------+

#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "net/dhcp_options.hpp"
#include "net/ipv4_address.hpp"
#include "net/mac_address.hpp"

namespace ipop::net {

enum class BootpOperation : std::uint8_t { request = 1, reply = 2 };

struct DhcpMessage {
  static constexpr std::uint32_t cookie = 0x63825363;  // RFC 2131, 3
  static constexpr std::size_t min_size = 300;         // RFC 1542, 2.1: clients drop shorter ones
  static constexpr std::size_t fixed_size = 240;       // up to and with the cookie

  BootpOperation op = BootpOperation::request;
  std::uint8_t hops = 0;
  std::uint32_t xid = 0;
  std::uint16_t secs = 0;
  bool broadcast = false;  ///< the top bit of flags; the others must be zero and are ignored
  Ipv4Address ciaddr{};
  Ipv4Address yiaddr{};
  Ipv4Address siaddr{};
  Ipv4Address giaddr{};
  MacAddress chaddr{};  ///< htype 1, hlen 6: the only hardware a TAP has
  std::string sname{};  ///< up to the first zero octet; empty when the field held options
  std::string file{};   ///< likewise
  DhcpOptions options{};

  friend bool operator==(const DhcpMessage&, const DhcpMessage&) = default;
};

/// Reads a UDP payload; octets after the end option are padding. Options in `file` and `sname`
/// (option 52) are joined to the others, and parts of one option to each other (RFC 3396).
///
/// Errors: `truncated`; `malformed` for op, cookie, a missing end option or a length that
/// contradicts RFC 2132; `unsupported` for hardware other than Ethernet.
Result<DhcpMessage> decode_dhcp(ByteSpan payload);

/// Writes a message in the order of its options, padded to 300 octets.
///
/// `max_message_size` is option 57 of the receiver, or the MTU where that is smaller: the IP datagram
/// it takes, so 28 octets more than the message. Options that don't fit go to `file` and `sname` where these are free.
/// Error: `too_large` when that is not enough, or when sname or file is longer than its field; then nothing is written.
Result<void> encode(const DhcpMessage& message, Bytes& out, std::size_t max_message_size = 576);

}  // namespace ipop::net
