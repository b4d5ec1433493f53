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

  /// With a peer that has just proved itself.
  [[nodiscard]] static Channel with(TimePoint now, ChannelId id, const PeerIdentity& peer, const Carrier& carrier);

  void note_sent(TimePoint now, std::uint64_t packets) {
    statistics.last_sent = now;
    statistics.packets_sent += packets;
  }
  /// Authenticated ones.
  void note_received(TimePoint now, std::uint64_t packets) {
    statistics.last_received = now;
    statistics.packets_received += packets;
  }
  /// All that went over a lane but the packets that came, which are note_received().
  void note_traffic(TimePoint now, const ChannelTable::LaneTraffic& traffic);
  /// Sends with another session from here on. The one before receives until then, and the one before that is dropped.
  void rotate(std::unique_ptr<Session> session, TimePoint until);
  /// When time does something to it.
  [[nodiscard]] TimePoint due_at(Duration idle_close) const;

  [[nodiscard]] Session* session_at(Spi spi) const {
    for (const auto* session : {&current, &next, &previous}) {
      if (*session && (*session)->receive_at() == spi) return session->get();
    }
    return nullptr;
  }
};

}  // namespace ipop::crypto
