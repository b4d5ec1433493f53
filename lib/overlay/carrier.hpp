#pragma once

#include <optional>
#include <variant>

#include "base/node_id.hpp"
#include "crypto/channel_table.hpp"
#include "net/endpoint.hpp"

namespace ipop::overlay {

/// The way of a link's packets through a member that has direct links to both ends.
struct RelayPath {
  NodeId relay{};
  NodeId peer{};  ///< the other end

  friend auto operator<=>(const RelayPath&, const RelayPath&) = default;
};

/// Where the packets of a link travel.
using LinkCarrier = std::variant<net::Endpoint, RelayPath>;

/// The form that crypto::ChannelTable keeps. It never reaches the wire, but the cookie covers it.
///
///    1 | IPv4 address 4 | port 2
///    2 | IPv6 address 16 | port 2
///    3 | relay 20 | peer 20
crypto::Carrier to_carrier(const LinkCarrier& carrier);
/// Nothing for octets that to_carrier did not make.
std::optional<LinkCarrier> from_carrier(const crypto::Carrier& carrier);

}  // namespace ipop::overlay
