#include "io/text_server.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <utility>

#include "io/socket_address.hpp"
#include "io/system_clock.hpp"

namespace ipop::io {

Result<std::unique_ptr<TextServer>> TextServer::listen(EventLoop& loop, const net::Endpoint& address, Handler handler) {
  SocketAddress where = to_socket_address(address);
  const std::string context = "listening on " + to_string(address);
  UniqueFd fd(::socket(where.get()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return last_error(context);
  const int on = 1;
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (::bind(fd.get(), where.get(), where.length) != 0 || ::listen(fd.get(), max_connections) != 0)
    return last_error(context);
  if (::getsockname(fd.get(), where.get(), &where.length) != 0) return last_error(context);
  const auto bound = to_endpoint(where.get());
  // The constructor is private.
  return std::unique_ptr<TextServer>(new TextServer(loop, bound.value_or(address), std::move(fd), std::move(handler)));
}

TextServer::TextServer(EventLoop& loop, const net::Endpoint& address, UniqueFd socket, Handler handler)
    : loop_(loop),
      address_(address),
      socket_(std::move(socket)),
      handler_(std::move(handler)),
      watch_(loop, socket_.get(), [this] { accept(); }),
      timer_(loop, [this] { end_slow_connections(); }) {}

TextServer::~TextServer() = default;

void TextServer::accept() {
  SocketAddress from;
  from.length = sizeof(from.storage);
  UniqueFd fd(::accept4(socket_.get(), from.get(), &from.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd) return;
  const auto client = to_endpoint(from.get());
  if (!client) return;
  if (is_busy(*client)) return counters_.add("drop_text_busy");
  auto text = handler_(*client);
  if (!text) return counters_.add("drop_text_refused");
  const std::uint64_t number = next_connection_++;
  Connection& made = connections_[number];
  made.socket = std::move(fd);
  made.client = *client;
  made.text = std::move(text);
  made.ends = monotonic_now() + connection_time;
  if (connections_.size() == 1) timer_.arm(made.ends);
  // What a client sends is taken only to see that it went away.
  made.watch = std::make_unique<ReadWatch>(loop_, made.socket.get(), [this, number] {
    const auto it = connections_.find(number);
    if (it == connections_.end()) return;
    std::array<char, 256> ignored;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by recv
    const ssize_t got = ::recv(it->second.socket.get(), ignored.data(), ignored.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    close(number, it->second.finishing && got == 0 ? "text_served" : "drop_text_closed");
  });
  write(number);
}

void TextServer::write(std::uint64_t number) {
  const auto it = connections_.find(number);
  if (it == connections_.end() || it->second.finishing) return;
  Connection& connection = it->second;
  while (connection.sent < connection.text->size()) {
    const ssize_t put = ::send(connection.socket.get(), connection.text->data() + connection.sent,
                               connection.text->size() - connection.sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put > 0) {
      connection.sent += static_cast<std::size_t>(put);
    } else if (errno == EAGAIN) {
      return connection.watch->on_writable([this, number] { write(number); });
    } else if (errno != EINTR) {
      return close(number, "drop_text_closed");
    }
  }
  // Closing at once would reset the connection if the client had sent something, and lose the end of the text.
  connection.finishing = true;
  (void)::shutdown(connection.socket.get(), SHUT_WR);
}

void TextServer::close(std::uint64_t number, std::string_view why) {
  counters_.add(why);
  connections_.erase(number);
}

void TextServer::end_slow_connections() {
  const TimePoint now = monotonic_now();
  while (!connections_.empty() && connections_.begin()->second.ends <= now)
    close(connections_.begin()->first, "drop_text_slow");
  if (!connections_.empty()) timer_.arm(connections_.begin()->second.ends);
}

bool TextServer::is_busy(const net::Endpoint& client) const {
  if (connections_.size() >= max_connections) return true;
  return std::ranges::any_of(connections_,
                             [&](const auto& entry) { return entry.second.client.address == client.address; });
}

}  // namespace ipop::io
