#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "net/ipv4.hpp"

namespace ipop::router {

/// Leads TCP connections of the client's side to the node's name server into the TCP of the client's own kernel, so
/// that the node needs none: a packet from `client` to port 53 of the server goes back as one from the server to
/// `listener`, a port of the client's address at which the daemon listens, and what the listener answers likewise.
///
///   client:p -> server:53         is turned into   server:p -> client:listener
///   client:listener -> server:p   is turned into   server:53 -> client:p
///
/// It keeps nothing: both ways are read off the packet. None for what is neither, for fragments, and for clients that
/// use port 53 themselves, whose two ways can't be told apart.
std::optional<Bytes> turn_stream(const net::Ipv4Packet& packet, std::uint16_t listener);

}  // namespace ipop::router
