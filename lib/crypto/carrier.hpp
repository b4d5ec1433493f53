#pragma once

#include <array>
#include <compare>
#include <cstdint>

#include "base/bytes.hpp"

namespace ipop::crypto {

/// Where the packets of a channel travel, as octets that only the owner of the table understands. At most 48.
///
/// Who makes one says of what kind it is, how many of the first octets a single sender can't vary at no cost
/// (its source), and how many of those name the neighbourhood that one party may well hold (its network).
class Carrier {
 public:
  static constexpr std::size_t capacity = 48;

  enum class Transport : std::uint8_t {
    endpoint,  ///< an address and port of the underlay: a peer may come from another one at any time
    relay,     ///< through a member
    position,  ///< a place on the ring
  };
  /// In octets from the front: network <= source <= all.
  struct Prefixes {
    std::size_t source = capacity;
    std::size_t network = capacity;
  };

  Carrier() = default;
  Carrier(Transport transport, ByteSpan octets, Prefixes prefixes);

  [[nodiscard]] ByteSpan octets() const { return ByteSpan(octets_).first(size_); }
  [[nodiscard]] Transport transport() const { return transport_; }
  /// An IPv4 address, an IPv6 /64: for what is counted by sender.
  [[nodiscard]] Carrier source() const { return first(source_); }
  /// An IPv4 /24, an IPv6 /48: for what is shared out among senders.
  [[nodiscard]] Carrier network() const { return first(network_); }
  /// Of the same kind, as their makers say: an endpoint of the same family, a relay.
  [[nodiscard]] bool is_like(const Carrier& other) const {
    return transport_ == other.transport_ && source_ == other.source_ && network_ == other.network_;
  }
  friend auto operator<=>(const Carrier&, const Carrier&) = default;

 private:
  [[nodiscard]] Carrier first(std::size_t count) const;

  std::array<std::byte, capacity> octets_{};
  std::uint8_t size_ = 0;
  std::uint8_t source_ = 0;
  std::uint8_t network_ = 0;
  Transport transport_ = Transport::endpoint;
};

/// Whether a peer that was at `from` may turn up at `to`: a relay could else pass for the peer, and a position is
/// the peer.
inline bool may_follow(const Carrier& from, const Carrier& to) {
  return from.transport() == Carrier::Transport::endpoint && to.transport() == Carrier::Transport::endpoint;
}

}  // namespace ipop::crypto
