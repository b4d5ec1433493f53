#include "net/ipv4.hpp"

#include <cstdlib>

using namespace ipop;

// A datagram survives the way back and forth, and the peek of the data path agrees with the decoder.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan input(reinterpret_cast<const std::byte*>(data), size);
  const auto addresses = net::ipv4_addresses(input);
  const auto packet = net::decode_ipv4(input);
  if (!packet) return 0;
  if (addresses != net::Ipv4Addresses{packet->header.source, packet->header.destination}) std::abort();
  Bytes out;
  net::encode(*packet, out);
  const auto again = net::decode_ipv4(out);
  if (!again || again->header != packet->header || !equal(again->options, packet->options) ||
      !equal(again->payload, packet->payload)) {
    std::abort();
  }
  return 0;
}
