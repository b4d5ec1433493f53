#include "daemon/underlay.hpp"

#include <algorithm>

namespace ipop::daemon {

namespace {

std::string name_of(unsigned index, const std::vector<io::InterfaceAddress>& addresses) {
  const auto it = std::ranges::find(addresses, index, &io::InterfaceAddress::index);
  return index == 0 || it == addresses.end() ? std::string() : it->interface;
}

}  // namespace

Underlay::Change Underlay::update(const std::vector<io::InterfaceAddress>& addresses) {
  Change change;
  auto endpoints = io::underlay_endpoints(addresses, rules_, port_);
  if (endpoints_ != endpoints) {
    endpoints_ = std::move(endpoints);
    change.endpoints = endpoints_;
  }
  if (!virtual_network_) return change;
  const auto overlap = io::find_overlap(addresses, *virtual_network_, name_of(rules_.tap, addresses));
  if (overlap && overlap_ != overlap) change.overlap = describe_overlap(*virtual_network_, *overlap, addresses);
  overlap_ = overlap;
  return change;
}

std::uint16_t mtu_for(unsigned widest_uplink) {
  constexpr unsigned heads = 100;
  return static_cast<std::uint16_t>(std::clamp(widest_uplink, 1500U, 9000U) - heads);
}

std::string describe_overlap(const net::Ipv4Prefix& prefix, const io::InterfaceAddress& clash,
                             const std::vector<io::InterfaceAddress>& addresses) {
  const auto network = clash.ipv4_prefix().value_or(net::Ipv4Prefix());
  std::string out = "virtual prefix " + to_string(prefix) + " overlaps " + to_string(network) + " of " +
                    clash.interface + "; choose another";
  const auto free = io::find_free_prefix(addresses);
  return free ? out + ", such as " + to_string(*free) + ", for the whole group" : out + " for the whole group";
}

unsigned widest_uplink(const std::vector<io::InterfaceAddress>& addresses, const io::UnderlayRules& rules) {
  unsigned widest = 0;
  for (const io::InterfaceAddress& entry : addresses) {
    if (entry.is_loopback() || !io::is_underlay(entry, rules)) continue;
    const auto state = io::find_interface(entry.index);
    if (state && *state) widest = std::max(widest, (*state)->mtu);
  }
  return widest;
}

}  // namespace ipop::daemon
