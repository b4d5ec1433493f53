#pragma once

#include <string_view>

#include "base/bytes.hpp"
#include "base/node_id.hpp"
#include "net/ipv4.hpp"
#include "net/ipv4_address.hpp"
#include "net/ipv4_prefix.hpp"
#include "router/address_resolver.hpp"

namespace ipop::router {

/// Why a peer's packet must not reach the client whoever sent it: a name for Counters, or empty
/// when nothing speaks against it (S7, S9).
///
/// `leased` is the client's address. Refused are: what is not IPv4, packets for anybody else,
/// sources that nobody can lease (the server's, so forged DNS answers too; multicast, broadcast,
/// outside of the prefix, our own), DHCP in either direction, and first fragments too short to tell.
/// `addresses` is set whenever the packet is IPv4.
std::string_view refuse_from_peer(ByteSpan packet, net::Ipv4Address leased, const net::Ipv4Prefix& prefix,
                                  net::Ipv4Addresses& addresses);

/// Whether the source address of a packet belongs to the node that sent it.
enum class SourceVerdict {
  good,    ///< leased to it
  wrong,   ///< leased to another node
  vacant,  ///< leased to nobody when the DHT was asked last; a new lease may be younger than that
  open,    ///< not known yet: the packet may wait for the DHT
};
SourceVerdict check_source(const AddressResolver::Entry& entry, const NodeId& sender);

}  // namespace ipop::router
