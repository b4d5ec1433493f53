#include "authority/pinned_addresses.hpp"

#include <algorithm>

#include "base/bytes.hpp"

namespace ipop::authority {

std::vector<net::Ipv4Address> addresses_of(const std::vector<crypto::PinnedAddress>& pinned) {
  std::vector<net::Ipv4Address> out;
  for (const crypto::PinnedAddress& octets : pinned) {
    ByteReader in(octets);
    out.emplace_back(in.read<std::uint32_t>());
  }
  return out;
}

std::vector<crypto::PinnedAddress> pinned_of(const std::vector<net::Ipv4Address>& addresses) {
  std::vector<crypto::PinnedAddress> out;
  for (const net::Ipv4Address address : addresses) {
    Bytes octets;
    ByteWriter(octets).write(address.value());
    std::ranges::copy(octets, out.emplace_back().begin());
  }
  return out;
}

std::string to_text(const std::vector<net::Ipv4Address>& addresses) {
  std::string out;
  for (const net::Ipv4Address address : addresses)
    out += (out.empty() ? "" : ",") + to_string(address);
  return out;
}

}  // namespace ipop::authority
