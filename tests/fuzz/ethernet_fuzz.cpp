#include "net/ethernet.hpp"

#include <cstdlib>

using namespace ipop;

// A frame that decodes is the header and the payload, octet by octet.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan input(reinterpret_cast<const std::byte*>(data), size);
  const auto frame = net::decode_ethernet(input);
  if (!frame) return 0;
  Bytes out;
  net::encode(frame->header, out);
  append(out, frame->payload);
  if (!equal(out, input)) std::abort();
  return 0;
}
