#include <cstdlib>

#include "net/endpoint.hpp"
#include "net/ipv4_prefix.hpp"

using namespace ipop;

namespace {

template <class T>
void check(const std::optional<T>& value, std::optional<T> (*parse)(std::string_view)) {
  if (value && parse(net::to_string(*value)) != value) std::abort();
}

}  // namespace

// The input is the text of an address of each kind, and the wire form of an endpoint.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan input(reinterpret_cast<const std::byte*>(data), size);
  const std::string_view text = as_text(input);
  check(net::parse_ipv4_address(text), net::parse_ipv4_address);
  check(net::parse_ipv4_prefix(text), net::parse_ipv4_prefix);
  check(net::parse_ipv6_address(text), net::parse_ipv6_address);
  check(net::parse_endpoint(text), net::parse_endpoint);

  ByteReader in(input);
  if (const auto endpoint = net::decode_endpoint(in)) {
    Bytes out;
    ByteWriter writer(out);
    net::encode(*endpoint, writer);
    if (!equal(out, input.first(out.size()))) std::abort();
    check(std::optional(*endpoint), net::parse_endpoint);
  }
  return 0;
}
