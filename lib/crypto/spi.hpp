#pragma once

#include <cstdint>

#include "base/strong_id.hpp"

namespace ipop::crypto {

/// Security parameters index (RFC 4303, 2.1): the number under which a node receives a session.
/// Below 256 is reserved; zero stands before handshake messages.
using Spi = StrongId<struct SpiTag, std::uint32_t>;

constexpr std::uint32_t first_spi = 256;

}  // namespace ipop::crypto
