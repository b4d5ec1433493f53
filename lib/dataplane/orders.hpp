#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "base/node_id.hpp"
#include "base/time.hpp"
#include "crypto/handshake.hpp"
#include "crypto/session.hpp"
#include "net/endpoint.hpp"
#include "net/ipv4_address.hpp"
#include "net/mac_address.hpp"

namespace ipop::dataplane {

// What the node tells a worker. Each is a decision that the node has made by passing a packet on itself; a worker only
// repeats it, and only for as long as the order says.

/// Keys, counters and replay window of a session with `peer` that are this worker's alone. A lane is installed once:
/// its counters begin with it.
struct InstallLane {
  crypto::Spi receive_at{};  ///< the lane's name
  crypto::Spi send_to{};
  crypto::SessionKeys keys{};
  NodeId peer{};
};
struct RemoveLane {
  crypto::Spi receive_at{};
};
struct RemoveAllLanes {};

/// Packets of these addresses go over `lane` to `to`, those of at most `mtu` octets. With `relay`, the lane of a member
/// between, they are sealed for that one as well, who is at `to`.
struct InstallFlow {
  net::Ipv4Address source{};
  net::Ipv4Address destination{};
  crypto::Spi lane{};
  net::Endpoint to{};
  std::uint16_t mtu = 0;
  bool passes_syn = true;  ///< the node need not see the first packets of TCP connections
  TimePoint until{};
  std::optional<crypto::Spi> relay{};
};
/// Packets of `source` that come from `peer` are for the machine `to` on the TAP, which has `destination`.
struct InstallSource {
  NodeId peer{};
  net::Ipv4Address source{};
  net::Ipv4Address destination{};
  net::MacAddress to{};
  bool passes_syn = true;
  TimePoint until{};
};
/// This node is the member between: what `source` sealed for `destination` goes over `lane` to `to`, as many octets as
/// were lent to the two.
struct InstallPass {
  NodeId source{};
  NodeId destination{};
  crypto::Spi lane{};
  net::Endpoint to{};
  std::uint64_t octets = 0;
  TimePoint until{};
};
/// The decisions end; the lanes stay.
struct ForgetDecisions {};

using Order =
    std::variant<InstallLane, RemoveLane, RemoveAllLanes, InstallFlow, InstallSource, InstallPass, ForgetDecisions>;

}  // namespace ipop::dataplane
