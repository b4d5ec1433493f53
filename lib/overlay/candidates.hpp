#pragma once

#include <optional>
#include <vector>

#include "net/endpoint.hpp"
#include "net/ipv4_prefix.hpp"

namespace ipop::overlay {

/// Endpoints of one peer that are worth a packet (RFC 8445 calls them candidates).
inline constexpr std::size_t max_candidates = 12;
/// Of them at one address: what its NAT maps, and a port that is open for all.
inline constexpr std::size_t candidates_an_address = 2;

/// The endpoint without what its owner varies at no cost: an IPv4 address, or a /64 of IPv6; port 0.
net::Endpoint place_of(const net::Endpoint& endpoint);

/// Of RFC 1918, 6598, 3927 and 4193, or loopback: the peer may stand on our side of a NAT.
bool is_private(const net::Endpoint& endpoint);

/// What this node may send link packets to.
struct EndpointPolicy {
  std::optional<net::Ipv4Prefix> virtual_prefix{};  ///< a link inside it would tunnel through itself
  std::vector<net::Endpoint> own{};

  /// False for port 0, unspecified, multicast, broadcast and reserved addresses, IPv4 in IPv6,
  /// IPv6 link-local (no scope travels with it), addresses of the virtual network and ourselves.
  [[nodiscard]] bool allows(const net::Endpoint& endpoint) const;
  /// The same for an endpoint that another node names: loopback addresses are his own, not ours,
  /// unless we use loopback ourselves (several nodes on one machine).
  [[nodiscard]] bool allows_candidate(const net::Endpoint& endpoint) const;
};

/// First observed, then local endpoints, without doubles, at most max_candidates.
std::vector<net::Endpoint> gather_candidates(const std::vector<net::Endpoint>& observed,
                                             const std::vector<net::Endpoint>& local, const EndpointPolicy& policy);
/// Those of a peer's candidates that we may send to, without doubles, at most max_candidates, and
/// candidates_an_address at one place: a peer may name somebody else.
std::vector<net::Endpoint> usable_candidates(const std::vector<net::Endpoint>& theirs, const EndpointPolicy& policy);

}  // namespace ipop::overlay
