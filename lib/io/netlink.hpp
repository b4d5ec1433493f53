#pragma once

#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "base/result.hpp"
#include "io/event_loop.hpp"
#include "io/interface_addresses.hpp"
#include "io/unique_fd.hpp"

namespace ipop::io {

/// The addresses of all interfaces that are up, in the kernel's order (rtnetlink(7)). Tentative
/// and deprecated IPv6 addresses are left out.
Result<std::vector<InterfaceAddress>> list_addresses();

/// Puts an address on an interface, with its network's width. One that is there already is no
/// error. Errors: errno.
Result<void> add_address(unsigned interface_index, const net::Ipv4Address& address, unsigned prefix_length);
/// Takes it away. One that is not there is no error.
Result<void> remove_address(unsigned interface_index, const net::Ipv4Address& address, unsigned prefix_length);

/// An interface as it is at the moment.
struct InterfaceState {
  std::string name{};
  bool is_up = false;
  unsigned mtu = 0;
  bool has_carrier = false;  ///< a TAP: some program holds it
  bool is_tap = false;
  bool is_multi_queue = false;         ///< a TAP of several queues
  std::optional<uid_t> owner{};        ///< who may open a TAP without rights; none: anybody
  std::optional<gid_t> owner_group{};  ///< likewise
};
/// Asked for by index, which stays when the name changes. None: there is no such interface. Errors: errno.
Result<std::optional<InterfaceState>> find_interface(unsigned index);
Result<std::optional<InterfaceState>> find_interface(const std::string& name);
/// Brings an interface up with this MTU. Errors: errno.
Result<void> bring_up(unsigned index, unsigned mtu);
/// Writes the mark of a node's TAP into the interface's alias (`ip -d link`), or takes it away: so other nodes of
/// this machine know what is no underlay. Errors: errno.
Result<void> mark_of_node(unsigned index, bool is_one);

/// Calls its handler after addresses or interfaces came, went or changed.
class AddressMonitor {
 public:
  static Result<AddressMonitor> open(EventLoop& loop, std::function<void()> on_change);

 private:
  AddressMonitor(UniqueFd socket, EventLoop& loop, std::function<void()> on_change);

  UniqueFd socket_;
  ReadWatch watch_;
};

}  // namespace ipop::io
