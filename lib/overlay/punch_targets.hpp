#pragma once

#include <vector>

#include "net/endpoint.hpp"
#include "overlay/nat_behavior.hpp"

namespace ipop::overlay {

/// What one end of a pair knows of itself.
struct PunchSide {
  NatClass nat = NatClass::unknown;
  std::vector<net::Endpoint> observed{};  ///< where peers see it, outside its own addresses
  bool is_open = false;                   ///< who shoots at it gets in
};

/// Which of a peer's candidates get packets.
struct PunchTargets {
  std::vector<net::Endpoint> always{};  ///< with every shot
  std::vector<net::Endpoint> once{};    ///< with the first one: what most likely leads nowhere
  friend bool operator==(const PunchTargets&, const PunchTargets&) = default;
};

/// Two NATs that give each destination another mapping: no packet of one can guess the other's port.
inline bool can_not_punch(NatClass a, NatClass b) {
  return a == NatClass::address_dependent && b == NatClass::address_dependent;
}

/// One of the two gives each destination another mapping. Whether its packets pass is a matter of the other one's
/// filter: the first that arrives behind one of the other's own decides, and more of them change nothing.
inline bool is_one_sided(NatClass a, NatClass b) {
  return (a == NatClass::address_dependent) != (b == NatClass::address_dependent);
}

/// Sorts `candidates` of a peer behind a NAT of class `theirs` by what is known of both NATs:
/// - A private address leads to the peer when both stand behind one NAT, or none is known to be between.
/// - What others see of an address-dependent NAT is not what we would reach: one such endpoint of an address
///   opens our own NAT for what the peer sends, and more do nothing. When ours is of that kind as well, not even that.
/// - Every other one is as good as it looks. IPv6 passes no NAT that concerns us.
PunchTargets punch_targets(const PunchSide& own, NatClass theirs, const std::vector<net::Endpoint>& candidates);

}  // namespace ipop::overlay
