#pragma once

#include <functional>
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
