#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <sys/socket.h>
#include <vector>

#include "base/bytes.hpp"
#include "base/counters.hpp"
#include "base/result.hpp"
#include "io/refused_offload.hpp"
#include "io/udp_segments.hpp"
#include "io/udp_sockets.hpp"
#include "io/unique_fd.hpp"
#include "net/datagrams.hpp"
#include "net/endpoint.hpp"

namespace ipop::io {

/// One UDP port of this host: a socket for IPv4, and one for IPv6 where the host has it. Each of them may have doors:
/// more sockets of the same port, with buffers of their own, among which the kernel divides what arrives by its first
/// four octets, so that a flood of one kind fills one buffer and not all.
///
/// Datagrams are read and written in batches: recvmmsg with UDP_GRO, UDP_SEGMENT where the
/// kernel takes it, sendmmsg elsewhere. Don't-fragment is on, and what ICMP says of a path's MTU is not believed: the
/// overlay finds it out (RFC 8899, 4.5). What is larger than the interface's is counted and dropped.
class UdpPort {
 public:
  using Family = UdpFamily;
  using Datagram = UdpDatagram;

  /// What the kernel does for many datagrams in one call.
  struct Offloads {
    bool cuts = true;   ///< UDP_SEGMENT: what is sent
    bool joins = true;  ///< UDP_GRO: what is received

    friend bool operator==(const Offloads&, const Offloads&) = default;
  };

  /// `doors` are for datagrams whose first four octets, as a big-endian number, are odd: a number n comes to the door
  /// (n / 2 + n / 16) mod `doors`. All others, and short ones, come to the first socket.
  /// `port` 0: any that is free for both families. Errors: std::errc::address_in_use, other errno.
  /// Where IPv6 is missing or the port is taken there, the port has IPv4 alone. `wanted` is used as far as
  /// the kernel has it.
  static Result<UdpPort> open(std::uint16_t port, const Offloads& wanted, unsigned doors = 0);
  static Result<UdpPort> open(std::uint16_t port) { return open(port, Offloads()); }

  /// For others who read and send at the same time: the doors i, i + `hands`, i + 2 `hands`, ... for each i from 1 to
  /// `hands` - 1, as a port of their own. Empty, and nothing is given, where not every family has so many doors.
  [[nodiscard]] std::vector<UdpPort> give_doors(unsigned hands);

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// The sockets to wait for: none of a family that is not there, else the first one and the doors that the kernel has.
  [[nodiscard]] std::vector<int> fds(Family family) const;
  [[nodiscard]] bool has_ipv6() const { return !ipv6_.empty(); }

  /// In use at the moment: what a device of this host refused is tried again after a while.
  [[nodiscard]] Offloads offloads() const { return {cuts_.in_use(), joins_}; }

  /// What has arrived at the first socket, in order; empty when nothing is left. Valid until the next call.
  std::span<const Datagram> receive(Family family);
  /// The same as the kernel joined it, of one of fds(). The octets may be changed.
  std::span<const net::Datagrams> receive_joined(int fd);
  /// The last call took all that there was.
  [[nodiscard]] bool is_drained() const { return is_drained_; }
  /// Sends in order, to one endpoint. What the kernel does not take is counted and dropped.
  void send(const net::Endpoint& to, std::span<const Bytes> datagrams);
  /// Sends in order, to many endpoints. None of them has more than 64 datagrams and 65,000 octets.
  void send_joined(std::span<const net::Datagrams> runs);
  /// That the kernel took, since the start.
  [[nodiscard]] std::uint64_t octets_sent() const { return octets_sent_; }
  /// Of memory, of those that have not left this machine (SIOCOUTQ).
  [[nodiscard]] std::uint64_t octets_waiting() const;

  /// `udp_received`, `udp_sent`, `drop_udp_*`.
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  struct Buffers;

  UdpPort();

 public:
  UdpPort(UdpPort&&) noexcept;
  UdpPort& operator=(UdpPort&&) noexcept;
  ~UdpPort();

 private:
  [[nodiscard]] const std::vector<UniqueFd>& sockets_of(Family family) const {
    return family == Family::ipv4 ? ipv4_ : ipv6_;
  }
  [[nodiscard]] int first_of(Family family) const {
    const auto& sockets = sockets_of(family);
    return sockets.empty() ? -1 : sockets.front().get();
  }
  std::size_t send_segmented(int fd, const net::Endpoint& to, std::span<const Bytes> datagrams);
  std::size_t send_each(int fd, const net::Endpoint& to, std::span<const Bytes> datagrams);
  std::size_t send_runs(int fd, std::span<const net::Datagrams> runs);
  void send_apart(int fd, const net::Datagrams& run);
  void count_failure(int error, std::uint64_t datagrams = 1);
  std::size_t send_messages_from(int fd, std::span<mmsghdr> headers);
  void handle_refusal(int error);

  std::vector<UniqueFd> ipv4_;
  std::vector<UniqueFd> ipv6_;
  std::uint16_t port_ = 0;
  RefusedOffload cuts_;
  bool joins_ = true;
  std::unique_ptr<Buffers> buffers_;
  std::vector<Datagram> received_;
  std::vector<net::Datagrams> joined_;
  bool is_drained_ = true;
  std::uint64_t octets_sent_ = 0;
  Counters counters_;
};

}  // namespace ipop::io
