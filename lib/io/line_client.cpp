#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/control_socket.hpp"
#include "io/system_clock.hpp"
#include "io/unix_address.hpp"

namespace ipop::io {

namespace {

constexpr std::size_t max_answer = std::size_t{16} << 20U;  // above what a node queues for a client

/// Waits until the socket is ready for `events`. Errors: timed_out, errno.
Result<void> wait_for(int fd, short events, TimePoint end) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - monotonic_now());
    pollfd entry{fd, events, 0};
    const int ready = left.count() <= 0 ? ::poll(&entry, 1, 0) : ::poll(&entry, 1, static_cast<int>(left.count()));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return last_error("waiting for the node");
    if (ready == 0 && monotonic_now() >= end)
      return make_error(std::make_error_code(std::errc::timed_out), "no answer from the node");
  }
}

}  // namespace

Result<LineClient> LineClient::connect(const std::string& path) {
  const auto address = unix_address(path);
  if (!address) return address.error();
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return last_error(path);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)) != 0) return last_error(path);
  const int flags = ::fcntl(fd.get(), F_GETFL);
  if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) != 0) return last_error(path);
  return LineClient(std::move(fd));
}

std::optional<bool> LineClient::is_server_replaced() const {
  // Of the other end of a client's socket the kernel keeps who called listen(2).
  ucred server{};
  socklen_t length = sizeof(server);
  if (::getsockopt(fd(), SOL_SOCKET, SO_PEERCRED, &server, &length) != 0 || server.pid <= 0) return std::nullopt;
  // proc(5): the text is behind the path of a file that has no name any more.
  constexpr std::string_view mark = " (deleted)";
  std::array<char, 4096> path{};
  const ssize_t size = ::readlink(("/proc/" + std::to_string(server.pid) + "/exe").c_str(), path.data(), path.size());
  if (size < 0) return std::nullopt;
  return std::string_view(path.data(), static_cast<std::size_t>(size)).ends_with(mark);
}

Result<void> LineClient::send(std::string_view line, Duration limit) {
  const TimePoint end = monotonic_now() + limit;
  const std::string whole = std::string(line) + '\n';
  std::string_view rest = whole;
  while (!rest.empty()) {
    const ssize_t sent = ::send(socket_.get(), rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) {
      rest.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (auto ready = wait_for(socket_.get(), POLLOUT, end); !ready) return ready;
    } else if (errno != EINTR) {
      return last_error("writing to the node");
    }
  }
  return {};
}

Result<std::string> LineClient::receive(Duration limit) {
  const TimePoint end = monotonic_now() + limit;
  std::array<char, 65'536> block;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by recv
  while (true) {
    const auto stop = received_.find('\n');
    if (stop != std::string::npos) {
      std::string line = received_.substr(0, stop);
      received_.erase(0, stop + 1);
      return line;
    }
    if (received_.size() > max_answer) return {Errc::too_large, "the node's answer is too long"};
    const ssize_t got = ::recv(socket_.get(), block.data(), block.size(), MSG_DONTWAIT);
    if (got > 0) {
      received_.append(block.data(), static_cast<std::size_t>(got));
    } else if (got == 0 || errno == ECONNRESET) {
      return make_error(std::make_error_code(std::errc::not_connected), "the node closed the connection");
    } else if (errno == EAGAIN) {
      if (auto ready = wait_for(socket_.get(), POLLIN, end); !ready) return std::move(ready).error();
    } else if (errno != EINTR) {
      return last_error("reading from the node");
    }
  }
}

}  // namespace ipop::io
