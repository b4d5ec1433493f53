#include <cstdlib>

#include "node/query.hpp"

using namespace ipop;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan input(reinterpret_cast<const std::byte*>(data), size);
  const auto message = node::decode_query_message(input);
  if (!message) return 0;
  Bytes out;
  node::encode(*message, out);
  if (!equal(out, input)) std::abort();
  return 0;
}
