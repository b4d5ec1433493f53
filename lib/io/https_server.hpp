#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <sys/select.h>

#include "base/counters.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "io/descriptor_set.hpp"
#include "io/event_loop.hpp"
#include "io/unique_fd.hpp"
#include "net/endpoint.hpp"
#include "net/http.hpp"

struct MHD_Connection;
struct MHD_Daemon;

namespace ipop::io {

/// Takes HTTP requests over TLS (1.2 and 1.3), or without, on one address and port, one request a connection.
///
/// libmicrohttpd reads and writes on the loop's thread; no other thread is made. Bounds: 256
/// connections, 16 of one address, 32 KiB of headers, 10 s of silence and 20 s altogether for each
/// connection, of which it has 2 s left to itself when all places are taken. It waits for what a connection lacks, also
/// in the midst of a handshake: whoever sends half of something holds a place and no processor. It never asks a
/// resolver and writes no log.
class HttpsServer {
 public:
  /// By what the server is known, and whose certificates it asks clients for. All PEM; without a key: plain HTTP, for
  /// requests that prove themselves.
  struct Identity {
    std::string key{};
    std::string certificate{};
    /// A client without a certificate, or with another authority's, is served too: the handler judges.
    std::string client_authority{};
  };
  /// Answers one request; `source` is the client's address. Called from the loop.
  using Handler = std::function<net::HttpAnswer(const net::Endpoint& source, const net::HttpRequest& request)>;
  /// Gives the answer to one request, at once or later in the loop; one that comes after the client or the server has
  /// gone does nothing. Called at most once.
  using Reply = std::function<void(net::HttpAnswer answer)>;
  /// Takes a request whose answer comes later. Called from the loop.
  using LaterHandler = std::function<void(const net::Endpoint& source, const net::HttpRequest& request, Reply reply)>;

  static constexpr unsigned max_connections = 256;
  static constexpr unsigned max_connections_an_address = 16;
  static constexpr std::size_t max_headers = std::size_t{32} * 1024;
  static constexpr Duration idle_time = 10s;
  static constexpr Duration connection_time = 20s;
  /// While all places are taken: what a request takes by way of relays, and what others can wait for.
  static constexpr Duration crowded_time = 2s;

  /// `address` is one of this host; port 0: any that is free. A longer body than `max_body` octets is
  /// refused with 413. Errors: std::errc::address_in_use, address_not_available, permission_denied,
  /// other errno; Errc::malformed when TLS takes no such identity.
  static Result<std::unique_ptr<HttpsServer>> listen(EventLoop& loop, const net::Endpoint& address,
                                                     const Identity& identity, std::size_t max_body, Handler handler);
  static Result<std::unique_ptr<HttpsServer>> listen_for_later(EventLoop& loop, const net::Endpoint& address,
                                                               const Identity& identity, std::size_t max_body,
                                                               LaterHandler handler);

  HttpsServer(const HttpsServer&) = delete;
  HttpsServer& operator=(const HttpsServer&) = delete;
  /// Disconnects all.
  ~HttpsServer();

  [[nodiscard]] const net::Endpoint& address() const { return address_; }
  /// New connections see the new identity; those that are open are closed. Error: malformed; nobody is
  /// served then.
  Result<void> change_identity(const Identity& identity);
  /// `https_connections`, `https_requests`, `drop_https_slow`, `drop_https_large`; `https_rounds`: how often there was
  /// something to do.
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  struct Callbacks;
  struct Connection {
    std::uint64_t number = 0;
    int fd = -1;
    TimePoint begins{};
    bool is_over = false;               ///< its time; the library has not closed it yet
    bool is_asking = false;             ///< the handler runs for it
    MHD_Connection* waiting = nullptr;  ///< for the handler's answer
    std::optional<net::HttpAnswer> answer{};
  };
  struct Wanted {
    fd_set reading{};
    fd_set writing{};
    fd_set failing{};
    int highest = -1;
  };
  struct StopDaemon {
    void operator()(MHD_Daemon* daemon) const;
  };

  HttpsServer(EventLoop& loop, const net::Endpoint& address, std::size_t max_body, LaterHandler handler);
  void end_daemon();
  Result<void> start(UniqueFd socket, const Identity& identity);
  void work();
  /// The answer to the request on a connection has come; works when the loop gets to it.
  void reply(std::uint64_t number, net::HttpAnswer answer);
  /// What the library wants to read and write.
  Wanted poll_wanted();
  /// Waits for that.
  void watch_wanted();
  void end_slow_connections(TimePoint now);
  /// What a connection may take as things are.
  [[nodiscard]] Duration time_limit() const;

  EventLoop& loop_;
  net::Endpoint address_;
  std::size_t max_body_;
  LaterHandler handler_;
  Counters counters_;
  std::map<std::uint64_t, Connection> connections_;  // by number, oldest first
  std::uint64_t next_connection_ = 1;
  int listener_ = -1;                     // the library's
  std::optional<DescriptorSet> watched_;  // outlives the library, which tells of each connection that it closes
  std::unique_ptr<MHD_Daemon, StopDaemon> daemon_;
  std::unique_ptr<ReadWatch> watch_;
  LoopTimer timer_;
  std::shared_ptr<HttpsServer*> self_;  // what replies know of the server; empty when it has gone
  bool has_replies_ = false;            // a round for them is posted
};

}  // namespace ipop::io
