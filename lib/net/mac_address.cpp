#include "net/mac_address.hpp"

#include "base/hex.hpp"

namespace ipop::net {

std::string to_string(const MacAddress& address) {
  std::string out;
  out.reserve(3 * MacAddress::size);
  for (const std::byte octet : address.octets()) {
    if (!out.empty()) out.push_back(':');
    out += to_hex(ByteSpan(&octet, 1));
  }
  return out;
}

}  // namespace ipop::net
