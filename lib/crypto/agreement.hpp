#pragma once

#include <optional>

#include "crypto/channel_table.hpp"
#include "crypto/handshake_exchange.hpp"
#include "crypto/lane.hpp"

namespace ipop::crypto {

/// What a handshake leaves that is done: who the peer is, and keys.
struct Agreement {
  SessionId own{};
  SessionId remote{};
  HandshakeRole role{};
  AeadSuite suite{};
  PeerIdentity peer{};
  SessionKeys keys{};
  std::optional<LaneSecret> lane_secret{};  ///< if lanes are lent, and the peer's SPI has room for them
};

/// Of an exchange that is done.
Agreement agreement_of(const HandshakeExchange& exchange, const ChannelTable::Config& config);

}  // namespace ipop::crypto
