#include <array>
#include <fcntl.h>
#include <fstream>
#include <string>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <doctest/doctest.h>

#include "io/appended_file.hpp"
#include "io/file.hpp"
#include "io/ping_socket.hpp"
#include "io/process.hpp"
#include "io/socket_address.hpp"
#include "io/system_clock.hpp"
#include "io/text_fetches.hpp"
#include "io/text_server.hpp"
#include "net/icmp.hpp"
#include "own_network.hpp"
#include "temp_dir.hpp"

using namespace ipop;
using namespace ipop::io;

namespace {

constexpr Duration ping_limit = 60s;  // of what comes at once unless the test fails
constexpr net::Ipv4Address loopback_address(127, 0, 0, 1);

std::string text_of(const std::string& path) {
  return read_file(path, 1U << 20U).value_or("");
}

/// Fetches from `server` until the loop has the text.
Result<std::string> fetch(EventLoop& loop, const net::Endpoint& server, std::size_t max_octets = 1U << 20U,
                          Duration time = ping_limit) {
  std::optional<Result<std::string>> got;
  TextFetches fetches(loop, max_octets, time,
                      [&](std::uint64_t, Result<std::string> text) { got.emplace(std::move(text)); });
  fetches.begin(1, server);
  loop.run_until([&] { return got.has_value(); }, ping_limit);
  REQUIRE(got);
  CHECK(fetches.size() == 0);
  return *std::move(got);
}

}  // namespace

TEST_CASE("a ping of our own address comes back with identifier, sequence number and octets") {
  auto socket = PingSocket::open(loopback_address, 4711);
  if (!socket && socket.error().code == std::errc::permission_denied) {
    MESSAGE("skipped: no right to ping");
    return;
  }
  REQUIRE(socket);
  const Bytes data = to_bytes(as_bytes("eight of"));
  Bytes request;
  net::encode(net::IcmpEcho{false, socket->identifier(), 7, data}, request);
  EventLoop loop;
  std::vector<PingSocket::Message> replies;
  const ReadWatch watch(loop, socket->fd(), [&] {
    for (auto& message : socket->receive()) {
      const auto echo = net::decode_icmp_echo(message.octets);
      if (echo && echo->is_reply && echo->identifier == socket->identifier()) replies.push_back(std::move(message));
    }
  });
  socket->send(loopback_address, request);
  loop.run_until([&] { return !replies.empty(); }, ping_limit);
  REQUIRE(replies.size() == 1);
  const auto echo = net::decode_icmp_echo(replies.front().octets);
  CHECK(replies.front().from == loopback_address);
  CHECK(echo->sequence_number == 7);
  CHECK(equal(echo->data, data));
}

TEST_CASE("pings from an address that this machine does not have are refused") {
  const auto socket = PingSocket::open(net::Ipv4Address(192, 0, 2, 1), 1);
  REQUIRE_FALSE(socket);
  const bool expected =
      socket.error().code == std::errc::address_not_available || socket.error().code == std::errc::permission_denied;
  CHECK(expected);
}

TEST_CASE("what the kernel will not send is counted and nothing more") {
  in_own_network([] {
    auto socket = PingSocket::open(net::Ipv4Address(), 1);
    if (!socket) return;
    socket->send(net::Ipv4Address(192, 0, 2, 1), Bytes(64));
    CHECK(socket->counters().get("drop_ping_unreachable") == 1);
    CHECK(socket->receive().empty());
  });
}

TEST_CASE("texts are appended whole, and a line that was cut off takes none with it") {
  const TempDir dir;
  const std::string path = dir.file("log");
  {
    auto file = AppendedFile::open(path, 1000);
    REQUIRE(file);
    CHECK(file->append("one\n"));
    CHECK(file->append("two"));
    CHECK(file->append("three\n"));
  }
  CHECK(text_of(path) == "one\ntwo\nthree\n");
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U & ~0644U) == 0);
}

TEST_CASE("a file above its ping_limit makes room, and one older is kept") {
  const TempDir dir;
  const std::string path = dir.file("log");
  for (const char* text : {"first, of some length\n", "second, as long as it\n", "third\n"}) {
    auto file = AppendedFile::open(path, 10);
    REQUIRE(file);
    CHECK(file->append(text));
  }
  CHECK(text_of(path) == "third\n");
  CHECK(text_of(path + ".1") == "second, as long as it\n");
}

TEST_CASE("while one has the file, another one is told so") {
  const TempDir dir;
  const auto first = AppendedFile::open(dir.file("log"), 10);
  REQUIRE(first);
  const auto second = AppendedFile::open(dir.file("log"), 10);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == std::errc::device_or_resource_busy);
}

TEST_CASE("links, pipes and directories are no files to append to; devices stay what they are") {
  const TempDir dir;
  REQUIRE(::symlink("elsewhere", dir.file("link").c_str()) == 0);
  REQUIRE(::mkfifo(dir.file("pipe").c_str(), 0600) == 0);
  CHECK(AppendedFile::open(dir.file("link"), 10).error().code == Errc::not_authorized);
  CHECK(AppendedFile::open(dir.file("pipe"), 10).error().code == Errc::not_authorized);
  CHECK(AppendedFile::open(dir.path(), 10).error().code == std::errc::is_a_directory);
  auto full = AppendedFile::open("/dev/full", 0);
  REQUIRE(full);
  CHECK(full->append("text\n").error().code == std::errc::no_space_on_device);
  auto null = AppendedFile::open("/dev/null", 0);
  REQUIRE(null);
  CHECK(null->append("text\n"));
}

TEST_CASE("the end of a file begins with a whole line") {
  const TempDir dir;
  std::ofstream(dir.file("log")) << "one\ntwo\nthree\n";
  CHECK(*read_end_of_file(dir.file("log"), 100) == "one\ntwo\nthree\n");
  CHECK(*read_end_of_file(dir.file("log"), 12) == "two\nthree\n");
  CHECK(*read_end_of_file(dir.file("log"), 3) == "");
  CHECK(*read_end_of_file(dir.file("log"), 0) == "");
  CHECK_FALSE(read_end_of_file(dir.file("none"), 10));
  CHECK_FALSE(read_end_of_file(dir.path(), 10));
}

TEST_CASE("a text is given out whole to whoever connects") {
  EventLoop loop;
  const auto text = std::make_shared<const std::string>(std::string(3'000'000, 'x') + "end");
  auto server =
      TextServer::listen(loop, net::Endpoint{loopback_address, 0}, [&](const net::Endpoint&) { return text; });
  REQUIRE(server);
  const auto got = fetch(loop, (*server)->address(), 4'000'000);
  REQUIRE(got);
  CHECK(*got == *text);
  loop.run_until([&] { return (*server)->counters().get("text_served") == 1; }, ping_limit);
  CHECK(fetch(loop, (*server)->address(), 1000).error().code == Errc::too_large);
}

TEST_CASE("who is not served gets nothing, and a server that is not there is an error") {
  EventLoop loop;
  auto server =
      TextServer::listen(loop, net::Endpoint{loopback_address, 0}, [](const net::Endpoint&) { return nullptr; });
  REQUIRE(server);
  const auto nothing = fetch(loop, (*server)->address());
  CHECK((!nothing || nothing->empty()));
  const net::Endpoint where = (*server)->address();
  server->reset();
  CHECK(fetch(loop, where).error().code == std::errc::connection_refused);
}

TEST_CASE("one address has one connection to a text server, and does not keep others waiting") {
  EventLoop loop;
  const auto text = std::make_shared<const std::string>(std::string(30'000'000, 'x'));
  auto server =
      TextServer::listen(loop, net::Endpoint{loopback_address, 0}, [&](const net::Endpoint&) { return text; });
  REQUIRE(server);
  // Connects and reads nothing.
  const UniqueFd idle(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const SocketAddress where = to_socket_address((*server)->address());
  REQUIRE(::connect(idle.get(), where.get(), where.length) == 0);
  loop.run_until([] { return false; }, 10ms);
  const auto second = fetch(loop, (*server)->address());
  CHECK((!second || second->empty()));
  CHECK((*server)->counters().get("drop_text_busy") == 1);
}

TEST_CASE("a server that says nothing is waited for as long as was said") {
  EventLoop loop;
  const UniqueFd silent(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  SocketAddress where = to_socket_address(net::Endpoint{loopback_address, 0});
  REQUIRE(::bind(silent.get(), where.get(), where.length) == 0);
  REQUIRE(::listen(silent.get(), 1) == 0);
  REQUIRE(::getsockname(silent.get(), where.get(), &where.length) == 0);
  CHECK(fetch(loop, *to_endpoint(where.get()), 100, 50ms).error().code == std::errc::timed_out);
}
