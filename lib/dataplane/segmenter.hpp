#pragma once

#include <array>
#include <string_view>

#include "dataplane/ip_fields.hpp"
#include "net/vnet_header.hpp"

namespace ipop::dataplane {

/// A frame from the TAP with what its kernel left to do: checksums, and cutting one large packet into those that
/// travel.
///
/// The packets are made one after the other in the frame's own octets: each is whole until the next is asked for, and
/// nothing is copied but headers.
class Segmenter {
 public:
  /// More of them from one frame would be segments of less than 64 octets.
  static constexpr std::size_t most_segments = 1024;

  /// `packet` is what follows the Ethernet header; the vnet header counts from the frame's begin. Padding behind an
  /// IPv4 packet is cut off. Empty, or the counter under which the frame is dropped: one that contradicts itself.
  [[nodiscard]] std::string_view begin(const net::VnetHeader& todo, Octets packet);

  /// The next whole packet; empty after the last.
  [[nodiscard]] Octets next();

  /// Octets of the largest packet that next() gives.
  [[nodiscard]] std::size_t largest() const;
  /// Packets that next() gives in all.
  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  static constexpr std::size_t most_header = 120;  // IPv4 and TCP, each with all options

  [[nodiscard]] std::string_view begin_cutting(const net::VnetHeader& todo);
  [[nodiscard]] std::string_view complete_only(const net::VnetHeader& todo);

  Octets packet_{};
  Transport transport_{};
  std::size_t segment_ = 0;  // octets of payload; 0: nothing to cut
  std::size_t count_ = 0;
  std::size_t given_ = 0;
  std::array<std::byte, most_header> header_{};
};

}  // namespace ipop::dataplane
