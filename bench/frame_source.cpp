#include "bench/frame_source.hpp"

#include <array>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace ipop::bench {

FrameSource::FrameSource(unsigned interface) : fd_(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)) {
  sockaddr_ll place{};
  place.sll_family = AF_PACKET;
  place.sll_ifindex = static_cast<int>(interface);
  const int on = 1;
  const bool is_good = ::setsockopt(fd_.get(), SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) == 0 &&
                       ::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&place), sizeof(place)) == 0;
  if (!is_good) fd_ = {};
}

bool FrameSource::send(const net::TapFrame& frame) {
  std::array<std::byte, net::VnetHeader::size> header{};
  net::encode(frame.header, header);
  const std::array<iovec, 2> pieces = {iovec{header.data(), header.size()},
                                       iovec{frame.octets.data(), frame.octets.size()}};
  return ::writev(fd_.get(), pieces.data(), pieces.size()) > 0;
}

}  // namespace ipop::bench
