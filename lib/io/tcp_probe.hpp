#pragma once

#include <cstdint>
#include <set>

#include "base/time.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::io {

/// Which of these hosts take a TCP connection on `port` before `limit` is over. For tools: it waits. Nothing
/// is sent; the connections are closed at once.
std::set<net::Ipv4Address> hosts_that_answer(const std::set<net::Ipv4Address>& hosts, std::uint16_t port,
                                             Duration limit);

}  // namespace ipop::io
