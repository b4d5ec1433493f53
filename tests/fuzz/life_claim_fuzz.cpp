#include <cstdlib>

#include "node/twin_watch.hpp"

using namespace ipop;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan input(reinterpret_cast<const std::byte*>(data), size);
  const auto claim = node::decode_life_claim(input);
  if (!claim) return 0;
  Bytes out;
  node::encode(*claim, out);
  if (!equal(out, input)) std::abort();
  return 0;
}
