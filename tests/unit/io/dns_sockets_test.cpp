#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "io/dns_exchanges.hpp"
#include "io/dns_server.hpp"

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

TEST_CASE("a connection above the bound is closed and counted, and the others go on") {
  DnsEcho echo;
  for (std::uint64_t i = 0; i < DnsStreams::max_connections + 3; ++i)
    echo.exchanges.begin(i, echo.server->address(), DnsTransport::tcp, as_bytes("query"));
  CHECK(echo.loop.run_until(
      [&] { return echo.received.size() == DnsStreams::max_connections && echo.failed.size() == 3; }, dns_limit));
  CHECK(echo.server->counters().get("drop_dns_too_many_connections") == 3);
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
