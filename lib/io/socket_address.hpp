#pragma once

#include <netinet/in.h>
#include <optional>
#include <sys/socket.h>

#include "net/endpoint.hpp"

namespace ipop::io {

/// An endpoint in the kernel's form.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

SocketAddress to_socket_address(const net::Endpoint& endpoint);
/// None for a family that is neither IPv4 nor IPv6.
std::optional<net::Endpoint> to_endpoint(const sockaddr* address);

}  // namespace ipop::io
