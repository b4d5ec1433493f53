#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "io/interface_addresses.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::daemon {

/// Puts the leased address on the TAP itself, for hosts without a DHCP client (`--configure`).
class TapAddress {
 public:
  explicit TapAddress(unsigned interface_index) : index_(interface_index) {}

  /// Replaces the one that was set before. Failures are log lines: the node goes on, and `ip addr add`
  /// does the same by hand.
  std::vector<LogLine> set(net::Ipv4Address address, unsigned prefix_length);
  std::vector<LogLine> clear();
  /// True when it was set, and somebody took it away since.
  [[nodiscard]] bool is_missing(const std::vector<io::InterfaceAddress>& addresses) const;
  std::vector<LogLine> restore();

 private:
  unsigned index_;
  std::optional<std::pair<net::Ipv4Address, unsigned>> current_;
};

}  // namespace ipop::daemon
