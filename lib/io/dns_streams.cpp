#include "io/dns_streams.hpp"

#include <sys/socket.h>
#include <utility>

#include "io/dns_socket.hpp"
#include "io/socket_address.hpp"
#include "io/system_clock.hpp"

namespace ipop::io {
namespace {

constexpr Duration idle_time = 10s;  // RFC 7766, 6.2.3: of the order of seconds

}  // namespace

struct DnsStreams::Connection {
  Connection(EventLoop& loop, UniqueFd socket, DnsStream::Handlers handlers, std::function<void()> on_idle)
      : idle(loop, std::move(on_idle)), stream(loop, std::move(socket), std::move(handlers)) {
    touch();
  }
  void touch() { idle.arm(monotonic_now() + idle_time); }

  LoopTimer idle;
  DnsStream stream;
};

Result<std::unique_ptr<DnsStreams>> DnsStreams::listen(EventLoop& loop, const net::Endpoint& address,
                                                       Handlers handlers) {
  auto socket = open_dns_socket(address, SOCK_STREAM);
  if (!socket) return std::move(socket).error();
  const auto bound = address_of_socket(socket->get());
  if (!bound) return bound.error();
  return std::unique_ptr<DnsStreams>(new DnsStreams(loop, *bound, *std::move(socket), std::move(handlers)));
}

DnsStreams::DnsStreams(EventLoop& loop, const net::Endpoint& address, UniqueFd socket, Handlers handlers)
    : loop_(loop),
      address_(address),
      socket_(std::move(socket)),
      handlers_(std::move(handlers)),
      watch_(loop, socket_.get(), [this] { accept(); }) {}

DnsStreams::~DnsStreams() = default;

void DnsStreams::accept() {
  while (true) {
    SocketAddress from;
    from.length = sizeof(from.storage);
    UniqueFd fd(::accept4(socket_.get(), from.get(), &from.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) return;
    const auto client = to_endpoint(from.get());
    if (handlers_.admits && (!client || !handlers_.admits(*client))) {
      counters_.add("drop_dns_stranger");
      continue;
    }
    if (connections_.size() >= max_connections) {
      counters_.add("drop_dns_too_many_connections");
      continue;
    }
    const std::uint64_t id = next_connection_++;
    DnsStream::Handlers handlers{[this, id](ByteSpan query) {
                                   connections_.at(id)->touch();
                                   handlers_.on_query(id, query);
                                 },
                                 [this, id] { disconnect(id); }};
    connections_.emplace(
        id, std::make_unique<Connection>(loop_, std::move(fd), std::move(handlers), [this, id] { disconnect(id); }));
  }
}

void DnsStreams::disconnect(std::uint64_t connection) {
  connections_.erase(connection);
}

void DnsStreams::answer(std::uint64_t connection, ByteSpan message) {
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  found->second->touch();
  found->second->stream.send(message);
}

}  // namespace ipop::io
