#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "io/interface_addresses.hpp"

namespace ipop::daemon {

/// What a host's addresses mean for a node, kept from one look to the next.
class Underlay {
 public:
  Underlay(io::UnderlayRules rules, std::optional<net::Ipv4Prefix> virtual_network, std::uint16_t port)
      : rules_(std::move(rules)), virtual_network_(virtual_network), port_(port) {}

  struct Change {
    std::optional<std::vector<net::Endpoint>> endpoints{};  ///< the new ones, when they are others
    std::optional<std::string> overlap{};                   ///< a clash that was not there before
  };
  /// Compares with the last look.
  Change update(const std::vector<io::InterfaceAddress>& addresses);

  [[nodiscard]] const io::UnderlayRules& rules() const { return rules_; }

 private:
  io::UnderlayRules rules_;
  std::optional<net::Ipv4Prefix> virtual_network_;
  std::uint16_t port_;
  std::optional<std::vector<net::Endpoint>> endpoints_;
  std::optional<io::InterfaceAddress> overlap_;
};

/// The MTU of a TAP beside uplinks of which the widest has this one: 1400 at least, for paths of the internet, and what
/// fits into frames of 9000 at most. The heads of a direct link take 56 octets over IPv4 and 76 over IPv6; the rest are
/// for a tunnel on the way.
std::uint16_t mtu_for(unsigned widest_uplink);

/// `virtual prefix 10.128.0.0/9 overlaps 10.130.0.0/16 of eth0; ...` with a free one to choose.
std::string describe_overlap(const net::Ipv4Prefix& prefix, const io::InterfaceAddress& clash,
                             const std::vector<io::InterfaceAddress>& addresses);

/// The largest MTU of an interface that the rules take as the underlay; 0: there is none.
[[nodiscard]] unsigned widest_uplink(const std::vector<io::InterfaceAddress>& addresses,
                                     const io::UnderlayRules& rules);

}  // namespace ipop::daemon
