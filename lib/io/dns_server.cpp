#include "io/dns_server.hpp"

#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <sys/socket.h>
#include <utility>

#include "io/socket_address.hpp"
#include "io/system_clock.hpp"

namespace ipop::io {
namespace {

constexpr std::size_t max_query = 4096;  // a query has one question and EDNS options
constexpr int queries_a_turn = 64;       // then connections get theirs
constexpr int free_port_attempts = 16;
constexpr int dns_backlog = 64;
constexpr Duration idle_time = 10s;  // RFC 7766, 6.2.3: of the order of seconds

Result<UniqueFd> open_socket(const net::Endpoint& address, int type) {
  const std::string context = to_string(address) + (type == SOCK_DGRAM ? " over UDP" : " over TCP");
  SocketAddress kernel_form = to_socket_address(address);
  UniqueFd fd(::socket(kernel_form.get()->sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return last_error(context);
  const int on = 1;
  // TCP alone: connections that just ended must not keep a server from starting again. On UDP it would
  // let two servers share the port.
  if (type == SOCK_STREAM) (void)::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (!address.is_ipv4()) (void)::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  if (::bind(fd.get(), kernel_form.get(), kernel_form.length) != 0) return last_error(context);
  if (type == SOCK_STREAM && ::listen(fd.get(), dns_backlog) != 0) return last_error(context);
  return fd;
}

Result<net::Endpoint> address_of(int fd) {
  SocketAddress address;
  address.length = sizeof(address.storage);
  if (::getsockname(fd, address.get(), &address.length) != 0) return last_error("reading the socket's address");
  const auto endpoint = to_endpoint(address.get());
  if (!endpoint) return {Errc::unsupported, "the socket's address"};
  return *endpoint;
}

}  // namespace

struct DnsServer::Connection {
  Connection(EventLoop& loop, UniqueFd socket, DnsStream::Handlers handlers, std::function<void()> on_idle)
      : idle(loop, std::move(on_idle)), stream(loop, std::move(socket), std::move(handlers)) {
    touch();
  }
  void touch() { idle.arm(monotonic_now() + idle_time); }

  LoopTimer idle;
  DnsStream stream;
};

Result<std::unique_ptr<DnsServer>> DnsServer::listen(EventLoop& loop, const net::Endpoint& address, Handler handler) {
  for (int attempt = 1;; ++attempt) {
    auto udp = open_socket(address, SOCK_DGRAM);
    if (!udp) return std::move(udp).error();
    const auto bound = address_of(udp->get());
    if (!bound) return bound.error();
    auto tcp = open_socket(*bound, SOCK_STREAM);
    if (tcp) {
      return std::unique_ptr<DnsServer>(
          new DnsServer(loop, *bound, *std::move(udp), *std::move(tcp), std::move(handler)));
    }
    // The kernel's choice for UDP may be taken for TCP.
    const bool may_differ = address.port == 0 && tcp.error().code == std::errc::address_in_use;
    if (!may_differ || attempt == free_port_attempts) return std::move(tcp).error();
  }
}

DnsServer::DnsServer(EventLoop& loop, const net::Endpoint& address, UniqueFd udp, UniqueFd tcp, Handler handler)
    : loop_(loop),
      address_(address),
      udp_(std::move(udp)),
      tcp_(std::move(tcp)),
      handler_(std::move(handler)),
      udp_watch_(loop, udp_.get(), [this] { read_datagrams(); }),
      tcp_watch_(loop, tcp_.get(), [this] { accept(); }) {}

DnsServer::~DnsServer() = default;

void DnsServer::read_datagrams() {
  std::array<std::byte, max_query> block;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by recvfrom
  for (int i = 0; i < queries_a_turn; ++i) {
    SocketAddress from;
    from.length = sizeof(from.storage);
    const ssize_t got =
        ::recvfrom(udp_.get(), block.data(), block.size(), MSG_DONTWAIT | MSG_TRUNC, from.get(), &from.length);
    if (got < 0) return;
    const auto client = to_endpoint(from.get());
    const auto size = static_cast<std::size_t>(got);
    if (!client || client->port == 0 || size > block.size()) {
      counters_.add(client && client->port != 0 ? "drop_dns_too_large" : "drop_dns_no_port");
      continue;
    }
    take_query(*client, net::DnsTransport::udp, ByteSpan(block).first(size));
  }
}

void DnsServer::accept() {
  while (true) {
    UniqueFd fd(::accept4(tcp_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) return;
    if (connections_.size() >= max_connections) {
      counters_.add("drop_dns_too_many_connections");
      continue;
    }
    const std::uint64_t id = next_connection_++;
    DnsStream::Handlers handlers{[this, id](ByteSpan query) {
                                   connections_.at(id)->touch();
                                   take_query(id, net::DnsTransport::tcp, query);
                                 },
                                 [this, id] { disconnect(id); }};
    connections_.emplace(
        id, std::make_unique<Connection>(loop_, std::move(fd), std::move(handlers), [this, id] { disconnect(id); }));
  }
}

void DnsServer::disconnect(std::uint64_t connection) {
  connections_.erase(connection);
}

void DnsServer::take_query(Asker asker, net::DnsTransport transport, ByteSpan query) {
  const std::uint64_t tag = next_tag_++;
  if (askers_.size() >= max_askers) {
    counters_.add("drop_dns_too_many_askers");
    askers_.erase(askers_.begin());
  }
  askers_.emplace(tag, asker);
  if (!handler_(tag, transport, query)) askers_.erase(tag);
}

void DnsServer::answer(std::uint64_t tag, ByteSpan message) {
  const auto asker = askers_.find(tag);
  if (asker == askers_.end()) return;
  if (const auto* client = std::get_if<net::Endpoint>(&asker->second)) {
    const SocketAddress to = to_socket_address(*client);
    if (::sendto(udp_.get(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL, to.get(), to.length) < 0)
      counters_.add("drop_dns_unsent");
  } else if (const auto connection = connections_.find(std::get<std::uint64_t>(asker->second));
             connection != connections_.end()) {
    connection->second->touch();
    connection->second->stream.send(message);
  }
  askers_.erase(asker);
}

}  // namespace ipop::io
