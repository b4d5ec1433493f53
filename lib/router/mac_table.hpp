#pragma once

#include <cstddef>
#include <optional>

#include "base/expiring_map.hpp"
#include "base/time.hpp"
#include "net/ipv4_address.hpp"
#include "net/mac_address.hpp"

namespace ipop::router {

/// The MAC under which the node's server and all peers appear on the TAP: a locally administered
/// unicast address, so it collides with no card.
inline constexpr net::MacAddress server_mac{
    {std::byte{0xfe}, std::byte{0xfd}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}}};

/// The hosts on the client's side of the TAP, learned from the frames that they send. There may
/// be several: the TAP may be bridged to a virtual machine or a container.
class MacTable {
 public:
  static constexpr std::size_t most = 16;  // a flood of false sources only pushes out the idle ones

  MacTable();

  /// `mac` sent a frame. Groups and our own MAC are not learned.
  void learn(TimePoint now, const net::MacAddress& mac);
  /// `mac` said that it uses `address`.
  void learn(TimePoint now, const net::MacAddress& mac, net::Ipv4Address address);
  /// Where to send what is for `address`: who said that it uses it, else the only one known.
  [[nodiscard]] std::optional<net::MacAddress> find(net::Ipv4Address address) const;
  [[nodiscard]] bool knows(TimePoint now, const net::MacAddress& mac) const;
  [[nodiscard]] std::size_t size() const { return hosts_.size(); }

 private:
  struct Host {
    net::Ipv4Address address{};
    TimePoint seen{};
  };
  ExpiringMap<net::MacAddress, Host> hosts_;
};

}  // namespace ipop::router
