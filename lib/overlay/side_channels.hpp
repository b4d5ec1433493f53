#pragma once

#include <map>
#include <optional>
#include <vector>

#include "base/node_id.hpp"
#include "base/time.hpp"
#include "crypto/channel_table.hpp"
#include "overlay/carrier.hpp"

namespace ipop::overlay {

/// Former channels of linked peers that show another instance: they belong to no link, and stay for a moment.
///
/// Behind one of a peer that started anew is nobody. Behind one of a peer whose key runs twice is the other machine.
class SideChannels {
 public:
  static constexpr std::size_t most = 64;
  static constexpr std::size_t most_of_a_peer = 2;  ///< of the latest other node, and of one before
  static constexpr Duration lives = 10s;            ///< many round trips

  struct Side {
    NodeId peer{};
    LinkCarrier carrier{};
  };

  /// Gives the channels that made room: the owner closes them.
  std::vector<crypto::ChannelId> add(TimePoint now, crypto::ChannelId channel, const Side& side);
  [[nodiscard]] const Side* find(crypto::ChannelId channel) const;
  [[nodiscard]] std::vector<crypto::ChannelId> of(const NodeId& peer) const;
  [[nodiscard]] std::vector<crypto::ChannelId> all() const;
  void erase(crypto::ChannelId channel) { sides_.erase(channel); }
  void clear() { sides_.clear(); }
  /// Those whose time is over: the owner closes them.
  std::vector<crypto::ChannelId> take_expired(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> deadline() const;

 private:
  struct Entry {
    Side side{};
    TimePoint until{};
  };
  std::map<crypto::ChannelId, Entry> sides_;
};

}  // namespace ipop::overlay
