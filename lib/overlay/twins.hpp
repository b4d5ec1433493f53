#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/counters.hpp"
#include "base/machine.hpp"
#include "base/node_id.hpp"
#include "base/time.hpp"
#include "crypto/channel_table.hpp"
#include "overlay/carrier.hpp"
#include "overlay/link_message.hpp"
#include "overlay/side_channels.hpp"

namespace ipop::overlay {

/// Two nodes with one id, seen by a peer that has links to both: it keeps the channel of the former beside the link
/// for a moment, tells both of each other, and passes on what each of them claims.
class Twins {
 public:
  struct Tell {
    crypto::ChannelId channel{};
    LinkMessage message{};
  };
  struct Close {
    crypto::ChannelId channel{};
  };
  using Output = std::variant<Tell, Close>;

  /// The channel belongs to no link any more, since its peer showed itself as another instance elsewhere.
  void put_aside(TimePoint now, crypto::ChannelId channel, const NodeId& peer, const LinkCarrier& carrier);
  /// The peer of the link, with which `channel` is, was `former` on the channels that were put aside, and is `latest`.
  void handle_instance(const NodeId& peer, crypto::ChannelId channel, std::uint64_t former, std::uint64_t latest);
  /// What came over a channel that was put aside. `linked`: the path on which to speak with who has the link.
  void handle_received(crypto::ChannelId channel, const std::vector<Bytes>& payloads,
                       const std::optional<crypto::ChannelId>& linked);
  /// A claim that came over `from`, for all others with the id of `peer`. `linked`: as above; none when it came from
  /// there.
  void pass_on(const NodeId& peer, crypto::ChannelId from, const LinkCarrier& carrier, Bytes octets,
               const std::optional<crypto::ChannelId>& linked);
  /// The peer whose channel was put aside.
  [[nodiscard]] std::optional<NodeId> peer_of(crypto::ChannelId channel) const;
  void handle_closed(crypto::ChannelId channel) { aside_.erase(channel); }
  /// Forgets and closes all.
  void close_all();
  /// All are closed already.
  void clear() { aside_.clear(); }

  void handle_timeout(TimePoint now);
  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const { return aside_.deadline(); }
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  SideChannels aside_;
  Counters counters_;
  OutputQueue<Output> outputs_;
};

static_assert(Machine<Twins>);

}  // namespace ipop::overlay
