#include <cstdlib>

#include "base/bytes.hpp"
#include "crypto/handshake_frame.hpp"

using namespace ipop;

// What decodes encodes to the octets that it came from: a message, and the body of a frame alone.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan input(reinterpret_cast<const std::byte*>(data), size);
  // The tag is the input's own, so that its other fields are reached.
  ByteReader head(input);
  head.take(8);
  const auto tag = head.take_array<8>();
  if (const auto message = crypto::decode_handshake_message(tag, input)) {
    Bytes out;
    crypto::encode(tag, *message, out);
    if (!equal(out, input)) std::abort();
  }
  if (const auto frame = crypto::decode_frame_body(input)) {
    Bytes out;
    crypto::encode_frame_body(*frame, out);
    if (!equal(out, input)) std::abort();
  }
  return 0;
}
