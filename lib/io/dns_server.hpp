#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <variant>

#include "base/bytes.hpp"
#include "base/counters.hpp"
#include "base/result.hpp"
#include "io/dns_streams.hpp"
#include "io/event_loop.hpp"
#include "io/unique_fd.hpp"
#include "net/dns_transport.hpp"
#include "net/endpoint.hpp"

namespace ipop::io {

/// Takes DNS queries on one address and port, over UDP and TCP (RFC 7766), and gives the answers back
/// to whoever asked.
///
/// Bounds: 4096 octets a query over UDP, those of DnsStreams, and 1024 askers that wait, of whom the oldest makes room.
class DnsServer {
 public:
  /// A query, and the tag that its answer carries. False: no answer follows. It may call answer().
  using Handler = std::function<bool(std::uint64_t tag, net::DnsTransport transport, ByteSpan query)>;

  static constexpr std::size_t max_askers = 1024;

  /// `address` is one of this host; port 0: any that is free. Errors: std::errc::address_in_use,
  /// address_not_available, permission_denied (ports below 1024), other errno.
  static Result<std::unique_ptr<DnsServer>> listen(EventLoop& loop, const net::Endpoint& address, Handler handler);

  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;
  /// Disconnects all.
  ~DnsServer();

  [[nodiscard]] const net::Endpoint& address() const { return address_; }
  /// At most 65,535 octets. An asker that went away is skipped.
  void answer(std::uint64_t tag, ByteSpan message);
  /// `drop_dns_*`.
  [[nodiscard]] Counters counters() const;

 private:
  using Asker = std::variant<net::Endpoint, std::uint64_t>;  // a UDP client, or the number of a connection

  DnsServer(EventLoop& loop, const net::Endpoint& address, UniqueFd udp, Handler handler);
  void read_datagrams();
  void take_query(Asker asker, net::DnsTransport transport, ByteSpan query);

  net::Endpoint address_;
  UniqueFd udp_;
  Handler handler_;
  std::map<std::uint64_t, Asker> askers_;  // by tag, oldest first
  std::uint64_t next_tag_ = 1;
  Counters counters_;
  ReadWatch udp_watch_;
  std::unique_ptr<DnsStreams> streams_;
};

}  // namespace ipop::io
