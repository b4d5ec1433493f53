#include "io/ping_socket.hpp"

#include <array>
#include <cerrno>
#include <linux/icmp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <utility>

#include "io/socket_address.hpp"
#include "net/ipv4.hpp"

namespace ipop::io {
namespace {

constexpr std::size_t receive_messages = 64;
// With the IPv4 header; no larger packet passes a virtual network.
constexpr std::size_t receive_octets = 2048;

bool is_denied(int error) {
  return error == EACCES || error == EPERM;
}

}  // namespace

Result<PingSocket> PingSocket::open(net::Ipv4Address source, std::uint16_t raw_identifier) {
  constexpr int kind = SOCK_NONBLOCK | SOCK_CLOEXEC;
  bool raw = false;
  UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | kind, IPPROTO_ICMP));
  if (!fd && is_denied(errno)) {
    raw = true;
    fd = UniqueFd(::socket(AF_INET, SOCK_RAW | kind, IPPROTO_ICMP));
  }
  if (!fd && is_denied(errno))
    return make_error(std::make_error_code(std::errc::permission_denied), "opening a socket for pings");
  if (!fd) return last_error("opening a socket for pings");
  SocketAddress address = to_socket_address(net::Endpoint{source, 0});
  if (::bind(fd.get(), address.get(), address.length) != 0) return last_error("pinging from " + to_string(source));
  if (raw) {
    // Spares waking up for what is no reply; the prober checks everything all the same.
    const icmp_filter filter{~(std::uint32_t{1} << ICMP_ECHOREPLY)};
    (void)::setsockopt(fd.get(), SOL_RAW, ICMP_FILTER, &filter, sizeof(filter));
    return PingSocket(std::move(fd), raw, raw_identifier);
  }
  SocketAddress bound;
  bound.length = sizeof(bound.storage);
  if (::getsockname(fd.get(), bound.get(), &bound.length) != 0) return last_error("pinging from " + to_string(source));
  const auto endpoint = to_endpoint(bound.get());
  return PingSocket(std::move(fd), raw, endpoint ? endpoint->port : std::uint16_t{0});
}

Result<void> PingSocket::forbid_fragments() {
  const int mode = IP_PMTUDISC_PROBE;
  if (::setsockopt(socket_.get(), IPPROTO_IP, IP_MTU_DISCOVER, &mode, sizeof(mode)) != 0)
    return last_error("pinging without fragments");
  return {};
}

void PingSocket::send(net::Ipv4Address to, ByteSpan message) {
  const SocketAddress address = to_socket_address(net::Endpoint{to, 0});
  ssize_t sent = -1;
  do {
    sent = ::sendto(socket_.get(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL, address.get(),
                    address.length);
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) return counters_.add("ping_sent");
  switch (errno) {
    case EPERM:
    case EACCES: return counters_.add("drop_ping_firewall");
    case ENETUNREACH:
    case EHOSTUNREACH: return counters_.add("drop_ping_unreachable");
    default: return counters_.add("drop_ping_send_failed");
  }
}

std::vector<PingSocket::Message> PingSocket::receive() {
  std::vector<Message> out;
  std::array<std::byte, receive_octets> block{};
  for (std::size_t i = 0; i < receive_messages; ++i) {
    SocketAddress from;
    from.length = sizeof(from.storage);
    const ssize_t got = ::recvfrom(socket_.get(), block.data(), block.size(), MSG_DONTWAIT, from.get(), &from.length);
    if (got < 0 && errno == EINTR) continue;
    // A pending error of an earlier request is no end: the next call reads on.
    if (got < 0 && errno != EAGAIN) continue;
    if (got < 0) break;
    const auto endpoint = to_endpoint(from.get());
    ByteSpan octets = ByteSpan(block).first(static_cast<std::size_t>(got));
    if (raw_) {
      const auto packet = net::decode_ipv4(octets);
      octets = packet ? packet->payload : ByteSpan();
    }
    const auto sender = endpoint ? endpoint->ipv4() : std::nullopt;
    if (!sender || octets.empty()) {
      counters_.add("drop_ping_malformed");
      continue;
    }
    out.push_back({*sender, to_bytes(octets)});
  }
  return out;
}

}  // namespace ipop::io
