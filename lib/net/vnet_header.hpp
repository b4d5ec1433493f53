#pragma once

// What a TAP says before each frame (struct virtio_net_hdr, OASIS VIRTIO 1.2, 5.1.6), in the machine's own order:
//
//    flags 1 | gso type 1 | header length 2 | segment size 2 | checksum start 2 | checksum offset 2

#include <array>
#include <cstdint>
#include <span>

#include "base/bytes.hpp"

namespace ipop::net {

/// What is left to do on a frame: a checksum to complete, segments to cut.
struct VnetHeader {
  static constexpr std::size_t size = 10;

  enum class Cut : std::uint8_t {
    none = 0,
    tcp4 = 1,
    udp_fragments = 3,
    tcp6 = 4,
    udp = 5,  ///< UDP datagrams of one size, the last may be shorter
  };

  bool has_checksum_to_do = false;   ///< the field holds the sum of the pseudo header
  bool is_checksum_good = false;     ///< of a frame for the kernel: was looked at
  bool has_congestion_mark = false;  ///< the first of the TCP segments has CWR
  Cut cut = Cut::none;
  std::uint16_t header_length = 0;  ///< of all headers before the payload; only a hint
  std::uint16_t segment = 0;        ///< octets of payload of one segment
  std::uint16_t checksum_start = 0;
  std::uint16_t checksum_offset = 0;  ///< of the field, from the start

  friend bool operator==(const VnetHeader&, const VnetHeader&) = default;
};

/// Takes any octets: what the fields say is for the reader of the frame to judge. An unknown way to cut stays a
/// number without a name.
[[nodiscard]] VnetHeader decode_vnet_header(std::span<const std::byte, VnetHeader::size> octets);
void encode(const VnetHeader& header, std::span<std::byte, VnetHeader::size> out);

/// A frame that came from a TAP. Its reader may change the octets.
struct TapFrame {
  VnetHeader header{};
  std::span<std::byte> octets{};
};

/// A frame for a TAP: an Ethernet header, and a packet in pieces.
struct JoinedFrame {
  VnetHeader header{};
  std::array<std::byte, 14> ethernet{};
  std::span<const ByteSpan> packet{};
};

}  // namespace ipop::net
