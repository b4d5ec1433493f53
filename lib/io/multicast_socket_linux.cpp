#include "io/multicast_socket.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <sys/socket.h>

#include "io/socket_address.hpp"

namespace ipop::io {

namespace {

constexpr net::Ipv4Address group(239, 255, 77, 80);
constexpr std::uint16_t port = 7780;
constexpr std::size_t max_interfaces = 16;
constexpr std::size_t max_batch = 32;
constexpr std::size_t max_octets = 64;

ip_mreqn membership(unsigned interface_index) {
  ip_mreqn out{};
  out.imr_multiaddr.s_addr = htonl(group.value());
  out.imr_ifindex = static_cast<int>(interface_index);
  return out;
}

}  // namespace

Result<MulticastSocket> MulticastSocket::open() {
  UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return last_error("LAN discovery");
  const int on = 1;
  const int off = 0;
  const int ttl = 1;
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  // Only groups that this socket joined: not those of other programs on the host.
  (void)::setsockopt(fd.get(), IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof(off));
  if (::setsockopt(fd.get(), IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof(ttl)) != 0) return last_error("LAN discovery");
  const SocketAddress address = to_socket_address({group, port});
  if (::bind(fd.get(), address.get(), address.length) != 0) return last_error("LAN discovery");
  return MulticastSocket(std::move(fd));
}

void MulticastSocket::set_interfaces(std::span<const InterfaceAddress> addresses, const UnderlayRules& rules) {
  std::vector<unsigned> wanted;
  for (const InterfaceAddress& entry : addresses) {
    const auto* v4 = std::get_if<net::Ipv4Address>(&entry.address);
    if (v4 == nullptr || entry.is_loopback() || !is_underlay(entry, rules)) continue;
    if (wanted.size() < max_interfaces && std::ranges::find(wanted, entry.index) == wanted.end())
      wanted.push_back(entry.index);
  }
  for (const unsigned index : interfaces_) {
    if (std::ranges::find(wanted, index) != wanted.end()) continue;
    const ip_mreqn request = membership(index);
    (void)::setsockopt(socket_.get(), IPPROTO_IP, IP_DROP_MEMBERSHIP, &request, sizeof(request));
  }
  // Joining again what is joined fails with EADDRINUSE; what came back after it was down is new.
  for (const unsigned index : wanted) {
    const ip_mreqn request = membership(index);
    (void)::setsockopt(socket_.get(), IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof(request));
  }
  interfaces_ = std::move(wanted);
}

void MulticastSocket::send(ByteSpan octets) {
  const SocketAddress address = to_socket_address({group, port});
  for (const unsigned index : interfaces_) {
    const ip_mreqn request = membership(index);
    if (::setsockopt(socket_.get(), IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof(request)) != 0) continue;
    (void)::sendto(socket_.get(), octets.data(), octets.size(), MSG_DONTWAIT | MSG_NOSIGNAL, address.get(),
                   address.length);
  }
}

std::vector<MulticastSocket::Datagram> MulticastSocket::receive() {
  std::vector<Datagram> out;
  for (std::size_t i = 0; i < max_batch; ++i) {
    std::array<std::byte, max_octets> block{};
    SocketAddress from;
    from.length = sizeof(from.storage);
    const ssize_t got = ::recvfrom(socket_.get(), block.data(), block.size(), MSG_DONTWAIT, from.get(), &from.length);
    if (got < 0) break;
    const auto endpoint = to_endpoint(from.get());
    if (endpoint) out.push_back({*endpoint, to_bytes(ByteSpan(block).first(static_cast<std::size_t>(got)))});
  }
  return out;
}

}  // namespace ipop::io
