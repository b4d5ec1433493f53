#include "io/tcp_probe.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <vector>

#include "io/system_clock.hpp"
#include "io/unique_fd.hpp"

namespace ipop::io {
namespace {

// Fewer than a process may have open.
constexpr std::size_t most_at_once = 256;

struct Probe {
  net::Ipv4Address host{};
  UniqueFd fd{};
};

bool is_connected(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

/// The beginning of a connection; nothing when there is no way there.
std::optional<Probe> begin_probe(net::Ipv4Address host, std::uint16_t port) {
  Probe out{host, UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))};
  if (out.fd.get() < 0) return std::nullopt;
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(host.value());
  // The system's own signature.
  const auto* address = reinterpret_cast<const sockaddr*>(&to);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
  if (::connect(out.fd.get(), address, sizeof to) != 0 && errno != EINPROGRESS) return std::nullopt;
  return out;
}

void take_answers(std::vector<Probe> probes, TimePoint end, std::set<net::Ipv4Address>& out) {
  while (!probes.empty()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - monotonic_now());
    if (left.count() <= 0) return;
    std::vector<pollfd> waiting;
    for (const Probe& probe : probes)
      waiting.push_back({probe.fd.get(), POLLOUT, 0});
    if (::poll(waiting.data(), waiting.size(), static_cast<int>(left.count())) <= 0) continue;
    std::vector<Probe> rest;
    for (std::size_t i = 0; i < probes.size(); ++i) {
      if (waiting[i].revents == 0)
        rest.push_back(std::move(probes[i]));
      else if (is_connected(probes[i].fd.get()))
        out.insert(probes[i].host);
    }
    probes = std::move(rest);
  }
}

}  // namespace

std::set<net::Ipv4Address> hosts_that_answer(const std::set<net::Ipv4Address>& hosts, std::uint16_t port,
                                             Duration limit) {
  std::set<net::Ipv4Address> out;
  for (auto next = hosts.begin(); next != hosts.end();) {
    std::vector<Probe> probes;
    for (; next != hosts.end() && probes.size() < most_at_once; ++next)
      if (auto probe = begin_probe(*next, port)) probes.push_back(*std::move(probe));
    take_answers(std::move(probes), monotonic_now() + limit, out);
  }
  return out;
}

}  // namespace ipop::io
