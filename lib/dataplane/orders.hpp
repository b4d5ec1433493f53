#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>

#include "base/bytes.hpp"
#include "base/node_id.hpp"
#include "base/time.hpp"
#include "crypto/handshake.hpp"
#include "crypto/lane.hpp"
#include "crypto/session.hpp"
#include "net/endpoint.hpp"
#include "net/ipv4_address.hpp"
#include "net/mac_address.hpp"

namespace ipop::dataplane {

// What the node tells its workers. Each is a decision that the node has made by passing a packet on itself; a worker
// only repeats it, and only for as long as the order says. A lane is for the one whose hand it is (crypto::hand_of),
// all else is for each of them.

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

/// What all workers together may pass on between two peers.
class Loan {
 public:
  explicit Loan(std::uint64_t octets) : left_(static_cast<std::int64_t>(octets)) {}
  /// False, and nothing is taken, when less is left.
  [[nodiscard]] bool take(std::uint64_t octets) {
    // The others see a moment too late what was taken: then somebody takes what is not there, and gives it back.
    const auto wanted = static_cast<std::int64_t>(octets);
    if (left_.fetch_sub(wanted, std::memory_order_relaxed) >= wanted) return true;
    left_.fetch_add(wanted, std::memory_order_relaxed);
    return false;
  }

 private:
  std::atomic<std::int64_t> left_;
};

/// Packets of these addresses go over `lanes` to `to`, those of at most `mtu` octets. With `relay`, the lanes of a
/// member between, they are sealed for that one as well, who is at `to`.
struct InstallFlow {
  net::Ipv4Address source{};
  net::Ipv4Address destination{};
  crypto::Lanes lanes{};
  net::Endpoint to{};
  std::uint16_t mtu = 0;
  bool passes_syn = true;  ///< the node need not see the first packets of TCP connections
  TimePoint until{};
  std::optional<crypto::Lanes> relay{};
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
/// This node is the member between: what `source` sealed for `destination` goes over `lanes` to `to`, as many octets as
/// were lent to the two.
struct InstallPass {
  NodeId source{};
  NodeId destination{};
  crypto::Lanes lanes{};
  net::Endpoint to{};
  std::shared_ptr<Loan> loan{};
  TimePoint until{};
};
/// The decisions end; the lanes stay.
struct ForgetDecisions {};

using Order =
    std::variant<InstallLane, RemoveLane, RemoveAllLanes, InstallFlow, InstallSource, InstallPass, ForgetDecisions>;

/// Which of `hands` workers an order is for; none: for each of them.
inline std::optional<unsigned> hand_for(const Order& order, unsigned hands) {
  if (const auto* install = std::get_if<InstallLane>(&order)) return crypto::hand_of(install->receive_at, hands);
  if (const auto* remove = std::get_if<RemoveLane>(&order)) return crypto::hand_of(remove->receive_at, hands);
  return std::nullopt;
}
/// Which of them takes a sealed packet: the first one what is of no lane.
inline unsigned hand_for(ByteSpan sealed, unsigned hands) {
  if (sealed.size() < crypto::Session::header_size) return 0;
  const crypto::Spi spi{ByteReader(sealed).read<std::uint32_t>()};
  return crypto::is_lane(spi) ? crypto::hand_of(spi, hands) : 0;
}

}  // namespace ipop::dataplane
