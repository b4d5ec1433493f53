#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <variant>
#include <vector>

#include "base/counters.hpp"
#include "base/node_id.hpp"
#include "base/time.hpp"
#include "crypto/channel_table.hpp"
#include "overlay/carrier.hpp"
#include "overlay/shot_pace.hpp"

namespace ipop::overlay {

/// The channels that are being opened, and for whom. The owner has the table of channels: it does what is given back.
class PathOpenings {
 public:
  struct Open {
    crypto::Carrier carrier{};
    std::optional<NodeId> expected{};  ///< none: whoever is there
    std::uint64_t attempt = 0;         ///< the table's name for it: the peer may answer from elsewhere
  };
  /// One runs there already: its first packet goes once more.
  struct Nudge {
    crypto::Carrier carrier{};
  };
  struct Opened {
    LinkCarrier asked{};
    NodeId expected{};  ///< zero: whoever is at a bootstrap endpoint
  };
  struct Cancelled {
    crypto::Carrier carrier{};
    NodeId expected{};
  };

  /// A path to `expected` there, zero: to whoever it is. Nothing where somebody else is being asked there, or too much
  /// goes to that endpoint.
  std::optional<std::variant<Open, Nudge>> open(TimePoint now, const LinkCarrier& carrier, const NodeId& expected);
  /// The one that this channel came from is over; none: the peer opened it.
  std::optional<Opened> take(const crypto::ChannelTable::Opened& opened);
  std::optional<Opened> take(const crypto::Carrier& carrier);
  /// Those for `expected`, and of them maybe only the direct ones.
  std::vector<Cancelled> cancel(const NodeId& expected, bool direct_only);
  /// Those over a relay, and of them maybe only those to one peer.
  std::vector<Cancelled> cancel_over(const NodeId& relay, const std::optional<NodeId>& only_peer);
  std::vector<Cancelled> cancel_all();

  [[nodiscard]] bool is_opening(const NodeId& peer) const;
  [[nodiscard]] bool contains(const crypto::Carrier& carrier) const { return running_.contains(carrier); }
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  struct Running {
    NodeId expected{};
    std::uint64_t attempt = 0;
  };
  using Map = std::map<crypto::Carrier, Running>;
  std::optional<Opened> take(Map::iterator running);
  template <class Which>
  std::vector<Cancelled> cancel_those(Which&& which);

  Map running_;
  ShotPace shots_;
  std::uint64_t next_attempt_ = 1;
  Counters counters_;
};

}  // namespace ipop::overlay
