#pragma once

#include <cstddef>
#include <optional>

#include "base/bytes.hpp"

namespace ipop::router {

/// The first packet of a TCP connection, changed so that whoever gets it sends segments that fit packets of
/// `mtu` octets (RFC 9293, 3.7.1); nullopt where nothing is to change: any other packet, a broken one, a
/// segment size that is small enough, or none (the sender then keeps to 536).
std::optional<Bytes> clamp_segment_size(ByteSpan packet, std::size_t mtu);

}  // namespace ipop::router
