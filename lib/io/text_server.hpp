#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/counters.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "io/event_loop.hpp"
#include "io/unique_fd.hpp"
#include "net/endpoint.hpp"

namespace ipop::io {

/// Gives whoever connects over TCP one text, and closes. Nothing is read, so nothing can be asked wrongly.
///
/// Bounds: 8 connections, one of an address, a minute each; more are closed at once.
class TextServer {
 public:
  /// The text for a client; none: it is not served.
  using Handler = std::function<std::shared_ptr<const std::string>(const net::Endpoint& client)>;

  static constexpr std::size_t max_connections = 8;
  static constexpr Duration connection_time = 60s;

  /// `address` is one of this host. Errors: std::errc::address_in_use, address_not_available,
  /// permission_denied, other errno.
  static Result<std::unique_ptr<TextServer>> listen(EventLoop& loop, const net::Endpoint& address, Handler handler);

  TextServer(const TextServer&) = delete;
  TextServer& operator=(const TextServer&) = delete;
  /// Disconnects all.
  ~TextServer();

  [[nodiscard]] const net::Endpoint& address() const { return address_; }
  /// `text_served`, `drop_text_refused`, `drop_text_busy`, `drop_text_slow`, `drop_text_closed`.
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  struct Connection {
    UniqueFd socket{};
    net::Endpoint client{};
    std::shared_ptr<const std::string> text{};
    std::size_t sent = 0;
    bool finishing = false;
    TimePoint ends{};
    std::unique_ptr<ReadWatch> watch{};
  };

  TextServer(EventLoop& loop, const net::Endpoint& address, UniqueFd socket, Handler handler);
  void accept();
  void write(std::uint64_t number);
  void close(std::uint64_t number, std::string_view why);
  void end_slow_connections();
  [[nodiscard]] bool is_busy(const net::Endpoint& client) const;

  EventLoop& loop_;
  net::Endpoint address_;
  UniqueFd socket_;
  Handler handler_;
  Counters counters_;
  std::map<std::uint64_t, Connection> connections_;  // by number, oldest first
  std::uint64_t next_connection_ = 1;
  ReadWatch watch_;
  LoopTimer timer_;
};

}  // namespace ipop::io
