#include "net/dns_name.hpp"

#include <cstdlib>

using namespace ipop;

// The input is a name on the wire and a name as text; both survive the way through the other form.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan input(reinterpret_cast<const std::byte*>(data), size);
  ByteReader in(input);
  if (const auto name = net::decode_dns_name(input, in)) {
    Bytes wire;
    net::encode(*name, wire);
    if (wire.size() != name->wire_size() || wire.size() > net::DnsName::max_wire_size) std::abort();
    ByteReader again_in(wire);
    const auto again = net::decode_dns_name(wire, again_in);
    if (!again || !again->is_spelled_like(*name) || !again_in.done()) std::abort();
    const auto parsed = net::parse_dns_name(net::to_string(*name));
    if (!parsed || !parsed->is_spelled_like(*name)) std::abort();
  }
  if (const auto name = net::parse_dns_name(as_text(input))) {
    const auto again = net::parse_dns_name(net::to_string(*name));
    if (!again || !again->is_spelled_like(*name)) std::abort();
    if (const auto address = net::parse_reverse_name(*name); address && net::reverse_name(*address) != *name) {
      std::abort();
    }
  }
  return 0;
}
