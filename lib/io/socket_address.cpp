#include "io/socket_address.hpp"

#include <cstring>

#include "base/machine.hpp"

namespace ipop::io {

SocketAddress to_socket_address(const net::Endpoint& endpoint) {
  SocketAddress out;
  std::visit(Overloaded{
                 [&](const net::Ipv4Address& address) {
                   sockaddr_in in{};
                   in.sin_family = AF_INET;
                   in.sin_port = htons(endpoint.port);
                   in.sin_addr.s_addr = htonl(address.value());
                   std::memcpy(&out.storage, &in, sizeof(in));
                   out.length = sizeof(in);
                 },
                 [&](const net::Ipv6Address& address) {
                   sockaddr_in6 in{};
                   in.sin6_family = AF_INET6;
                   in.sin6_port = htons(endpoint.port);
                   std::memcpy(&in.sin6_addr, address.octets.data(), address.octets.size());
                   std::memcpy(&out.storage, &in, sizeof(in));
                   out.length = sizeof(in);
                 },
             },
             endpoint.address);
  return out;
}

std::optional<net::Endpoint> to_endpoint(const sockaddr* address) {
  net::Endpoint out;
  if (address->sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, address, sizeof(in));
    out.address = net::Ipv4Address(ntohl(in.sin_addr.s_addr));
    out.port = ntohs(in.sin_port);
    return out;
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, address, sizeof(in));
    net::Ipv6Address v6;
    std::memcpy(v6.octets.data(), &in.sin6_addr, v6.octets.size());
    out.address = v6;
    out.port = ntohs(in.sin6_port);
    return out;
  }
  return std::nullopt;
}

}  // namespace ipop::io
