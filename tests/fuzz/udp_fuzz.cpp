#include "net/udp.hpp"

#include <cstdlib>

using namespace ipop;

// A datagram survives the way back and forth; its checksum is right or was not there.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan input(reinterpret_cast<const std::byte*>(data), size);
  const net::Ipv4Address source(10, 128, 0, 2);
  const net::Ipv4Address destination(10, 128, 0, 1);
  const auto datagram = net::decode_udp(input, source, destination);
  if (!datagram) return 0;
  Bytes out;
  net::encode(*datagram, source, destination, out);
  const auto again = net::decode_udp(out, source, destination);
  if (!again || again->source_port != datagram->source_port || again->destination_port != datagram->destination_port ||
      !equal(again->payload, datagram->payload)) {
    std::abort();
  }
  return 0;
}
