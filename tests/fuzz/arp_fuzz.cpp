#include "net/arp.hpp"

#include <cstdlib>

using namespace ipop;

// A packet that decodes is its 28 octets; what follows is padding.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan input(reinterpret_cast<const std::byte*>(data), size);
  const auto packet = net::decode_arp(input);
  if (!packet) return 0;
  Bytes out;
  net::encode(*packet, out);
  if (!equal(out, input.first(net::ArpPacket::size))) std::abort();
  return 0;
}
