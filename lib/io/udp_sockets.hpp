#pragma once

#include <cstdint>
#include <vector>

#include "base/result.hpp"
#include "io/unique_fd.hpp"

namespace ipop::io {

enum class UdpFamily { ipv4, ipv6 };

/// A socket that has `port` for itself; 0: any that is free. Don't-fragment is on, and what ICMP says of a path's MTU
/// is not believed. `joins`, whether the kernel is to join datagrams (UDP_GRO), becomes false where it can't.
/// Errors: errno.
Result<UniqueFd> open_udp_socket(UdpFamily family, std::uint16_t port, bool& joins);

/// Opens `number` more of the same port behind the first one, and has the kernel divide what arrives among them, as
/// UdpPort::open says. None where it can't divide: it would deal datagrams out by sender.
void open_udp_doors(std::vector<UniqueFd>& sockets, UdpFamily family, std::uint16_t port, unsigned number, bool& joins);

/// 0: the socket has none.
std::uint16_t bound_port(const UniqueFd& fd);

}  // namespace ipop::io
