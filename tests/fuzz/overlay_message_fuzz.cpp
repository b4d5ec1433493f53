#include <cstdlib>

#include "overlay/connect_to_me.hpp"
#include "overlay/link_message.hpp"
#include "overlay/packet.hpp"
#include "overlay/payload_parts.hpp"

using namespace ipop;

// The first octet picks the format; what decodes must encode to the octets that it came from.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteSpan input(reinterpret_cast<const std::byte*>(data), size);
  const ByteSpan rest = input.subspan(1);
  Bytes out;
  switch (data[0]) {
    case 1: {
      const auto message = overlay::decode_link_message(input);
      if (!message) return 0;
      overlay::encode(*message, out);
      if (!equal(out, input)) std::abort();
      break;
    }
    case 2: {
      const auto packet = overlay::decode_routed_packet(rest);
      if (!packet) return 0;
      overlay::encode(*packet, out);
      if (!equal(out, rest)) std::abort();
      break;
    }
    case 3:
    case 4:
    case 6: {
      const auto view = overlay::decode_relayed(input);
      if (!view) return 0;
      overlay::encode_relayed(static_cast<overlay::LinkPayload>(data[0]), view->other, view->inner, out);
      if (!equal(out, input)) std::abort();
      break;
    }
    case 5: {
      const auto part = overlay::decode_payload_part(input);
      if (!part) return 0;
      overlay::encode(*part, out);
      if (!equal(out, input)) std::abort();
      break;
    }
    default: {
      const auto message = overlay::decode_connect_to_me(rest);
      if (!message) return 0;
      overlay::encode(*message, out);
      if (!equal(out, rest)) std::abort();
      break;
    }
  }
  return 0;
}
