#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "base/bytes.hpp"
#include "io/event_loop.hpp"
#include "net/dns_transport.hpp"
#include "net/endpoint.hpp"

namespace ipop::io {

/// Sends DNS queries to servers, each from a socket of its own, so that the kernel chooses another
/// port for every query and lets in only what comes from the server (RFC 5452, 9.2).
class DnsExchanges {
 public:
  struct Handlers {
    /// What came under this number; more may follow until end().
    std::function<void(std::uint64_t number, const net::Endpoint& from, ByteSpan message)> on_message;
    /// The server can't be reached, or closed the connection. The exchange is over.
    std::function<void(std::uint64_t number)> on_failure;
  };

  DnsExchanges(EventLoop& loop, Handlers handlers);
  DnsExchanges(const DnsExchanges&) = delete;
  DnsExchanges& operator=(const DnsExchanges&) = delete;
  ~DnsExchanges();

  /// Takes the place of an earlier exchange of this number. Handlers are called from the loop only. The
  /// caller bounds their number and their time.
  void begin(std::uint64_t number, const net::Endpoint& server, net::DnsTransport transport, ByteSpan query);
  /// Closes the socket; an unknown number is skipped.
  void end(std::uint64_t number);
  [[nodiscard]] std::size_t size() const;

 private:
  struct Exchange;
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace ipop::io
