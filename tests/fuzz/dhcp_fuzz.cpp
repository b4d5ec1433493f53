#include <cstdlib>

#include "net/dhcp_message.hpp"

using namespace ipop;

// A message survives the way back and forth when the packet may be large; in the smallest packet it is
// refused or whole.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan input(reinterpret_cast<const std::byte*>(data), size);
  auto message = net::decode_dhcp(input);
  if (!message) return 0;
  for (const std::size_t limit : {std::size_t{576}, 4 * size + 1000}) {
    Bytes out;
    const bool is_written = net::encode(*message, out, limit).has_value();
    if (!is_written && limit > 576) std::abort();
    if (!is_written) continue;
    const auto again = net::decode_dhcp(out);
    if (!again || *again != *message || out.size() + 28 > limit) std::abort();
  }
  const auto count = message->options.all().size();
  message->options.order_by(message->options.parameter_request_list());
  if (message->options.all().size() != count) std::abort();
  return 0;
}
