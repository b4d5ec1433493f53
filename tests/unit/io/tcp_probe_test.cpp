#include "io/tcp_probe.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <doctest/doctest.h>

#include "io/unique_fd.hpp"

using namespace ipop;
using namespace ipop::io;

namespace {

/// A port of 127.0.0.1 that listens as long as the value lives.
struct Listener {
  UniqueFd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::uint16_t port = 0;

  Listener() {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* address = reinterpret_cast<sockaddr*>(&at);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
    REQUIRE(::bind(fd.get(), address, size) == 0);
    REQUIRE(::listen(fd.get(), 8) == 0);
    REQUIRE(::getsockname(fd.get(), address, &size) == 0);
    port = ntohs(at.sin_port);
  }
};

constexpr net::Ipv4Address here(127, 0, 0, 1);
// Of this machine as well, and nothing listens there.
constexpr net::Ipv4Address deaf(127, 0, 0, 2);

}  // namespace

TEST_CASE("who listens answers, and who refuses does not") {
  const Listener listener;
  const std::set<net::Ipv4Address> answering{here};
  CHECK(hosts_that_answer({here, deaf}, listener.port, 10s) == answering);
  CHECK(hosts_that_answer({}, listener.port, 10s).empty());
}
