#include "io/udp_segments.hpp"

#include <algorithm>
#include <cstring>
#include <netinet/in.h>
#include <netinet/udp.h>

namespace ipop::io {
namespace {

constexpr std::size_t max_segmented_octets = 65'000;

}  // namespace

std::size_t segment_run(std::span<const Bytes> datagrams) {
  if (datagrams.empty()) return 0;
  const std::size_t size = datagrams.front().size();
  std::size_t count = 1;
  std::size_t octets = size;
  while (count < datagrams.size() && count < most_segments) {
    const std::size_t next = datagrams[count].size();
    if (size == 0 || next == 0 || next > size || octets + next > max_segmented_octets) break;
    octets += next;
    ++count;
    if (next < size) break;
  }
  return count;
}

void split_segments(const net::Endpoint& from, ByteSpan octets, std::size_t segment, std::vector<UdpDatagram>& out) {
  if (segment == 0) segment = octets.size();
  do {
    const std::size_t size = std::min(segment, octets.size());
    out.push_back({from, octets.first(size)});
    octets = octets.subspan(size);
  } while (!octets.empty());
}

std::size_t joined_segment_size(msghdr& header) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != SOL_UDP || c->cmsg_type != UDP_GRO) continue;
    int size = 0;
    std::memcpy(&size, CMSG_DATA(c), sizeof(size));
    return size > 0 ? static_cast<std::size_t>(size) : 0;
  }
  return 0;
}

void set_segment_size(msghdr& header, SegmentControl& control, std::size_t octets) {
  header.msg_control = control.octets.data();
  header.msg_controllen = CMSG_SPACE(sizeof(std::uint16_t));
  cmsghdr* message = CMSG_FIRSTHDR(&header);
  message->cmsg_level = SOL_UDP;
  message->cmsg_type = UDP_SEGMENT;
  message->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
  const auto size = static_cast<std::uint16_t>(octets);
  std::memcpy(CMSG_DATA(message), &size, sizeof(size));
}

}  // namespace ipop::io
