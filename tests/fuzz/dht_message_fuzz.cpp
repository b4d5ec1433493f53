#include <cstdlib>

#include "dht/message.hpp"

using namespace ipop;

// A message that decodes encodes to the octets it came from.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan input(reinterpret_cast<const std::byte*>(data), size);
  const auto message = dht::decode_message(input);
  if (!message) return 0;
  if (!equal(dht::encoded(*message), input)) std::abort();
  return 0;
}
