#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "base/bytes.hpp"
#include "base/counters.hpp"
#include "base/result.hpp"
#include "io/dns_stream.hpp"
#include "io/event_loop.hpp"
#include "io/unique_fd.hpp"
#include "net/endpoint.hpp"

namespace ipop::io {

/// Takes DNS queries over TCP (RFC 7766) on one address and port: whoever asks keeps his connection for the answers.
///
/// Bounds: 64 connections, and 10 s for the next query on each. For a newcomer above that the source (an IPv4 address,
/// an IPv6 /64) that holds most places gives one up, the one without a query for longest: who holds many keeps out
/// himself.
class DnsStreams {
 public:
  struct Handlers {
    /// A query that came over this connection. It may call answer().
    std::function<void(std::uint64_t connection, ByteSpan query)> on_query;
    /// Whether this address may connect; empty: everybody.
    std::function<bool(const net::Endpoint& from)> admits{};
  };

  static constexpr std::size_t max_connections = 64;

  /// `address` is one of this host; port 0: any that is free. Errors: std::errc::address_in_use,
  /// address_not_available, permission_denied (ports below 1024), other errno.
  static Result<std::unique_ptr<DnsStreams>> listen(EventLoop& loop, const net::Endpoint& address, Handlers handlers);

  DnsStreams(const DnsStreams&) = delete;
  DnsStreams& operator=(const DnsStreams&) = delete;
  /// Disconnects all.
  ~DnsStreams();

  [[nodiscard]] const net::Endpoint& address() const { return address_; }
  /// At most 65,535 octets. A connection that ended is skipped.
  void answer(std::uint64_t connection, ByteSpan message);
  /// `drop_dns_*`.
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  struct Connection;

  DnsStreams(EventLoop& loop, const net::Endpoint& address, UniqueFd socket, Handlers handlers);
  void accept();
  void make_room();
  void disconnect(std::uint64_t connection);

  EventLoop& loop_;
  net::Endpoint address_;
  UniqueFd socket_;
  Handlers handlers_;
  std::map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::uint64_t next_connection_ = 1;
  Counters counters_;
  ReadWatch watch_;
};

}  // namespace ipop::io
