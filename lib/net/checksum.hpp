#pragma once

// The Internet checksum: RFC 1071; incremental update: RFC 1624.

#include <cstdint>

#include "base/bytes.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::net {

/// Sums octets in parts, each starting where the part before ended, at an odd place too.
class ChecksumSum {
 public:
  void add(ByteSpan octets);
  void add(std::uint16_t word);
  void add(Ipv4Address address);
  /// The IPv4 pseudo header of UDP (RFC 768) and TCP (RFC 9293); `length` is of header and payload.
  void add_pseudo_header(Ipv4Address source, Ipv4Address destination, std::uint8_t protocol, std::size_t length);

  /// The complement of the sum, as it stands in a header; over octets that hold a right checksum: 0.
  [[nodiscard]] std::uint16_t finish() const;

 private:
  std::uint64_t sum_ = 0;  // of 16-bit words in network order, not yet folded
  bool odd_ = false;       // the parts so far hold an odd number of octets
};

/// The checksum of `octets` (RFC 1071, 1); 0 when they hold a right one.
[[nodiscard]] std::uint16_t internet_checksum(ByteSpan octets);

/// The checksum after one 16-bit word under it changed (RFC 1624, equation 3).
[[nodiscard]] std::uint16_t update_checksum(std::uint16_t checksum, std::uint16_t old_word, std::uint16_t new_word);

}  // namespace ipop::net
