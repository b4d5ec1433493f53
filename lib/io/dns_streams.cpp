#include "io/dns_streams.hpp"

#include <algorithm>
#include <map>
#include <sys/socket.h>
#include <utility>

#include "io/accept_connection.hpp"
#include "io/dns_socket.hpp"
#include "io/socket_address.hpp"
#include "io/system_clock.hpp"

namespace ipop::io {
namespace {

constexpr Duration idle_time = 10s;  // RFC 7766, 6.2.3: of the order of seconds

using Address = decltype(net::Endpoint::address);

/// What one machine has for nothing.
Address source_of(const net::Endpoint& client) {
  Address out = client.address;
  if (auto* v6 = std::get_if<net::Ipv6Address>(&out)) std::fill_n(v6->octets.begin() + 8, 8, std::byte{0});
  return out;
}

}  // namespace

struct DnsStreams::Connection {
  Connection(EventLoop& loop, const Address& from, UniqueFd socket, DnsStream::Handlers handlers,
             std::function<void()> on_idle)
      : source(from), idle(loop, std::move(on_idle)), stream(loop, std::move(socket), std::move(handlers)) {
    touch();
  }
  void touch() {
    since = monotonic_now();
    idle.arm(since + idle_time);
  }

  Address source;
  TimePoint since{};  // the last query or answer
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
    UniqueFd fd = accept_connection(socket_.get(), watch_, from.get(), &from.length);
    if (!fd) return;
    const auto client = to_endpoint(from.get());
    if (!client || (handlers_.admits && !handlers_.admits(*client))) {
      counters_.add("drop_dns_stranger");
      continue;
    }
    if (connections_.size() >= max_connections) make_room();
    const std::uint64_t id = next_connection_++;
    DnsStream::Handlers handlers{[this, id](ByteSpan query) {
                                   connections_.at(id)->touch();
                                   handlers_.on_query(id, query);
                                 },
                                 [this, id] { disconnect(id); }};
    connections_.emplace(id, std::make_unique<Connection>(loop_, source_of(*client), std::move(fd), std::move(handlers),
                                                          [this, id] { disconnect(id); }));
  }
}

void DnsStreams::make_room() {
  std::map<Address, std::size_t> places;
  for (const auto& [id, connection] : connections_)
    ++places[connection->source];
  // Of the fullest source the one that was quiet for longest; the numbers rise with time.
  const auto loser = std::ranges::min_element(connections_, {}, [&](const auto& entry) {
    const Connection& connection = *entry.second;
    return std::tuple(~places.at(connection.source), connection.since, entry.first);
  });
  counters_.add("drop_dns_crowded_out");
  disconnect(loser->first);
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
