#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "base/counters.hpp"
#include "base/result.hpp"
#include "io/unique_fd.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::io {

/// Sends and receives ICMP for IPv4.
///
/// A ping socket where the kernel grants one (icmp(7): net.ipv4.ping_group_range), else a raw one, which
/// needs CAP_NET_RAW and also sees what belongs to other programs.
class PingSocket {
 public:
  struct Message {
    net::Ipv4Address from{};
    Bytes octets{};  ///< the ICMP message
  };

  /// `source` is the sender's address, one of this machine; `raw_identifier` that of the echo requests if
  /// it has to be a raw socket. Errors: std::errc::permission_denied, address_not_available, other errno.
  static Result<PingSocket> open(net::Ipv4Address source, std::uint16_t raw_identifier);

  /// Non-blocking, for a ReadWatch.
  [[nodiscard]] int fd() const { return socket_.get(); }
  /// The identifier that echo requests carry: of a ping socket the kernel chooses it.
  [[nodiscard]] std::uint16_t identifier() const { return identifier_; }
  /// From here on a packet leaves whole or not at all, whatever the kernel believes of the path. Errors: errno.
  Result<void> forbid_fragments();
  /// What the kernel refuses to send is counted, and lost as if it were lost on the way.
  void send(net::Ipv4Address to, ByteSpan message);
  /// What has arrived, at most 64 messages.
  std::vector<Message> receive();
  /// `ping_sent`, `drop_ping_firewall`, `drop_ping_unreachable`, `drop_ping_send_failed`,
  /// `drop_ping_malformed`.
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  PingSocket(UniqueFd socket, bool raw, std::uint16_t identifier)
      : socket_(std::move(socket)), raw_(raw), identifier_(identifier) {}

  UniqueFd socket_;
  bool raw_;
  std::uint16_t identifier_;
  Counters counters_;
};

}  // namespace ipop::io
