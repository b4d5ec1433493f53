#pragma once

#include "base/result.hpp"
#include "io/unique_fd.hpp"
#include "net/endpoint.hpp"

namespace ipop::io {

/// A socket of the type SOCK_DGRAM, or SOCK_STREAM that listens, without blocking, on this address of the host.
Result<UniqueFd> open_dns_socket(const net::Endpoint& address, int type);
/// Where it is bound, with the port that the kernel chose.
Result<net::Endpoint> address_of_socket(int socket);

}  // namespace ipop::io
