#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "io/interface_addresses.hpp"
#include "io/unique_fd.hpp"

namespace ipop::io {

/// The socket under LanDiscovery: 239.255.77.80, UDP port 7780 (administratively scoped, RFC 2365,
/// 6.1), TTL 1.
///
/// IPv4 only: over IPv6 an announcement would come from a link-local address, and such an address
/// says nothing without its interface.
class MulticastSocket {
 public:
  struct Datagram {
    net::Endpoint from{};
    Bytes octets{};
  };

  /// Several nodes of one host share the port. Errors: errno.
  static Result<MulticastSocket> open();

  [[nodiscard]] int fd() const { return socket_.get(); }
  /// Listens and announces on these from here on: interfaces with an IPv4 address that is neither
  /// loopback nor the TAP's, at most 16.
  void set_interfaces(std::span<const InterfaceAddress> addresses, const UnderlayRules& rules);
  /// Sends on every interface; failures are left to the next announcement.
  void send(ByteSpan octets);
  /// What has arrived, at most 32 datagrams of 64 octets.
  std::vector<Datagram> receive();

 private:
  explicit MulticastSocket(UniqueFd socket) : socket_(std::move(socket)) {}

  UniqueFd socket_;
  std::vector<unsigned> interfaces_;  // indices, each once
};

}  // namespace ipop::io
