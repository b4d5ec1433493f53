#include "overlay/candidates.hpp"

#include <algorithm>

#include "base/machine.hpp"

namespace ipop::overlay {
namespace {

bool is_loopback(const net::Endpoint& endpoint) {
  return std::visit([](const auto& address) { return address.is_loopback(); }, endpoint.address);
}

bool is_usable(const net::Ipv4Address& address) {
  const bool this_network = (address.value() >> 24U) == 0;  // RFC 1122, 3.2.1.3
  const bool reserved = (address.value() >> 28U) == 0xf;    // RFC 1112, section 4; broadcast is in it
  return !this_network && !reserved && !address.is_multicast();
}

bool is_usable(const net::Ipv6Address& address) {
  const bool multicast = address.octets[0] == std::byte{0xff};
  const bool zeros =
      std::all_of(address.octets.begin(), address.octets.begin() + 10, [](std::byte o) { return o == std::byte{0}; });
  const bool mapped = zeros && address.octets[10] == std::byte{0xff} && address.octets[11] == std::byte{0xff};
  return !multicast && !mapped && !address.is_link_local() && address != net::Ipv6Address{};
}

void add(std::vector<net::Endpoint>& out, const net::Endpoint& endpoint) {
  if (out.size() < max_candidates && std::ranges::find(out, endpoint) == out.end()) out.push_back(endpoint);
}

}  // namespace

bool is_private(const net::Endpoint& endpoint) {
  if (const auto v4 = endpoint.ipv4()) {
    const std::uint32_t value = v4->value();
    return value >> 24U == 10 || value >> 20U == 0xac1 || value >> 16U == 0xc0a8 || value >> 22U == 0x191 ||
           value >> 16U == 0xa9fe || v4->is_loopback();
  }
  const auto& v6 = std::get<net::Ipv6Address>(endpoint.address);
  return (v6.octets[0] & std::byte{0xfe}) == std::byte{0xfc} || v6.is_link_local() || v6.is_loopback();
}

net::Endpoint place_of(const net::Endpoint& endpoint) {
  net::Endpoint place = endpoint;
  place.port = 0;
  if (auto* v6 = std::get_if<net::Ipv6Address>(&place.address)) std::fill_n(v6->octets.begin() + 8, 8, std::byte{0});
  return place;
}

bool EndpointPolicy::allows(const net::Endpoint& endpoint) const {
  if (endpoint.port == 0) return false;
  if (!std::visit([](const auto& address) { return is_usable(address); }, endpoint.address)) return false;
  if (const auto v4 = endpoint.ipv4(); v4 && virtual_prefix && virtual_prefix->contains(*v4)) return false;
  return std::ranges::find(own, endpoint) == own.end();
}

bool EndpointPolicy::allows_candidate(const net::Endpoint& endpoint) const {
  if (is_loopback(endpoint) && std::ranges::none_of(own, is_loopback)) return false;
  return allows(endpoint);
}

std::vector<net::Endpoint> gather_candidates(const std::vector<net::Endpoint>& observed,
                                             const std::vector<net::Endpoint>& local, const EndpointPolicy& policy) {
  EndpointPolicy of_a_peer{policy.virtual_prefix, {}};
  std::vector<net::Endpoint> out;
  for (const auto& list : {observed, local}) {
    for (const net::Endpoint& endpoint : list) {
      if (of_a_peer.allows(endpoint)) add(out, endpoint);
    }
  }
  return out;
}

std::vector<net::Endpoint> usable_candidates(const std::vector<net::Endpoint>& theirs, const EndpointPolicy& policy) {
  std::vector<net::Endpoint> out;
  for (const net::Endpoint& endpoint : theirs) {
    const auto there = std::ranges::count(out, place_of(endpoint), place_of);
    if (static_cast<std::size_t>(there) < candidates_an_address && policy.allows_candidate(endpoint)) {
      add(out, endpoint);
    }
  }
  return out;
}

}  // namespace ipop::overlay
