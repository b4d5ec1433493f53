#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/fifo.hpp"
#include "base/node_id.hpp"
#include "base/time.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::router {

/// IP packets that wait until it is known who holds an address. Bounded in number and time.
class ParkedPackets {
 public:
  // Our choice: about what the Linux neighbour queue holds for an address that does not answer yet.
  static constexpr std::size_t most_per_address = 64;
  static constexpr std::size_t most = 1024;
  // Our choice: a TCP SYN is sent again after 1 s and 3 s, so older packets only add duplicates.
  static constexpr Duration patience = 3s;

  struct Packet {
    NodeId from{};  ///< the peer that sent it; zero for the client's own
    Bytes octets{};
  };

  /// False (nothing kept) when the address or the whole is at its bound.
  bool park(TimePoint now, net::Ipv4Address address, const NodeId& from, ByteSpan octets);
  /// All packets that wait for `address`, oldest first; they are forgotten here.
  std::vector<Packet> take(net::Ipv4Address address);
  /// Forgets what waited too long; gives its number.
  std::size_t drop_expired(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> next_end() const;
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Addresses that packets of `peer` wait for.
  [[nodiscard]] std::size_t addresses_of(const NodeId& peer) const;
  [[nodiscard]] bool holds(net::Ipv4Address address) const { return waiting_.contains(address); }

 private:
  struct Waiting {
    TimePoint ends{};
    Packet packet{};
  };

  std::map<net::Ipv4Address, std::deque<Waiting>> waiting_;
  Fifo<std::pair<TimePoint, net::Ipv4Address>> ends_;  // in order: all wait equally long
  std::size_t size_ = 0;
};

}  // namespace ipop::router
