#pragma once

#include <functional>
#include <memory>

#include "base/bytes.hpp"
#include "io/event_loop.hpp"
#include "io/unique_fd.hpp"

namespace ipop::io {

/// DNS messages on a TCP connection, each behind its length in two octets (RFC 1035, 4.2.2).
class DnsStream {
 public:
  struct Handlers {
    std::function<void(ByteSpan)> on_message;
    /// The connection is over or never came to be; last call. It may destroy the stream.
    std::function<void()> on_end;
  };

  static constexpr std::size_t max_backlog = std::size_t{256} << 10U;  ///< octets that the other end has not read

  /// `socket` is non-blocking, connected or about to be.
  DnsStream(EventLoop& loop, UniqueFd socket, Handlers handlers);
  DnsStream(const DnsStream&) = delete;
  DnsStream& operator=(const DnsStream&) = delete;
  ~DnsStream();

  /// Queues a message of at most 65,535 octets. A stream whose other end does not read ends, later.
  void send(ByteSpan message);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace ipop::io
