#pragma once

// Several datagrams in one buffer, as Linux takes them (UDP_SEGMENT) and gives them (UDP_GRO): all of one size, the
// last may be shorter.

#include <array>
#include <cstddef>
#include <span>
#include <sys/socket.h>
#include <vector>

#include "base/bytes.hpp"
#include "net/endpoint.hpp"

namespace ipop::io {

// The kernel's: UDP_MAX_SEGMENTS is 64 before Linux 6.9 and 128 after.
inline constexpr std::size_t most_segments = 64;

struct UdpDatagram {
  net::Endpoint from{};
  ByteSpan octets{};
};

/// How many of the first datagrams can leave as one UDP_SEGMENT buffer: equal sizes, the last may be
/// shorter; at most 64 segments and 65,000 octets. At least 1 when there is one.
std::size_t segment_run(std::span<const Bytes> datagrams);

/// Cuts what UDP_GRO joined; the last segment may be shorter. `segment` 0: one datagram.
void split_segments(const net::Endpoint& from, ByteSpan octets, std::size_t segment, std::vector<UdpDatagram>& out);

/// Room for the control message that says where each datagram of a buffer begins.
struct alignas(cmsghdr) SegmentControl {
  std::array<char, CMSG_SPACE(sizeof(int))> octets{};
};
/// What was received says so; 0: it is one datagram.
[[nodiscard]] std::size_t joined_segment_size(msghdr& header);
/// Says so of what is to be sent. `control` outlives the header.
void set_segment_size(msghdr& header, SegmentControl& control, std::size_t octets);

}  // namespace ipop::io
