#pragma once

// Where the fields of IPv4, TCP and UDP stand (RFC 791, RFC 9293, RFC 768), for who reads and writes single ones in
// packets of others; and numbers in network order.

#include <cstdint>
#include <span>

#include "base/bytes.hpp"

namespace ipop::net {

/// Octets that may be changed in place.
using Octets = std::span<std::byte>;

constexpr std::size_t ethernet_header = 14;

namespace ip {
constexpr std::size_t header = 20;  // without options
constexpr std::size_t type_of_service = 1;
constexpr std::size_t total_length = 2;
constexpr std::size_t identification = 4;
constexpr std::size_t fragment = 6;
constexpr std::size_t time_to_live = 8;
constexpr std::size_t protocol = 9;
constexpr std::size_t checksum = 10;
constexpr std::size_t source = 12;
constexpr std::size_t destination = 16;
constexpr unsigned fragment_bits = 0x3fff;  // more fragments, or an offset
constexpr unsigned tcp = 6;
constexpr unsigned udp = 17;
}  // namespace ip

namespace tcp {
constexpr std::size_t header = 20;  // without options
constexpr std::size_t sequence = 4;
constexpr std::size_t acknowledged = 8;
constexpr std::size_t data_offset = 12;
constexpr std::size_t flags = 13;
constexpr std::size_t window = 14;
constexpr std::size_t checksum = 16;
constexpr std::size_t urgent = 18;
constexpr unsigned fin = 0x01;
constexpr unsigned syn = 0x02;
constexpr unsigned rst = 0x04;
constexpr unsigned psh = 0x08;
constexpr unsigned urg = 0x20;
constexpr unsigned cwr = 0x80;
}  // namespace tcp

namespace udp {
constexpr std::size_t header = 8;
constexpr std::size_t length = 4;
constexpr std::size_t checksum = 6;
}  // namespace udp

inline unsigned octet_at(ByteSpan octets, std::size_t at) {
  return std::to_integer<unsigned>(octets[at]);
}
inline std::uint16_t word_at(ByteSpan octets, std::size_t at) {
  return static_cast<std::uint16_t>(octet_at(octets, at) << 8U | octet_at(octets, at + 1));
}
inline std::uint32_t long_at(ByteSpan octets, std::size_t at) {
  return std::uint32_t{word_at(octets, at)} << 16U | word_at(octets, at + 2);
}
inline void set_octet(Octets octets, std::size_t at, unsigned value) {
  octets[at] = static_cast<std::byte>(value & 0xffU);
}
inline void set_word(Octets octets, std::size_t at, std::size_t value) {
  octets[at] = static_cast<std::byte>((value >> 8U) & 0xffU);
  octets[at + 1] = static_cast<std::byte>(value & 0xffU);
}
inline void set_long(Octets octets, std::size_t at, std::uint32_t value) {
  set_word(octets, at, value >> 16U);
  set_word(octets, at + 2, value & 0xffffU);
}

}  // namespace ipop::net
