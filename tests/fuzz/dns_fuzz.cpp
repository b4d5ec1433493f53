#include <cstdlib>

#include "net/dns_message.hpp"

using namespace ipop;

namespace {

bool is_whole(const net::DnsMessage& a, const net::DnsMessage& b) {
  return a.answers.size() == b.answers.size() && a.authorities.size() == b.authorities.size() &&
         a.additionals.size() == b.additionals.size();
}

}  // namespace

// What is written can be read; it is the same message, spelling included, when all of it had room.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan input(reinterpret_cast<const std::byte*>(data), size);
  const auto message = net::decode_dns(input);
  if (!message) return 0;
  Bytes whole;
  net::encode(*message, whole, net::DnsMessage::tcp_limit);
  const auto again = net::decode_dns(whole);
  if (!again || again->questions != message->questions) std::abort();
  if (is_whole(*message, *again)) {
    if (*again != *message) std::abort();
    Bytes third;
    net::encode(*again, third, net::DnsMessage::tcp_limit);
    if (third != whole) std::abort();
  }

  Bytes small;
  net::encode(*message, small);
  const auto truncated = net::decode_dns(small);
  if (!truncated || truncated->questions != message->questions) std::abort();
  if (!is_whole(*message, *truncated) && truncated->additionals.size() == message->additionals.size() &&
      !truncated->header.tc) {
    std::abort();
  }
  return 0;
}
