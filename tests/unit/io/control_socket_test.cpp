#include "io/control_socket.hpp"

#include <atomic>
#include <chrono>
#include <cstring>
#include <fstream>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

#include <doctest/doctest.h>

#include "io/file.hpp"
#include "temp_dir.hpp"

using namespace ipop;
using namespace ipop::io;

namespace {

constexpr Duration limit = 60s;  // of what comes at once unless the test fails

/// A socket that sends every line back, and counts who left.
struct Echo {
  EventLoop loop;
  std::unique_ptr<ControlSocket> socket;
  std::size_t lines = 0;
  std::size_t gone = 0;

  explicit Echo(const std::string& path) {
    ControlSocket::Handlers handlers;
    handlers.on_line = [this](ClientId client, Access /*access*/, std::string_view line) {
      ++lines;
      socket->send(client, "echo " + std::string(line));
    };
    handlers.on_end = [this](ClientId client) { socket->finish(client); };
    handlers.on_gone = [this](ClientId /*client*/) { ++gone; };
    auto made = ControlSocket::listen(loop, path, std::move(handlers));
    REQUIRE_MESSAGE(made, made.error().message());
    socket = *std::move(made);
  }

  /// Runs `client` in a thread, and the loop until it is done.
  template <class F>
  void serve(F&& client) {
    std::atomic<bool> done = false;
    std::thread thread([&] {
      client();
      done = true;
    });
    LoopTimer tick(loop, [] {});
    CHECK(loop.run_until(
        [&] {
          tick.arm(TimePoint{});  // keeps the loop looking at `done`
          return done.load();
        },
        limit));
    thread.join();
  }
};

}  // namespace

TEST_CASE("lines go to and fro, also many in one write and one in many") {
  const TempDir dir;
  Echo echo(dir.file("s"));
  echo.serve([&] {
    auto client = LineClient::connect(dir.file("s"));
    REQUIRE(client);
    REQUIRE(client->send("one", limit));
    CHECK(client->receive(limit).value_or("") == "echo one");
    REQUIRE(client->send("two\nthree\r\n\nfour", limit));
    CHECK(client->receive(limit).value_or("") == "echo two");
    CHECK(client->receive(limit).value_or("") == "echo three");
    CHECK(client->receive(limit).value_or("") == "echo four");
    const std::string large(ControlSocket::max_line, 'x');
    REQUIRE(client->send(large, limit));
    CHECK(client->receive(limit).value_or("").size() == large.size() + 5);
  });
  CHECK(echo.lines == 5);
}

TEST_CASE("a client for whom no descriptor is left waits, and costs nothing meanwhile") {
  const TempDir dir;
  Echo echo(dir.file("s"));
  auto client = LineClient::connect(dir.file("s"));
  REQUIRE(client);
  REQUIRE(client->send("one", limit));
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const UniqueFd lowest(::dup(STDIN_FILENO));
  REQUIRE(lowest);
  const rlimit none_left{static_cast<rlim_t>(lowest.get()) + 1, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none_left) == 0);
  const auto processor_time = [] {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    return std::chrono::seconds(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           std::chrono::microseconds(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
  };
  const auto used = processor_time();
  CHECK_FALSE(echo.loop.run_until([&] { return echo.lines != 0; }, 2s));
  CHECK(processor_time() - used < 1s);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(echo.loop.run_until([&] { return echo.lines != 0; }, limit));
}

TEST_CASE("a client that ends its stream gets the answers that come later, then the end") {
  const TempDir dir;
  EventLoop loop;
  std::vector<std::string> lines;
  std::optional<ClientId> ended;
  std::size_t gone = 0;
  ControlSocket::Handlers handlers;
  handlers.on_line = [&](ClientId, Access, std::string_view line) { lines.emplace_back(line); };
  handlers.on_end = [&](ClientId client) { ended = client; };
  handlers.on_gone = [&](ClientId) { ++gone; };
  auto made = ControlSocket::listen(loop, dir.file("s"), std::move(handlers));
  REQUIRE(made);
  const auto socket = *std::move(made);

  SUBCASE("and its last line needs no end") {
    auto client = LineClient::connect(dir.file("s"));
    REQUIRE(client);
    REQUIRE(::write(client->fd(), "one\ntwo", 7) == 7);
    REQUIRE(::shutdown(client->fd(), SHUT_WR) == 0);
    REQUIRE(loop.run_until([&] { return ended.has_value(); }, limit));
    CHECK(lines == std::vector<std::string>{"one", "two"});
    CHECK(gone == 0);
    const std::string large(ControlSocket::max_line, 'x');  // more than the kernel takes at once
    socket->send(*ended, "late");
    socket->send(*ended, large);
    socket->finish(*ended);
    CHECK(gone == 0);
    CHECK(client->receive(limit).value_or("") == "late");
    std::thread reader([&] {
      CHECK(client->receive(limit).value_or("").size() == large.size());
      const auto end = client->receive(limit);
      CHECK((!end && end.error().code == std::errc::not_connected));
    });
    CHECK(loop.run_until([&] { return gone == 1; }, limit));
    reader.join();
    CHECK(socket->clients() == 0);
  }
  SUBCASE("unless it closes before") {
    {
      auto client = LineClient::connect(dir.file("s"));
      REQUIRE(client);
      REQUIRE(::shutdown(client->fd(), SHUT_WR) == 0);
      REQUIRE(loop.run_until([&] { return ended.has_value(); }, limit));
      CHECK(socket->clients() == 1);
    }
    CHECK(loop.run_until([&] { return gone == 1; }, limit));
    socket->send(*ended, "nobody reads this");
    socket->finish(*ended);
    CHECK(gone == 1);
  }
}

TEST_CASE("S17: a line above 1 MiB ends the connection") {
  const TempDir dir;
  Echo echo(dir.file("s"));
  echo.serve([&] {
    auto client = LineClient::connect(dir.file("s"));
    REQUIRE(client);
    (void)client->send(std::string(ControlSocket::max_line + 70'000, 'x'), limit);
    const auto answer = client->receive(limit);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == std::errc::not_connected);
  });
  CHECK(echo.lines == 0);
  CHECK(echo.gone == 1);
  CHECK(echo.socket->counters().get("drop_control_line_too_long") == 1);
}

TEST_CASE("a client that does not read is dropped once 4 MiB wait for it") {
  const TempDir dir;
  Echo echo(dir.file("s"));
  echo.serve([&] {
    auto client = LineClient::connect(dir.file("s"));
    REQUIRE(client);
    const std::string large(ControlSocket::max_line, 'x');
    for (int i = 0; i < 10; ++i) {
      if (!client->send(large, limit)) break;
    }
    while (client->receive(limit)) {
    }
  });
  CHECK(echo.socket->clients() == 0);
  CHECK(echo.socket->counters().get("drop_control_slow_reader") == 1);
}

TEST_CASE("at most 64 clients are served at a time, and a place that is left is given again") {
  const TempDir dir;
  Echo echo(dir.file("s"));
  echo.serve([&] {
    std::vector<LineClient> clients;
    for (std::size_t i = 0; i < ControlSocket::max_clients; ++i) {
      auto client = LineClient::connect(dir.file("s"));
      REQUIRE(client);
      REQUIRE(client->send("here", limit));
      REQUIRE(client->receive(limit));
      clients.push_back(*std::move(client));
    }
    auto extra = LineClient::connect(dir.file("s"));
    REQUIRE(extra);
    CHECK_FALSE(extra->receive(limit));
    clients.clear();
    bool served = false;
    // That the 64 left is seen by the server a little later.
    for (int attempt = 0; attempt < 1000 && !served; ++attempt) {
      auto again = LineClient::connect(dir.file("s"));
      served = again && again->send("here", limit) && again->receive(limit);
    }
    CHECK(served);
  });
  CHECK(echo.socket->counters().get("drop_control_too_many") >= 1);
}

TEST_CASE("the socket file has mode 0660 or 0600 and goes with the socket") {
  const TempDir dir;
  const std::string path = dir.file("below/s");
  {
    const Echo echo(path);
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0117U) == 0);
    CHECK(S_ISSOCK(status.st_mode));
  }
  CHECK_FALSE(exists(path));
}

TEST_CASE("a socket file that nobody serves is replaced, one that is served is not") {
  const TempDir dir;
  const std::string path = dir.file("s");
  {
    const UniqueFd dead(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    REQUIRE(::bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  }
  REQUIRE(exists(path));
  const Echo echo(path);
  EventLoop loop;
  const auto second = ControlSocket::listen(loop, path, {});
  REQUIRE_FALSE(second);
  CHECK(second.error().code == std::errc::address_in_use);
  CHECK(exists(path));
}

TEST_CASE("something else in the place of the socket is left alone") {
  const TempDir dir;
  const std::string path = dir.file("s");
  std::ofstream(path) << "text";
  EventLoop loop;
  const auto refused = ControlSocket::listen(loop, path, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == std::errc::file_exists);
  CHECK(read_file(path, 10).value_or("") == "text");
  const auto long_path = ControlSocket::listen(loop, dir.file(std::string(120, 'x')), {});
  REQUIRE_FALSE(long_path);
  CHECK(long_path.error().code == std::errc::filename_too_long);
}

TEST_CASE("the socket of a node that took the path over stays when the older one ends") {
  const TempDir dir;
  const std::string path = dir.file("s");
  auto first = std::make_unique<Echo>(path);
  REQUIRE(::unlink(path.c_str()) == 0);
  const Echo second(path);
  first.reset();
  CHECK(exists(path));
}

TEST_CASE("S17: root and the own user change, the readers' group reads, others nothing") {
  CHECK(access_of({0, {0}}, 1000, {}) == Access::change);
  CHECK(access_of({1000, {1000}}, 1000, {}) == Access::change);
  CHECK(access_of({1001, {1001, 50}}, 1000, 50) == Access::read);
  CHECK(access_of({1001, {1001}}, 1000, 50) == Access::none);
  CHECK(access_of({1001, {1001, 50}}, 1000, {}) == Access::none);
}

TEST_CASE("a client says why there is no answer") {
  const TempDir dir;
  const auto none = LineClient::connect(dir.file("none"));
  REQUIRE_FALSE(none);
  CHECK(none.error().code == std::errc::no_such_file_or_directory);
  const Echo echo(dir.file("s"));  // its loop does not run
  auto client = LineClient::connect(dir.file("s"));
  REQUIRE(client);
  const auto late = client->receive(1ms);
  REQUIRE_FALSE(late);
  CHECK(late.error().code == std::errc::timed_out);
}
