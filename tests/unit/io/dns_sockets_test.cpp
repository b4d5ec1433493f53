#include <array>
#include <cerrno>
#include <optional>
#include <sys/socket.h>
#include <vector>

#include <doctest/doctest.h>

#include "io/dns_exchanges.hpp"
#include "io/dns_server.hpp"
#include "io/socket_address.hpp"

using namespace ipop;
using namespace ipop::io;
using net::DnsTransport;

namespace {

constexpr Duration dns_limit = 60s;  // of what comes at once unless the test fails

const net::Endpoint loopback{net::Ipv4Address(127, 0, 0, 1), 0};

/// A server that sends every query back, and a client that keeps what comes.
struct DnsEcho {
  DnsEcho() {
    auto opened = DnsServer::listen(loop, loopback, [this](std::uint64_t tag, DnsTransport, ByteSpan query) {
      if (query.empty()) return false;
      server->answer(tag, query);
      return true;
    });
    REQUIRE(opened);
    server = *std::move(opened);
  }

  EventLoop loop;
  std::unique_ptr<DnsServer> server;
  std::vector<std::pair<std::uint64_t, Bytes>> received;
  std::vector<std::uint64_t> failed;
  DnsExchanges exchanges{loop,
                         {[this](std::uint64_t number, const net::Endpoint&, ByteSpan message) {
                            received.emplace_back(number, to_bytes(message));
                          },
                          [this](std::uint64_t number) { failed.push_back(number); }}};
};

/// A query behind its length (RFC 1035, 4.2.2).
Bytes framed(std::string_view text) {
  Bytes out;
  ByteWriter to(out);
  to.write(static_cast<std::uint16_t>(text.size()));
  append(out, as_bytes(text));
  return out;
}

UniqueFd connect_from(net::Ipv4Address from, const net::Endpoint& to) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  SocketAddress own = to_socket_address({from, 0});
  REQUIRE(::bind(fd.get(), own.get(), own.length) == 0);
  SocketAddress there = to_socket_address(to);
  REQUIRE(::connect(fd.get(), there.get(), there.length) == 0);
  return fd;
}

/// Whether the query comes back over this connection; false: it is over.
bool is_answered(DnsEcho& echo, const UniqueFd& connection, ByteSpan query) {
  if (::send(connection.get(), query.data(), query.size(), MSG_NOSIGNAL) < 0) return false;
  Bytes got;
  bool is_over = false;
  CHECK(echo.loop.run_until(
      [&] {
        std::array<std::byte, 256> block{};
        const ssize_t count = ::recv(connection.get(), block.data(), block.size(), MSG_DONTWAIT);
        if (count > 0) append(got, ByteSpan(block).first(static_cast<std::size_t>(count)));
        is_over = count == 0 || (count < 0 && errno != EAGAIN);
        return is_over || got.size() >= query.size();
      },
      dns_limit));
  return !is_over && equal(got, query);
}

}  // namespace

TEST_CASE("a query over UDP and one over TCP come back to their askers") {
  DnsEcho echo;
  const Bytes large(60'000, std::byte{7});
  echo.exchanges.begin(1, echo.server->address(), DnsTransport::udp, as_bytes("by datagram"));
  echo.exchanges.begin(2, echo.server->address(), DnsTransport::tcp, large);
  CHECK(echo.loop.run_until([&] { return echo.received.size() == 2; }, dns_limit));
  for (const auto& [number, message] : echo.received)
    CHECK(equal(message, number == 1 ? as_bytes("by datagram") : ByteSpan(large)));
}

TEST_CASE("an exchange that is ended, or begun again under its number, brings nothing more") {
  DnsEcho echo;
  echo.exchanges.begin(1, echo.server->address(), DnsTransport::udp, as_bytes("first"));
  echo.exchanges.begin(1, echo.server->address(), DnsTransport::tcp, as_bytes("second"));
  echo.exchanges.begin(2, echo.server->address(), DnsTransport::tcp, as_bytes("ended"));
  echo.exchanges.end(2);
  CHECK(echo.exchanges.size() == 1);
  CHECK(echo.loop.run_until([&] { return !echo.received.empty(); }, dns_limit));
  CHECK(echo.received.size() == 1);
  CHECK(equal(echo.received.front().second, as_bytes("second")));
}

TEST_CASE("a port that nobody serves is told, over UDP and TCP") {
  DnsEcho echo;
  const net::Endpoint gone = echo.server->address();
  echo.server.reset();
  echo.exchanges.begin(1, gone, DnsTransport::udp, as_bytes("query"));
  echo.exchanges.begin(2, gone, DnsTransport::tcp, as_bytes("query"));
  CHECK(echo.loop.run_until([&] { return echo.failed.size() == 2; }, dns_limit));
  CHECK(echo.exchanges.size() == 0);
}

TEST_CASE("S30: who holds all connections of a name server keeps nobody else out") {
  DnsEcho echo;
  const Bytes query = framed("still here");
  UniqueFd honest = connect_from(net::Ipv4Address(127, 0, 0, 1), echo.server->address());
  CHECK(is_answered(echo, honest, query));
  std::vector<UniqueFd> idle;
  const auto hold = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      idle.push_back(connect_from(net::Ipv4Address(127, 0, 0, 2), echo.server->address()));
      CHECK(::send(idle.back().get(), query.data(), 1, MSG_NOSIGNAL) == 1);
    }
  };
  hold(DnsStreams::max_connections - 1);
  // Another one comes, and both go on whatever the first does.
  UniqueFd other = connect_from(net::Ipv4Address(127, 0, 0, 3), echo.server->address());
  CHECK(is_answered(echo, other, query));
  hold(20);
  CHECK(is_answered(echo, honest, query));
  CHECK(is_answered(echo, other, query));
  CHECK(echo.server->counters().get("drop_dns_crowded_out") == 21);
}

TEST_CASE("S30: of one source's connections the one without a query for longest makes room") {
  DnsEcho echo;
  const net::Ipv4Address source(127, 0, 0, 2);
  const Bytes query = framed("query");
  std::vector<UniqueFd> held;
  for (std::size_t i = 0; i < DnsStreams::max_connections; ++i) {
    held.push_back(connect_from(source, echo.server->address()));
    CHECK(is_answered(echo, held.back(), query));
  }
  CHECK(is_answered(echo, held.front(), query));
  UniqueFd next = connect_from(source, echo.server->address());
  CHECK(is_answered(echo, next, query));
  CHECK(is_answered(echo, held.front(), query));
  CHECK_FALSE(is_answered(echo, held[1], query));
  CHECK(is_answered(echo, held[2], query));
}

TEST_CASE("a second server on the same address and port is an error") {
  DnsEcho echo;
  const auto second =
      DnsServer::listen(echo.loop, echo.server->address(), [](std::uint64_t, DnsTransport, ByteSpan) { return false; });
  REQUIRE_FALSE(second);
  CHECK(second.error().code == std::errc::address_in_use);
}

TEST_CASE("a UDP query above 4096 octets is dropped and counted") {
  DnsEcho echo;
  echo.exchanges.begin(1, echo.server->address(), DnsTransport::udp, Bytes(4097));
  echo.exchanges.begin(2, echo.server->address(), DnsTransport::udp, as_bytes("small"));
  CHECK(echo.loop.run_until([&] { return !echo.received.empty(); }, dns_limit));
  CHECK(echo.received.front().first == 2);
  CHECK(echo.server->counters().get("drop_dns_too_large") == 1);
}
