#include "net/icmp.hpp"

#include <cstdlib>

#include "net/ipv4.hpp"

using namespace ipop;

namespace {

void check_messages(ByteSpan input) {
  if (const auto message = net::decode_icmp(input)) {
    Bytes out;
    net::encode(*message, out);
    // All of the message is in the value but the two forms that a zero checksum has.
    if (out.size() != input.size() || !equal(ByteSpan(out).subspan(4), input.subspan(4))) std::abort();
  }
  if (const auto echo = net::decode_icmp_echo(input)) {
    Bytes out;
    net::encode(*echo, out);
    const auto again = net::decode_icmp_echo(out);
    if (!again || again->is_reply != echo->is_reply || again->identifier != echo->identifier ||
        again->sequence_number != echo->sequence_number || !equal(again->data, echo->data)) {
      std::abort();
    }
  }
  if (const auto unreachable = net::decode_icmp_unreachable(input)) {
    Bytes out;
    net::encode(*unreachable, out);
    const auto again = net::decode_icmp_unreachable(out);
    if (!again || again->code != unreachable->code || again->next_hop_mtu != unreachable->next_hop_mtu ||
        !equal(again->original, unreachable->original)) {
      std::abort();
    }
  }
}

}  // namespace

// The input is an ICMP message, and a datagram that is too large for its path.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan input(reinterpret_cast<const std::byte*>(data), size);
  check_messages(input);
  if (const auto answer = net::make_fragmentation_needed(net::Ipv4Address(10, 128, 0, 1), 1400, input)) {
    const auto packet = net::decode_ipv4(*answer);
    if (!packet || answer->size() > 576 || !net::decode_icmp_unreachable(packet->payload)) std::abort();
    // No error about an error, or two hosts would go on for ever.
    if (net::make_fragmentation_needed(net::Ipv4Address(10, 128, 0, 1), 1400, *answer)) std::abort();
  }
  return 0;
}
