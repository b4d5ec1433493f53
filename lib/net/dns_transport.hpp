#pragma once

namespace ipop::net {

/// How a DNS message travels: as one datagram, or behind its length on a stream (RFC 7766).
enum class DnsTransport { udp, tcp };

}  // namespace ipop::net
