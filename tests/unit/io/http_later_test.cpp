#include <thread>

#include <doctest/doctest.h>

#include "io/https_client.hpp"
#include "io/https_server.hpp"
#include "io/system_clock.hpp"

namespace ipop::io {

TEST_CASE("plain HTTP: an answer comes when the handler has it, also after other answers") {
  EventLoop loop;
  HttpsServer::Reply first;
  auto server = HttpsServer::listen_for_later(
      loop, {net::Ipv4Address(127, 0, 0, 1), 0}, {}, 1000,
      [&](const net::Endpoint&, const net::HttpRequest& request, HttpsServer::Reply reply) {
        if (request.path == "/late") {
          first = std::move(reply);
          return;
        }
        reply({200, "text/plain", "query " + request.query, {}, {}});
        if (first) first({200, "text/plain", "late", {}, {}});
      });
  REQUIRE(server);
  HttpsPeer peer{"127.0.0.1", (*server)->address().port};
  peer.is_plain = true;
  Result<net::HttpAnswer> late{Errc::not_found};
  Result<net::HttpAnswer> prompt{Errc::not_found};
  int ended = 0;
  std::thread asks_late([&] {
    late = exchange_https(peer, {"GET", "/late"}, 20s);
    loop.post([&] { ++ended; });
  });
  REQUIRE(loop.run_until([&] { return static_cast<bool>(first); }, 20s));
  std::thread asks_then([&] {
    prompt = exchange_https(peer, {"GET", "/?a=1&b"}, 20s);
    loop.post([&] { ++ended; });
  });
  CHECK(loop.run_until([&] { return ended == 2; }, 20s));
  asks_late.join();
  asks_then.join();
  REQUIRE(late);
  CHECK(late->body == "late");
  REQUIRE(prompt);
  CHECK(prompt->body == "query a=1&b");
}

TEST_CASE("a server ends while somebody waits for an answer, and the answer that comes then harms nobody") {
  HttpsServer::Reply kept;
  EventLoop loop;
  auto server = HttpsServer::listen_for_later(
      loop, {net::Ipv4Address(127, 0, 0, 1), 0}, {}, 1000,
      [&](const net::Endpoint&, const net::HttpRequest&, HttpsServer::Reply reply) { kept = std::move(reply); });
  REQUIRE(server);
  HttpsPeer peer{"127.0.0.1", (*server)->address().port};
  peer.is_plain = true;
  Result<net::HttpAnswer> answer{Errc::not_found};
  std::thread client([&] { answer = exchange_https(peer, {"GET", "/"}, 20s); });
  REQUIRE(loop.run_until([&] { return static_cast<bool>(kept); }, 20s));
  server->reset();
  client.join();
  CHECK((!answer || answer->status == 503));
  kept({200, {}, {}, {}, {}});
}

}  // namespace ipop::io
