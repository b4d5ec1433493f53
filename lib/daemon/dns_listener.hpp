#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "io/dns_streams.hpp"
#include "io/interface_addresses.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::daemon {

/// DNS over TCP for the machine's own programs: the kernel's TCP listens at the leased address, and the router turns
/// connections to the node's name server over to it (router/stream_turn.hpp). Only what was turned is let in: peers and
/// other programs, who find the port, are not.
class DnsListener {
 public:
  /// `server`: the name server's virtual address, from which turned connections come.
  DnsListener(io::EventLoop& loop, net::Ipv4Address server,
              std::function<void(std::uint64_t tag, ByteSpan query)> on_query)
      : loop_(loop), server_(server), on_query_(std::move(on_query)) {}

  /// Listens at `own` from when one of the interfaces has it; an earlier address is left then. The port, while it
  /// listens: a guest behind a bridge has the address on a machine of its own, where nobody would take connections.
  std::optional<std::uint16_t> look(std::optional<net::Ipv4Address> own,
                                    std::span<const io::InterfaceAddress> addresses);
  /// What came with this tag is answered; the connection may have ended.
  void answer(std::uint64_t tag, ByteSpan message);
  /// `drop_dns_*`, of the address of now.
  [[nodiscard]] Counters counters() const { return streams_ ? streams_->counters() : Counters(); }

 private:
  io::EventLoop& loop_;
  net::Ipv4Address server_;
  std::function<void(std::uint64_t, ByteSpan)> on_query_;
  std::uint64_t generation_ = 0;  // of streams_: an answer for earlier ones must not reach others' connections
  std::unique_ptr<io::DnsStreams> streams_;
};

}  // namespace ipop::daemon
