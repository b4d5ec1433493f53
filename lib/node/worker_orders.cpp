#include "node/worker_orders.hpp"

#include <memory>
#include <optional>

#include "net/ipv4.hpp"

namespace ipop::node {
namespace {

// The worker stands beside the overlay and knows this head of its own.
static_assert(dataplane::RelayedHead::size == overlay::RelayedView::header_size);
static_assert(dataplane::RelayedHead::to_pass_on == static_cast<std::byte>(overlay::LinkPayload::relayed));
static_assert(dataplane::RelayedHead::final == static_cast<std::byte>(overlay::LinkPayload::relayed_final));

/// How long a worker repeats a decision. Less than the half second after which a path that gives nothing back is
/// probed, and short beside all that may change: every so often a packet of each flow comes through the node, which
/// keeps leases, links and their proofs alive and is told where the peer is.
constexpr Duration decision_holds = std::chrono::milliseconds(200);

}  // namespace

dataplane::Order order_of(const overlay::Overlay::LaneOpened& lane) {
  return dataplane::InstallLane{lane.receive_at, lane.send_to, lane.keys, lane.peer};
}

dataplane::Order order_of(const overlay::Overlay::LaneClosed& lane) {
  return dataplane::RemoveLane{lane.receive_at};
}

dataplane::Order order_of(const overlay::Overlay::MayPass& pass) {
  return dataplane::InstallPass{
      pass.source, pass.destination, pass.lanes, pass.endpoint, std::make_shared<dataplane::Loan>(pass.octets),
      pass.until};
}

std::vector<dataplane::InstallFlow> flows_of(TimePoint now, const overlay::Overlay::Way& way,
                                             std::span<const Bytes> packets, std::uint16_t mtu,
                                             std::uint16_t full_mtu) {
  std::vector<dataplane::InstallFlow> out;
  std::optional<net::Ipv4Addresses> last;
  for (const Bytes& packet : packets) {
    const auto addresses = net::ipv4_addresses(packet);
    if (!addresses || addresses == last) continue;
    last = addresses;
    out.push_back({addresses->source, addresses->destination, way.lanes, way.endpoint, mtu, mtu >= full_mtu,
                   now + decision_holds, way.relay});
  }
  return out;
}

dataplane::InstallSource source_of(TimePoint now, const router::Router::Admitted& admitted, bool carries_all) {
  return {admitted.peer, admitted.source, admitted.destination, admitted.to, carries_all, now + decision_holds};
}

}  // namespace ipop::node
