#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/node_id.hpp"
#include "base/time.hpp"
#include "crypto/channel_table.hpp"
#include "crypto/elsewhere.hpp"
#include "crypto/hash.hpp"
#include "crypto/session.hpp"

namespace ipop::crypto {

/// A channel in use: up to three sessions while keys change, one to send with.
struct Channel {
  ChannelId id{};
  NodeId peer{};
  Digest256 peer_key{};  ///< by these two a list may revoke the peer
  std::string peer_user{};
  Carrier carrier{};
  std::optional<Elsewhere> elsewhere{};
  std::unique_ptr<Session> current{};   ///< sends and receives
  std::unique_ptr<Session> next{};      ///< client of a rekey: receives; sends once the peer used it
  std::unique_ptr<Session> previous{};  ///< receives until previous_until
  TimePoint previous_until{};
  std::optional<Spi> opening{};      ///< the first handshake, as long as it may have something to say
  std::optional<Spi> unconfirmed{};  ///< the session that the peer has still to use for the first time
  TimePoint last_payload{};          ///< of the owner, either way
  std::optional<TimePoint> last_probe{};
  LaneOffers lane_offers{};
  ChannelTable::Statistics statistics{};

  [[nodiscard]] Session* session_at(Spi spi) const {
    for (const auto* session : {&current, &next, &previous}) {
      if (*session && (*session)->receive_at() == spi) return session->get();
    }
    return nullptr;
  }
};

}  // namespace ipop::crypto
