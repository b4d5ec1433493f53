#include <array>
#include <chrono>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include <doctest/doctest.h>

#include "https_fixtures.hpp"
#include "io/https_client.hpp"
#include "io/https_server.hpp"
#include "io/socket_address.hpp"
#include "io/system_clock.hpp"

using namespace ipop;
using namespace ipop::io;
using namespace ipop::io::test;

namespace {

HttpsServer::Identity server_identity() {
  return {server_key, server_certificate, authority_certificate};
}

/// A server that says what it was asked, on a loop that a test drives from its own thread.
struct EchoServer {
  EventLoop loop{};
  net::HttpRequest last{};
  std::unique_ptr<HttpsServer> server{};

  explicit EchoServer(const HttpsServer::Identity& identity = server_identity()) {
    auto listening = HttpsServer::listen(
        loop, *net::parse_endpoint("127.0.0.1:0"), identity, 1000,
        [this](const net::Endpoint& source, const net::HttpRequest& request) {
          last = request;
          return net::HttpAnswer{202, "text/plain", to_string(*source.ipv4()) + " " + request.body, 7s};
        });
    REQUIRE_MESSAGE(listening, (listening ? "" : listening.error().message()));
    server = *std::move(listening);
  }
  [[nodiscard]] HttpsPeer peer() const { return {"127.0.0.1", server->address().port, authority_certificate}; }
  Result<net::HttpAnswer> ask(const HttpsPeer& peer, const net::HttpRequest& request) {
    Result<net::HttpAnswer> out(Errc::not_found);
    bool done = false;
    std::thread client([&] {
      out = exchange_https(peer, request, 10s);
      loop.post([&] { done = true; });
    });
    CHECK(loop.run_until([&] { return done; }, 20s));
    client.join();
    return out;
  }
};

/// A plain TCP connection to the server, from 127.0.0.`source`.
UniqueFd connect_to(const net::Endpoint& address, std::uint8_t source = 1) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  SocketAddress own = to_socket_address({net::Ipv4Address(127, 0, 0, source), 0});
  REQUIRE(::bind(fd.get(), own.get(), own.length) == 0);
  SocketAddress kernel_form = to_socket_address(address);
  REQUIRE(::connect(fd.get(), kernel_form.get(), kernel_form.length) == 0);
  return fd;
}

bool is_closed(const UniqueFd& fd) {
  char octet = 0;
  const ssize_t got = ::recv(fd.get(), &octet, 1, MSG_DONTWAIT);
  return got == 0 || (got < 0 && errno != EAGAIN);
}

}  // namespace

TEST_CASE("a request and its answer arrive whole") {
  EchoServer echo;
  const auto answer = echo.ask(echo.peer(), {"POST", "/a/../b%20c", "text/odd; x=1", "some text"});
  REQUIRE_MESSAGE(answer, (answer ? "" : answer.error().message()));
  CHECK(answer->status == 202);
  CHECK(answer->content_type == "text/plain");
  CHECK(answer->body == "127.0.0.1 some text");
  CHECK(answer->retry_after == std::chrono::seconds(7));
  CHECK(echo.last.method == "POST");
  CHECK(echo.last.path == "/a/../b%20c");
  CHECK(echo.last.content_type == "text/odd; x=1");
  CHECK(echo.last.client_certificate.empty());
}

TEST_CASE("the server sees the certificate that the client proved, whoever signed it") {
  EchoServer echo;
  HttpsPeer peer = echo.peer();
  peer.certificate = client_certificate;
  peer.key = client_key;
  REQUIRE(echo.ask(peer, {"GET", "/"}));
  CHECK_FALSE(echo.last.client_certificate.empty());
  peer.certificate = stranger_certificate;
  peer.key = stranger_key;
  REQUIRE(echo.ask(peer, {"GET", "/"}));
  CHECK_FALSE(echo.last.client_certificate.empty());
}

TEST_CASE("a certificate without its key opens nothing") {
  EchoServer echo;
  HttpsPeer peer = echo.peer();
  peer.certificate = client_certificate;
  peer.key = stranger_key;
  CHECK_FALSE(echo.ask(peer, {"GET", "/"}));
  CHECK(echo.server->counters().get("https_requests") == 0);
}

TEST_CASE("a client believes its own authority's server only, under the name it asked for") {
  EchoServer echo;
  HttpsPeer peer = echo.peer();
  peer.authority = stranger_certificate;
  const auto foreign = echo.ask(peer, {"GET", "/"});
  REQUIRE_FALSE(foreign);
  CHECK(foreign.error().code == Errc::not_authorized);
  peer = echo.peer();
  peer.host = "127.0.0.2";
  EchoServer stranger({stranger_key, stranger_certificate, authority_certificate});
  const auto other = stranger.ask({"127.0.0.1", stranger.server->address().port, authority_certificate}, {"GET", "/"});
  REQUIRE_FALSE(other);
  CHECK(other.error().code == Errc::not_authorized);
  // A member's certificate is the authority's too, but names no server.
  EchoServer member({client_key, client_certificate, authority_certificate});
  const auto named = member.ask({"127.0.0.1", member.server->address().port, authority_certificate}, {"GET", "/"});
  REQUIRE_FALSE(named);
  CHECK(named.error().code == Errc::not_authorized);
  CHECK(echo.server->counters().get("https_requests") == 0);
}

TEST_CASE("without an authority a client takes a server as it comes") {
  EchoServer stranger({stranger_key, stranger_certificate, authority_certificate});
  HttpsPeer peer = stranger.peer();
  peer.authority.clear();
  CHECK(stranger.ask(peer, {"GET", "/"}));
}

TEST_CASE("a body over the limit is refused before it has come") {
  EchoServer echo;
  const auto answer = echo.ask(echo.peer(), {"POST", "/", "text/plain", std::string(1001, 'x')});
  REQUIRE_MESSAGE(answer, (answer ? "" : answer.error().message()));
  CHECK(answer->status == 413);
  CHECK(echo.server->counters().get("drop_https_large") == 1);
  CHECK(echo.ask(echo.peer(), {"POST", "/", "text/plain", std::string(1000, 'x')})->status == 202);
}

TEST_CASE("nobody behind the port, and a server that is no server, are different errors") {
  EchoServer echo;
  HttpsPeer peer = echo.peer();
  echo.server.reset();
  const auto nobody = exchange_https(peer, {"GET", "/"}, 5s);
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().code == std::errc::connection_refused);

  const UniqueFd silent(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  SocketAddress address = to_socket_address(*net::parse_endpoint("127.0.0.1:0"));
  REQUIRE(::bind(silent.get(), address.get(), address.length) == 0);
  REQUIRE(::listen(silent.get(), 1) == 0);
  address.length = sizeof(address.storage);
  REQUIRE(::getsockname(silent.get(), address.get(), &address.length) == 0);
  peer.port = to_endpoint(address.get())->port;
  const auto mute = exchange_https(peer, {"GET", "/"}, 200ms);
  REQUIRE_FALSE(mute);
  CHECK(mute.error().code == std::errc::timed_out);
}

TEST_CASE("a port that is taken is an error that says so") {
  EchoServer echo;
  const auto second = HttpsServer::listen(echo.loop, echo.server->address(), server_identity(), 1, {});
  REQUIRE_FALSE(second);
  CHECK(second.error().code == std::errc::address_in_use);
}

TEST_CASE("a key that is not the certificate's is refused at the start") {
  EventLoop loop;
  const auto server = HttpsServer::listen(loop, *net::parse_endpoint("127.0.0.1:0"),
                                          {client_key, server_certificate, authority_certificate}, 1, {});
  REQUIRE_FALSE(server);
  CHECK(server.error().code == Errc::malformed);
}

TEST_CASE("an identity is changed while the port stays") {
  EchoServer echo;
  REQUIRE(echo.server->change_identity({stranger_key, stranger_certificate, authority_certificate}));
  CHECK_FALSE(echo.ask(echo.peer(), {"GET", "/"}));
  REQUIRE(echo.server->change_identity(server_identity()));
  CHECK(echo.ask(echo.peer(), {"GET", "/"}));
}

TEST_CASE("S18: garbage in place of TLS is cut off and others are served") {
  EchoServer echo;
  const UniqueFd garbage = connect_to(echo.server->address());
  const std::string text(20'000, 'A');
  (void)::send(garbage.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  CHECK(echo.loop.run_until([&] { return is_closed(garbage); }, 5s));
  CHECK(echo.ask(echo.peer(), {"GET", "/"}));
}

TEST_CASE("S11: half of a handshake costs its place and no processor") {
  EchoServer echo;
  const UniqueFd half = connect_to(echo.server->address());
  // The header of a TLS record of 512 octets, and three of them.
  const std::array<unsigned char, 8> begun{0x16, 3, 1, 2, 0, 1, 0, 1};
  REQUIRE(::send(half.get(), begun.data(), begun.size(), MSG_NOSIGNAL) == 8);
  bool waited = false;
  LoopTimer timer(echo.loop, [&] { waited = true; });
  timer.arm(monotonic_now() + 100ms);
  REQUIRE(echo.loop.run_until([&] { return waited; }, 20s));
  CHECK_FALSE(is_closed(half));
  CHECK(echo.server->counters().get("https_rounds") < 20);
}

TEST_CASE("S11: one address holds at most 16 connections, and gets its place back") {
  EchoServer echo;
  std::vector<UniqueFd> held;
  for (int i = 0; i < 40; ++i)
    held.push_back(connect_to(echo.server->address()));
  const auto open = [&] { return std::ranges::count_if(held, [](const UniqueFd& fd) { return !is_closed(fd); }); };
  CHECK(echo.loop.run_until([&] { return open() <= 16; }, 5s));
  CHECK(open() == 16);
  held.clear();
  // The server sees the ends of the connections one by one.
  bool served = false;
  for (int attempt = 0; attempt < 100 && !served; ++attempt)
    served = echo.ask(echo.peer(), {"GET", "/"}).has_value();
  CHECK(served);
}

TEST_CASE("S11: who holds all places in silence loses them to others") {
  EchoServer echo;
  std::vector<UniqueFd> held;
  for (unsigned i = 0; i < HttpsServer::max_connections; ++i) {
    held.push_back(connect_to(echo.server->address(), static_cast<std::uint8_t>(2 + i / 16)));
    // The kernel's queue is shorter than this.
    REQUIRE(echo.loop.run_until([&] { return echo.server->counters().get("https_connections") > i; }, 20s));
  }
  // Long before the time that each would have otherwise.
  const auto answer = echo.ask(echo.peer(), {"GET", "/"});
  REQUIRE_MESSAGE(answer, (answer ? "" : answer.error().message()));
  CHECK(echo.server->counters().get("drop_https_slow") > 0);
}
