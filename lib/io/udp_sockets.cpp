#include "io/udp_sockets.hpp"

#include <array>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string>
#include <sys/socket.h>
#include <utility>

#include "io/socket_address.hpp"
#include "net/endpoint.hpp"

namespace ipop::io {
namespace {

// With the kernel's default of 208 KiB a burst of one TCP window is lost before we wake up.
constexpr int socket_buffer = 4 << 20;

/// Asks with the privilege first; without it the system's limit (net.core.rmem_max) holds.
void grow_buffers(int fd) {
  if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &socket_buffer, sizeof(socket_buffer)) != 0)
    (void)::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &socket_buffer, sizeof(socket_buffer));
  if (::setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &socket_buffer, sizeof(socket_buffer)) != 0)
    (void)::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &socket_buffer, sizeof(socket_buffer));
}

/// The first of a port takes it for itself; those behind it share it.
Result<UniqueFd> open_socket(UdpFamily family, std::uint16_t port, bool shares, bool& joins) {
  const bool v4 = family == UdpFamily::ipv4;
  UniqueFd fd(::socket(v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const std::string context = "UDP port " + std::to_string(port);
  if (!fd) return last_error(context);
  const int on = 1;
  // Don't-fragment, and no belief in what ICMP says of the path: anybody can send that.
  const int discovery = v4 ? IP_PMTUDISC_PROBE : IPV6_PMTUDISC_PROBE;
  if (v4) {
    (void)::setsockopt(fd.get(), IPPROTO_IP, IP_MTU_DISCOVER, &discovery, sizeof(discovery));
  } else {
    if (::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0) return last_error(context);
    (void)::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_MTU_DISCOVER, &discovery, sizeof(discovery));
  }
  grow_buffers(fd.get());
  if (joins) joins = ::setsockopt(fd.get(), SOL_UDP, UDP_GRO, &on, sizeof(on)) == 0;
  if (shares && ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0) return last_error(context);
  const net::Endpoint any = v4 ? net::Endpoint{net::Ipv4Address(), port} : net::Endpoint{net::Ipv6Address{}, port};
  const SocketAddress address = to_socket_address(any);
  if (::bind(fd.get(), address.get(), address.length) != 0) return last_error(context);
  return fd;
}

/// Which of the sockets of a port a datagram is for (Linux socket filter, SO_ATTACH_REUSEPORT_CBPF): the first when the
/// number in its first four octets is even or missing, else one of `doors` behind it.
bool divide(int fd, unsigned doors) {
  std::array<sock_filter, 10> steps = {{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),  // a load behind the end gives 0 to the kernel
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 1),
      BPF_STMT(BPF_MISC | BPF_TAX, 0),
      BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 3),
      BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
      BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, doors),
      BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1),
      BPF_STMT(BPF_RET | BPF_A, 0),
  }};
  const sock_fprog program{steps.size(), steps.data()};
  return ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program)) == 0;
}

}  // namespace

Result<UniqueFd> open_udp_socket(UdpFamily family, std::uint16_t port, bool& joins) {
  return open_socket(family, port, false, joins);
}

void open_udp_doors(std::vector<UniqueFd>& sockets, UdpFamily family, std::uint16_t port, unsigned number,
                    bool& joins) {
  const int on = 1;
  const int off = 0;
  const int first = sockets.front().get();
  // After it was bound, so that no other program's socket was there.
  if (number == 0 || ::setsockopt(first, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0) return;
  while (sockets.size() <= number) {
    auto door = open_socket(family, port, true, joins);
    if (!door) break;
    sockets.push_back(*std::move(door));
  }
  if (sockets.size() == number + 1 && divide(first, number)) return;
  sockets.resize(1);
  (void)::setsockopt(first, SOL_SOCKET, SO_REUSEPORT, &off, sizeof(off));
}

std::uint16_t bound_port(const UniqueFd& fd) {
  SocketAddress address;
  address.length = sizeof(address.storage);
  if (::getsockname(fd.get(), address.get(), &address.length) != 0) return 0;
  const auto endpoint = to_endpoint(address.get());
  return endpoint ? endpoint->port : 0;
}

}  // namespace ipop::io
