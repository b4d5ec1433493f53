#include "io/udp_port.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "io/socket_address.hpp"
#include "io/udp_sockets.hpp"

namespace ipop::io {

namespace {

// Ours. A GRO buffer holds up to 64 KiB; eight of them are more than one round of the loop can use.
constexpr std::size_t receive_messages = 8;
constexpr std::size_t receive_octets = 65'536;
constexpr std::size_t send_messages = 64;
constexpr std::size_t max_runs = 16;
constexpr int any_port_attempts = 16;

/// EIO: the device has no checksum offload. EINVAL, EMSGSIZE: a segment is above the interface's MTU; apart, those that
/// fit leave.
bool goes_apart(int error) {
  return error == EIO || error == ENOPROTOOPT || error == EOPNOTSUPP || error == EINVAL || error == EMSGSIZE;
}

std::size_t count_of(const net::Datagrams& run) {
  return run.segment == 0 ? 1 : (run.octets.size() + run.segment - 1) / run.segment;
}

iovec to_iovec(const Bytes& octets) {
  // sendmsg(2) only reads, but its type is not const.
  return {const_cast<std::byte*>(octets.data()), octets.size()};
}

}  // namespace

struct UdpPort::Buffers {
  // Not cleared: pages that no datagram touches cost no memory.
  std::unique_ptr<std::byte[]> octets{new std::byte[receive_messages * receive_octets]};
  std::array<SegmentControl, receive_messages> controls{};
  std::array<sockaddr_storage, receive_messages> sources{};
  std::array<iovec, receive_messages> vectors{};
  std::array<mmsghdr, receive_messages> headers{};
};

UdpPort::UdpPort() : buffers_(std::make_unique<Buffers>()) {}
UdpPort::UdpPort(UdpPort&&) noexcept = default;
UdpPort& UdpPort::operator=(UdpPort&&) noexcept = default;
UdpPort::~UdpPort() = default;

Result<UdpPort> UdpPort::open(std::uint16_t port, const Offloads& wanted, unsigned doors) {
  const int attempts = port == 0 ? any_port_attempts : 1;
  for (int attempt = 1;; ++attempt) {
    UdpPort out;
    out.cuts_ = RefusedOffload(wanted.cuts);
    out.joins_ = wanted.joins;
    auto v4 = open_udp_socket(Family::ipv4, port, out.joins_);
    if (!v4) return std::move(v4).error();
    out.port_ = bound_port(*v4);
    out.ipv4_.push_back(*std::move(v4));
    auto v6 = open_udp_socket(Family::ipv6, out.port_, out.joins_);
    const bool taken = !v6 && v6.error().code == std::errc::address_in_use;
    if (taken && attempt < attempts) continue;
    open_udp_doors(out.ipv4_, Family::ipv4, out.port_, doors, out.joins_);
    if (v6) {
      out.ipv6_.push_back(*std::move(v6));
      open_udp_doors(out.ipv6_, Family::ipv6, out.port_, doors, out.joins_);
    }
    return out;
  }
}

std::vector<UdpPort> UdpPort::give_doors(unsigned hands) {
  std::vector<UdpPort> out;
  const bool is_divided = ipv4_.size() > hands && (ipv6_.empty() || ipv6_.size() > hands);
  if (!is_divided) return out;
  for (unsigned hand = 1; hand < hands; ++hand) {
    UdpPort& port = out.emplace_back(UdpPort());
    port.port_ = port_;
    port.cuts_ = cuts_;
    port.joins_ = joins_;
  }
  for (auto sockets : {&UdpPort::ipv4_, &UdpPort::ipv6_}) {
    std::vector<UniqueFd> kept;
    for (std::size_t i = 0; i < (this->*sockets).size(); ++i) {
      const std::size_t hand = i == 0 ? 0 : (i - 1) % hands;
      (hand == 0 ? kept : out[hand - 1].*sockets).push_back(std::move((this->*sockets)[i]));
    }
    this->*sockets = std::move(kept);
  }
  return out;
}

std::vector<int> UdpPort::fds(Family family) const {
  std::vector<int> out;
  for (const UniqueFd& socket : sockets_of(family))
    out.push_back(socket.get());
  return out;
}

std::span<const UdpPort::Datagram> UdpPort::receive(Family family) {
  received_.clear();
  for (const net::Datagrams& joined : receive_joined(first_of(family)))
    split_segments(joined.other, joined.octets, joined.segment, received_);
  return received_;
}

std::span<const net::Datagrams> UdpPort::receive_joined(int fd) {
  joined_.clear();
  is_drained_ = true;
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
  std::size_t received = 0;
  int count = -1;
  do {
    count = ::recvmmsg(fd, b.headers.data(), receive_messages, MSG_DONTWAIT, nullptr);
  } while (count < 0 && errno == EINTR);
  is_drained_ = count < static_cast<int>(receive_messages);
  for (std::size_t i = 0; count > 0 && i < static_cast<std::size_t>(count); ++i) {
    mmsghdr& message = b.headers[i];
    const auto from = to_endpoint(reinterpret_cast<const sockaddr*>(&b.sources[i]));
    if (!from || (message.msg_hdr.msg_flags & MSG_TRUNC) != 0) {
      counters_.add("drop_udp_malformed");
      continue;
    }
    const std::span octets(b.octets.get() + i * receive_octets, message.msg_len);
    const std::size_t joined = joined_segment_size(message.msg_hdr);
    const std::size_t segment = joined == 0 ? octets.size() : joined;
    received += segment == 0 ? 1 : (octets.size() + segment - 1) / segment;
    joined_.push_back({*from, octets, segment});
  }
  counters_.add("udp_received", received);
  return joined_;
}

void UdpPort::send(const net::Endpoint& to, std::span<const Bytes> datagrams) {
  const int fd = first_of(to.is_ipv4() ? Family::ipv4 : Family::ipv6);
  if (fd < 0) {
    counters_.add("drop_udp_no_ipv6", datagrams.size());
    return;
  }
  while (!datagrams.empty()) {
    const bool cuts = cuts_.in_use();
    const std::size_t run = cuts ? segment_run(datagrams) : 1;
    std::size_t done = 0;
    if (run > 1) done = send_segmented(fd, to, datagrams.first(run));
    if (done == 0) {
      // Up to the next run that is worth a segmented call, or all that is left.
      const std::size_t count = cuts ? run : std::min(datagrams.size(), send_messages);
      done = send_each(fd, to, datagrams.first(count));
      if (!cuts && count > 1) cuts_.handle_call_without();
    }
    datagrams = datagrams.subspan(done);
  }
}

/// The number of datagrams dealt with; 0 when they must be sent one by one.
std::size_t UdpPort::send_segmented(int fd, const net::Endpoint& to, std::span<const Bytes> datagrams) {
  SocketAddress address = to_socket_address(to);
  std::array<iovec, most_segments> vectors{};
  for (std::size_t i = 0; i < datagrams.size(); ++i)
    vectors[i] = to_iovec(datagrams[i]);
  SegmentControl control;
  msghdr header{};
  header.msg_name = address.get();
  header.msg_namelen = address.length;
  header.msg_iov = vectors.data();
  header.msg_iovlen = datagrams.size();
  set_segment_size(header, control, datagrams.front().size());
  ssize_t sent = -1;
  do {
    sent = ::sendmsg(fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) {
    counters_.add("udp_sent", datagrams.size());
    octets_sent_ += static_cast<std::uint64_t>(sent);
    cuts_.handle_success();
    return datagrams.size();
  }
  const int error = errno;
  if (goes_apart(error)) {
    handle_refusal(error);
    return 0;
  }
  count_failure(error, datagrams.size());
  return datagrams.size();
}

std::uint64_t UdpPort::octets_waiting() const {
  std::uint64_t out = 0;
  for (const auto family : {Family::ipv4, Family::ipv6}) {
    int octets = 0;
    if (const int fd = first_of(family); fd >= 0 && ::ioctl(fd, SIOCOUTQ, &octets) == 0)
      out += static_cast<std::uint64_t>(octets);
  }
  return out;
}

void UdpPort::handle_refusal(int error) {
  if (error == EIO || error == ENOPROTOOPT || error == EOPNOTSUPP) cuts_.handle_refusal();
}

void UdpPort::send_joined(std::span<const net::Datagrams> runs) {
  while (!runs.empty()) {
    const auto family = runs.front().other.is_ipv4() ? Family::ipv4 : Family::ipv6;
    std::size_t count = 1;
    while (count < runs.size() && runs[count].other.is_ipv4() == runs.front().other.is_ipv4())
      ++count;
    const int fd = first_of(family);
    if (fd < 0) {
      for (const net::Datagrams& run : runs.first(count))
        counters_.add("drop_udp_no_ipv6", count_of(run));
    } else if (!cuts_.in_use()) {
      for (const net::Datagrams& run : runs.first(count)) {
        send_apart(fd, run);
        if (run.octets.size() > run.segment) cuts_.handle_call_without();
      }
    } else {
      count = send_runs(fd, runs.first(count));
    }
    runs = runs.subspan(count);
  }
}

/// The number of runs dealt with: at least one.
std::size_t UdpPort::send_runs(int fd, std::span<const net::Datagrams> runs) {
  const std::size_t count = std::min(runs.size(), max_runs);
  std::array<SocketAddress, max_runs> addresses;
  std::array<SegmentControl, max_runs> controls;
  std::array<iovec, max_runs> vectors{};
  std::array<mmsghdr, max_runs> headers{};
  for (std::size_t i = 0; i < count; ++i) {
    const net::Datagrams& run = runs[i];
    addresses[i] = to_socket_address(run.other);
    vectors[i] = {run.octets.data(), run.octets.size()};
    msghdr& header = headers[i].msg_hdr;
    header.msg_name = addresses[i].get();
    header.msg_namelen = addresses[i].length;
    header.msg_iov = &vectors[i];
    header.msg_iovlen = 1;
    if (run.octets.size() <= run.segment) continue;
    set_segment_size(header, controls[i], run.segment);
  }
  int sent = -1;
  do {
    sent = ::sendmmsg(fd, headers.data(), static_cast<unsigned>(count), MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent <= 0) {
    const int error = errno;
    const bool apart = runs.front().octets.size() > runs.front().segment && goes_apart(error);
    if (apart) {
      handle_refusal(error);
      send_apart(fd, runs.front());
    } else {
      count_failure(error, count_of(runs.front()));
    }
    return 1;
  }
  if (runs.front().octets.size() > runs.front().segment) cuts_.handle_success();
  std::uint64_t datagrams = 0;
  for (const net::Datagrams& run : runs.first(static_cast<std::size_t>(sent))) {
    datagrams += count_of(run);
    octets_sent_ += run.octets.size();
  }
  counters_.add("udp_sent", datagrams);
  return static_cast<std::size_t>(sent);
}

void UdpPort::send_apart(int fd, const net::Datagrams& run) {
  SocketAddress address = to_socket_address(run.other);
  std::array<iovec, send_messages> vectors{};
  std::array<mmsghdr, send_messages> headers{};
  std::size_t count = 0;
  std::span<std::byte> rest = run.octets;
  for (; !rest.empty() && count < send_messages; ++count) {
    const std::size_t size = std::min(run.segment, rest.size());
    vectors[count] = {rest.data(), size};
    headers[count].msg_hdr.msg_name = address.get();
    headers[count].msg_hdr.msg_namelen = address.length;
    headers[count].msg_hdr.msg_iov = &vectors[count];
    headers[count].msg_hdr.msg_iovlen = 1;
    rest = rest.subspan(size);
  }
  for (std::size_t done = 0; done < count;)
    done += send_messages_from(fd, std::span(headers).subspan(done, count - done));
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
  return send_messages_from(fd, std::span(headers).first(count));
}

/// The number of messages dealt with: at least one.
std::size_t UdpPort::send_messages_from(int fd, std::span<mmsghdr> headers) {
  int sent = -1;
  do {
    sent = ::sendmmsg(fd, headers.data(), static_cast<unsigned>(headers.size()), MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent > 0) {
    counters_.add("udp_sent", static_cast<std::uint64_t>(sent));
    for (const mmsghdr& header : headers.first(static_cast<std::size_t>(sent)))
      octets_sent_ += header.msg_len;
    return static_cast<std::size_t>(sent);
  }
  count_failure(errno);
  return 1;
}

void UdpPort::count_failure(int error, std::uint64_t datagrams) {
  switch (error) {
    case EAGAIN:
    case ENOBUFS: counters_.add("drop_udp_buffer_full", datagrams); break;
    case ENETUNREACH:
    case EHOSTUNREACH: counters_.add("drop_udp_unreachable", datagrams); break;
    case EPERM:
    case EACCES: counters_.add("drop_udp_firewall", datagrams); break;
    case EMSGSIZE: counters_.add("drop_udp_too_long", datagrams); break;
    default: counters_.add("drop_udp_send_failed", datagrams); break;
  }
}

}  // namespace ipop::io
