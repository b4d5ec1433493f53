#pragma once

// Bit positions of DNS messages that reading and writing share; no other file needs it.

#include <cstddef>
#include <cstdint>

namespace ipop::net::dns_wire {

// Header flags (RFC 1035, 4.1.1; AD and CD: RFC 4035, 3).
inline constexpr unsigned flag_qr = 0x8000;
inline constexpr unsigned flag_aa = 0x0400;
inline constexpr unsigned flag_tc = 0x0200;
inline constexpr unsigned flag_rd = 0x0100;
inline constexpr unsigned flag_ra = 0x0080;
inline constexpr unsigned flag_ad = 0x0020;
inline constexpr unsigned flag_cd = 0x0010;
inline constexpr unsigned opcode_shift = 11;
inline constexpr unsigned max_header_rcode = 15;

// The TTL field of OPT (RFC 6891, 6.1.3): extended RCODE, version, DO, zeros.
inline constexpr unsigned edns_rcode_shift = 24;
inline constexpr unsigned edns_version_shift = 16;
inline constexpr std::uint32_t edns_flag_do = 0x8000;

}  // namespace ipop::net::dns_wire
