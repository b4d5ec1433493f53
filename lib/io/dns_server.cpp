#include "io/dns_server.hpp"

#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <utility>

#include "io/dns_socket.hpp"
#include "io/socket_address.hpp"

namespace ipop::io {
namespace {

constexpr std::size_t max_query = 4096;  // a query has one question and EDNS options
constexpr int queries_a_turn = 64;       // then connections get theirs
constexpr int free_port_attempts = 16;

}  // namespace

Result<std::unique_ptr<DnsServer>> DnsServer::listen(EventLoop& loop, const net::Endpoint& address, Handler handler) {
  for (int attempt = 1;; ++attempt) {
    auto udp = open_dns_socket(address, SOCK_DGRAM);
    if (!udp) return std::move(udp).error();
    const auto bound = address_of_socket(udp->get());
    if (!bound) return bound.error();
    std::unique_ptr<DnsServer> server(new DnsServer(loop, *bound, *std::move(udp), std::move(handler)));
    auto streams = DnsStreams::listen(loop, *bound, {[self = server.get()](std::uint64_t connection, ByteSpan query) {
                                        self->take_query(connection, net::DnsTransport::tcp, query);
                                      }});
    if (streams) {
      server->streams_ = *std::move(streams);
      return server;
    }
    // The kernel's choice for UDP may be taken for TCP.
    const bool may_differ = address.port == 0 && streams.error().code == std::errc::address_in_use;
    if (!may_differ || attempt == free_port_attempts) return std::move(streams).error();
  }
}

DnsServer::DnsServer(EventLoop& loop, const net::Endpoint& address, UniqueFd udp, Handler handler)
    : address_(address),
      udp_(std::move(udp)),
      handler_(std::move(handler)),
      udp_watch_(loop, udp_.get(), [this] { read_datagrams(); }) {}

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
  } else {
    streams_->answer(std::get<std::uint64_t>(asker->second), message);
  }
  askers_.erase(asker);
}

Counters DnsServer::counters() const {
  Counters all = counters_;
  all.merge(streams_->counters());
  return all;
}

}  // namespace ipop::io
