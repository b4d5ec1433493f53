#include "io/udp_port.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include "io/socket_address.hpp"

namespace ipop::io {

namespace {

// The kernel's: UDP_MAX_SEGMENTS is 64 before Linux 6.9 and 128 after.
constexpr std::size_t max_segments = 64;
constexpr std::size_t max_segmented_octets = 65'000;

// Ours. A GRO buffer holds up to 64 KiB; eight of them are more than one round of the loop can use.
constexpr std::size_t receive_messages = 8;
constexpr std::size_t receive_octets = 65'536;
constexpr std::size_t send_messages = 64;
// With the kernel's default of 208 KiB a burst of one TCP window is lost before we wake up.
constexpr int socket_buffer = 4 << 20;
constexpr int any_port_attempts = 16;

struct alignas(cmsghdr) ControlBuffer {
  std::array<char, CMSG_SPACE(sizeof(int))> octets{};
};

/// Asks with the privilege first; without it the system's limit (net.core.rmem_max) holds.
void grow_buffers(int fd) {
  if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &socket_buffer, sizeof(socket_buffer)) != 0)
    (void)::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &socket_buffer, sizeof(socket_buffer));
  if (::setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &socket_buffer, sizeof(socket_buffer)) != 0)
    (void)::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &socket_buffer, sizeof(socket_buffer));
}

Result<UniqueFd> open_socket(UdpPort::Family family, std::uint16_t port) {
  const bool v4 = family == UdpPort::Family::ipv4;
  UniqueFd fd(::socket(v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const std::string context = "UDP port " + std::to_string(port);
  if (!fd) return last_error(context);
  const int on = 1;
  const int no_discovery = v4 ? IP_PMTUDISC_DONT : IPV6_PMTUDISC_DONT;
  if (v4) {
    (void)::setsockopt(fd.get(), IPPROTO_IP, IP_MTU_DISCOVER, &no_discovery, sizeof(no_discovery));
  } else {
    if (::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0) return last_error(context);
    (void)::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_MTU_DISCOVER, &no_discovery, sizeof(no_discovery));
  }
  grow_buffers(fd.get());
  (void)::setsockopt(fd.get(), SOL_UDP, UDP_GRO, &on, sizeof(on));
  const net::Endpoint any = v4 ? net::Endpoint{net::Ipv4Address(), port} : net::Endpoint{net::Ipv6Address{}, port};
  const SocketAddress address = to_socket_address(any);
  if (::bind(fd.get(), address.get(), address.length) != 0) return last_error(context);
  return fd;
}

std::uint16_t bound_port(const UniqueFd& fd) {
  SocketAddress address;
  address.length = sizeof(address.storage);
  if (::getsockname(fd.get(), address.get(), &address.length) != 0) return 0;
  const auto endpoint = to_endpoint(address.get());
  return endpoint ? endpoint->port : 0;
}

std::size_t segment_size(msghdr& header) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != SOL_UDP || c->cmsg_type != UDP_GRO) continue;
    int size = 0;
    std::memcpy(&size, CMSG_DATA(c), sizeof(size));
    return size > 0 ? static_cast<std::size_t>(size) : 0;
  }
  return 0;
}

iovec to_iovec(const Bytes& octets) {
  // sendmsg(2) only reads, but its type is not const.
  return {const_cast<std::byte*>(octets.data()), octets.size()};
}

}  // namespace

struct UdpPort::Buffers {
  // Not cleared: pages that no datagram touches cost no memory.
  std::unique_ptr<std::byte[]> octets{new std::byte[receive_messages * receive_octets]};
  std::array<ControlBuffer, receive_messages> controls{};
  std::array<sockaddr_storage, receive_messages> sources{};
  std::array<iovec, receive_messages> vectors{};
  std::array<mmsghdr, receive_messages> headers{};
};

UdpPort::UdpPort() : buffers_(std::make_unique<Buffers>()) {}
UdpPort::UdpPort(UdpPort&&) noexcept = default;
UdpPort& UdpPort::operator=(UdpPort&&) noexcept = default;
UdpPort::~UdpPort() = default;

Result<UdpPort> UdpPort::open(std::uint16_t port) {
  const int attempts = port == 0 ? any_port_attempts : 1;
  for (int attempt = 1;; ++attempt) {
    auto v4 = open_socket(Family::ipv4, port);
    if (!v4) return std::move(v4).error();
    UdpPort out;
    out.port_ = bound_port(*v4);
    out.ipv4_ = *std::move(v4);
    auto v6 = open_socket(Family::ipv6, out.port_);
    const bool taken = !v6 && v6.error().code == std::errc::address_in_use;
    if (taken && attempt < attempts) continue;
    if (v6) out.ipv6_ = *std::move(v6);
    return out;
  }
}

std::span<const UdpPort::Datagram> UdpPort::receive(Family family) {
  received_.clear();
  const int fd = socket_of(family).get();
  if (fd < 0) return {};
  Buffers& b = *buffers_;
  for (std::size_t i = 0; i < receive_messages; ++i) {
    b.vectors[i] = {b.octets.get() + i * receive_octets, receive_octets};
    msghdr& header = b.headers[i].msg_hdr;
    header = {};
    header.msg_name = &b.sources[i];
    header.msg_namelen = sizeof(b.sources[i]);
    header.msg_iov = &b.vectors[i];
    header.msg_iovlen = 1;
    header.msg_control = b.controls[i].octets.data();
    header.msg_controllen = b.controls[i].octets.size();
  }
  int count = -1;
  do {
    count = ::recvmmsg(fd, b.headers.data(), receive_messages, MSG_DONTWAIT, nullptr);
  } while (count < 0 && errno == EINTR);
  for (std::size_t i = 0; count > 0 && i < static_cast<std::size_t>(count); ++i) {
    mmsghdr& message = b.headers[i];
    const auto from = to_endpoint(reinterpret_cast<const sockaddr*>(&b.sources[i]));
    if (!from || (message.msg_hdr.msg_flags & MSG_TRUNC) != 0) {
      counters_.add("drop_udp_too_long");
      continue;
    }
    const ByteSpan octets(b.octets.get() + i * receive_octets, message.msg_len);
    split_segments(*from, octets, segment_size(message.msg_hdr), received_);
  }
  counters_.add("udp_received", received_.size());
  return received_;
}

void UdpPort::send(const net::Endpoint& to, std::span<const Bytes> datagrams) {
  const int fd = socket_of(to.is_ipv4() ? Family::ipv4 : Family::ipv6).get();
  if (fd < 0) {
    counters_.add("drop_udp_no_ipv6", datagrams.size());
    return;
  }
  while (!datagrams.empty()) {
    const std::size_t run = can_segment_ ? segment_run(datagrams) : 1;
    std::size_t done = 0;
    if (run > 1) done = send_segmented(fd, to, datagrams.first(run));
    if (done == 0) {
      // Up to the next run that is worth a segmented call, or all that is left.
      const std::size_t count = run > 1 || can_segment_ ? run : std::min(datagrams.size(), send_messages);
      done = send_each(fd, to, datagrams.first(count));
    }
    datagrams = datagrams.subspan(done);
  }
}

/// The number of datagrams dealt with; 0 when they must be sent one by one.
std::size_t UdpPort::send_segmented(int fd, const net::Endpoint& to, std::span<const Bytes> datagrams) {
  SocketAddress address = to_socket_address(to);
  std::array<iovec, max_segments> vectors{};
  for (std::size_t i = 0; i < datagrams.size(); ++i)
    vectors[i] = to_iovec(datagrams[i]);
  ControlBuffer control;
  msghdr header{};
  header.msg_name = address.get();
  header.msg_namelen = address.length;
  header.msg_iov = vectors.data();
  header.msg_iovlen = datagrams.size();
  header.msg_control = control.octets.data();
  header.msg_controllen = CMSG_SPACE(sizeof(std::uint16_t));
  cmsghdr* message = CMSG_FIRSTHDR(&header);
  message->cmsg_level = SOL_UDP;
  message->cmsg_type = UDP_SEGMENT;
  message->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
  const auto size = static_cast<std::uint16_t>(datagrams.front().size());
  std::memcpy(CMSG_DATA(message), &size, sizeof(size));
  ssize_t sent = -1;
  do {
    sent = ::sendmsg(fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) {
    counters_.add("udp_sent", datagrams.size());
    return datagrams.size();
  }
  const int error = errno;
  // EIO: the device has no checksum offload. EINVAL, EMSGSIZE: a segment is above the path's MTU,
  // which single datagrams get over in fragments.
  if (error == EIO || error == ENOPROTOOPT || error == EOPNOTSUPP) can_segment_ = false;
  if (error == EIO || error == ENOPROTOOPT || error == EOPNOTSUPP || error == EINVAL || error == EMSGSIZE) return 0;
  for (std::size_t i = 0; i < datagrams.size(); ++i)
    count_failure(error);
  return datagrams.size();
}

/// The number of datagrams dealt with: at least one.
std::size_t UdpPort::send_each(int fd, const net::Endpoint& to, std::span<const Bytes> datagrams) {
  SocketAddress address = to_socket_address(to);
  std::array<iovec, send_messages> vectors{};
  std::array<mmsghdr, send_messages> headers{};
  const std::size_t count = std::min(datagrams.size(), send_messages);
  for (std::size_t i = 0; i < count; ++i) {
    vectors[i] = to_iovec(datagrams[i]);
    headers[i].msg_hdr.msg_name = address.get();
    headers[i].msg_hdr.msg_namelen = address.length;
    headers[i].msg_hdr.msg_iov = &vectors[i];
    headers[i].msg_hdr.msg_iovlen = 1;
  }
  int sent = -1;
  do {
    sent = ::sendmmsg(fd, headers.data(), static_cast<unsigned>(count), MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent > 0) {
    counters_.add("udp_sent", static_cast<std::uint64_t>(sent));
    return static_cast<std::size_t>(sent);
  }
  count_failure(errno);
  return 1;
}

void UdpPort::count_failure(int error) {
  switch (error) {
    case EAGAIN:
    case ENOBUFS: counters_.add("drop_udp_buffer_full"); break;
    case ENETUNREACH:
    case EHOSTUNREACH: counters_.add("drop_udp_unreachable"); break;
    case EPERM:
    case EACCES: counters_.add("drop_udp_firewall"); break;
    case EMSGSIZE: counters_.add("drop_udp_too_long"); break;
    default: counters_.add("drop_udp_send_failed"); break;
  }
}

std::size_t segment_run(std::span<const Bytes> datagrams) {
  if (datagrams.empty()) return 0;
  const std::size_t size = datagrams.front().size();
  std::size_t count = 1;
  std::size_t octets = size;
  while (count < datagrams.size() && count < max_segments) {
    const std::size_t next = datagrams[count].size();
    if (size == 0 || next == 0 || next > size || octets + next > max_segmented_octets) break;
    octets += next;
    ++count;
    if (next < size) break;
  }
  return count;
}

void split_segments(const net::Endpoint& from, ByteSpan octets, std::size_t segment,
                    std::vector<UdpPort::Datagram>& out) {
  if (segment == 0) segment = octets.size();
  do {
    const std::size_t size = std::min(segment, octets.size());
    out.push_back({from, octets.first(size)});
    octets = octets.subspan(size);
  } while (!octets.empty());
}

}  // namespace ipop::io
