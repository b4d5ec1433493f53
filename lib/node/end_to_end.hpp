#pragma once

#include <map>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "base/counters.hpp"
#include "base/expiring_map.hpp"
#include "base/machine.hpp"
#include "base/node_id.hpp"
#include "crypto/channel_table.hpp"
#include "overlay/back_off.hpp"

namespace ipop::node {

/// Sessions with nodes to which there is no link: sealed between the two ends, routed by members
/// that see only sizes.
///
/// A link to the same node is always the better way, so a session is opened only when none has
/// come `link_grace` after the first packet; packets wait meanwhile, within bounds.
class EndToEnd {
 public:
  static constexpr Duration link_grace = 300ms;      ///< three round trips of a 100 ms path
  static constexpr Duration parked_for = 5s;         ///< as long as a resolver or TCP's first retries wait
  static constexpr std::size_t parked_packets = 64;  ///< a peer; a burst of one window's start
  static constexpr std::size_t parked_peers = 256;
  /// Between sessions with a node that does not answer, or refuses: a guest goes on sending all the same.
  static constexpr overlay::BackOff::Pace pace{.first = 500ms, .longest = 60s, .stands = 10s};
  static constexpr std::size_t paced_peers = 1024;

  struct Route {  ///< channel packets for the node `to`
    NodeId to{};
    std::vector<Bytes> packets{};
  };
  struct Received {  ///< proven to come from `peer`
    NodeId peer{};
    std::vector<Bytes> packets{};
  };
  using Output = std::variant<Route, Received>;

  /// What is given by reference outlives this, `self` and `name_space` aside.
  EndToEnd(const NodeId& self, ByteSpan name_space, const crypto::Basis& basis, crypto::HandshakeFactory& handshakes,
           crypto::AeadFactory& aeads, Rng& rng);

  /// The basis has another trust store; sessions with whoever is no member end at once.
  void handle_trust_changed(TimePoint now);
  /// IP packets for a node without a link: sealed at once over an open session, else parked.
  void send(TimePoint now, const NodeId& peer, std::vector<Bytes> packets);
  /// A link to `peer` is up: what waited for it, oldest first.
  std::vector<Bytes> take_parked(const NodeId& peer);
  /// A routed channel packet that names `from` as its source.
  void handle_packet(TimePoint now, const NodeId& from, ByteSpan packet);
  /// After a suspend or clone: no counter may be used again.
  void drop_all();
  void handle_timeout(TimePoint now);

  [[nodiscard]] std::optional<Output> poll_output();
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;

  [[nodiscard]] std::size_t sessions() const { return by_peer_.size(); }
  [[nodiscard]] bool has_session(const NodeId& peer) const { return by_peer_.contains(peer); }
  /// Whether there is a session with `peer` in which something came within the last 10 s. One whose node
  /// is gone from its position looks open until it idles out: what is routed there is lost in silence.
  [[nodiscard]] bool hears(TimePoint now, const NodeId& peer) const;
  [[nodiscard]] Counters counters() const;

 private:
  struct Parked {
    std::vector<Bytes> packets{};
    TimePoint open_at{};
    TimePoint drop_at{};
    bool opening = false;
  };

  void pump(TimePoint now);
  [[nodiscard]] overlay::BackOff back_off_of(TimePoint now, const NodeId& peer) const;
  void remember(TimePoint now, const NodeId& peer, const overlay::BackOff& back_off);
  void flush(TimePoint now, const NodeId& peer, crypto::ChannelId channel);

  Rng& rng_;
  crypto::ChannelTable channels_;
  std::map<NodeId, crypto::ChannelId> by_peer_;
  std::map<crypto::ChannelId, NodeId> by_channel_;
  std::map<NodeId, Parked> parked_;
  ExpiringMap<NodeId, overlay::BackOff> back_off_{paced_peers};
  OutputQueue<Output> outputs_;
  Counters counters_;
};

}  // namespace ipop::node
