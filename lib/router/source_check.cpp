#include "router/source_check.hpp"

#include "net/ipv4.hpp"
#include "net/udp.hpp"
#include "router/lease_candidates.hpp"

namespace ipop::router {
namespace {

std::size_t length_at(ByteSpan octets, std::size_t index) {
  return std::to_integer<std::size_t>(octets[index]) << 8U | std::to_integer<std::size_t>(octets[index + 1]);
}

}  // namespace

std::string_view refuse_from_peer(ByteSpan packet, net::Ipv4Address leased, const net::Ipv4Prefix& prefix,
                                  net::Ipv4Addresses& addresses) {
  const auto found = net::ipv4_addresses(packet);
  if (!found) return "drop_peer_not_ipv4";
  addresses = *found;
  const std::size_t total = length_at(packet, 2);
  if (packet.size() != total) return "drop_peer_length";
  if (addresses.destination.is_multicast()) return "drop_peer_multicast";
  if (addresses.destination.is_broadcast() || addresses.destination == prefix.broadcast()) return "drop_peer_broadcast";
  if (addresses.destination != leased) return "drop_peer_destination";
  if (addresses.source == prefix.server_address()) return "drop_peer_from_server_address";
  if (addresses.source == leased || !is_leasable(addresses.source, prefix)) return "drop_peer_source";

  const std::size_t header = (std::to_integer<std::size_t>(packet[0]) & 0x0fU) * 4;
  const bool is_first = (length_at(packet, 6) & 0x1fffU) == 0;
  if (std::to_integer<std::uint8_t>(packet[9]) != static_cast<std::uint8_t>(net::IpProtocol::udp) || !is_first)
    return {};
  // A later fragment could complete the header, so the ports must be here.
  if (total < header + net::UdpDatagram::header_size) return "drop_peer_udp_truncated";
  for (const std::size_t at : {header, header + 2}) {
    const std::size_t port = length_at(packet, at);
    if (port == net::udp_port_dhcp_server || port == net::udp_port_dhcp_client) return "drop_peer_dhcp";
  }
  return {};
}

SourceVerdict check_source(const AddressResolver::Entry& entry, const NodeId& sender) {
  switch (entry.knowledge) {
    case AddressResolver::Knowledge::holder: return entry.holder == sender ? SourceVerdict::good : SourceVerdict::wrong;
    case AddressResolver::Knowledge::nobody: return SourceVerdict::vacant;
    case AddressResolver::Knowledge::asking:
    case AddressResolver::Knowledge::unknown: break;
  }
  return SourceVerdict::open;
}

}  // namespace ipop::router
