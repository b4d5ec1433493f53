#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "overlay/candidates.hpp"
#include "overlay/carrier.hpp"
#include "overlay/connect_to_me.hpp"
#include "overlay/link_journal.hpp"
#include "overlay/link_message.hpp"
#include "overlay/link_table.hpp"
#include "overlay/membership.hpp"
#include "overlay/overlay.hpp"
#include "overlay/relay.hpp"
#include "overlay/relaying.hpp"
#include "overlay/ring.hpp"
#include "overlay/routing.hpp"
#include "overlay/seeker.hpp"
#include "overlay/shot_pace.hpp"
#include "overlay/statuses.hpp"
#include "overlay/stranger_watch.hpp"
#include "overlay/twins.hpp"

namespace ipop::overlay {

/// What becomes of a link that one of the two ends closed.
constexpr LinkEnd end_by(CloseReason reason) {
  switch (reason) {
    case CloseReason::unneeded: return LinkEnd::unneeded;
    case CloseReason::full: return LinkEnd::full;
    case CloseReason::leaving: return LinkEnd::left;
    default: return LinkEnd::lost;
  }
}

/// Owns the parts of an Overlay and passes values from one to the next. Its functions stand in ten
/// files: overlay.cpp (the facade's inputs and the order of the maintenance), overlay_channels.cpp
/// (channels and the data path), overlay_links.cpp (life of a link), overlay_messages.cpp (link
/// messages and routed packets), overlay_relay.cpp (what goes through this node for others),
/// overlay_requests.cpp (connect-to-me), overlay_ring.cpp (what the ring wants), overlay_seeking.cpp
/// (how the seeker gets it), overlay_trust.cpp (who is a member, and two
/// nodes with one id).
class Overlay::State {
 public:
  State(Config config, crypto::HandshakeFactory& handshakes, crypto::AeadFactory& aeads, Rng& rng);

  // overlay.cpp
  void handle_wall_time(TimePoint now, WallTime wall);
  void start(TimePoint now);
  void stop(TimePoint now);
  void leave(TimePoint now);
  void handle_datagrams(TimePoint now, std::span<const Datagram> datagrams);
  void handle_local_endpoints(TimePoint now, std::vector<net::Endpoint> endpoints);
  void handle_bootstrap(TimePoint now, std::vector<net::Endpoint> endpoints);
  void handle_suspend(TimePoint now);
  void handle_timeout(TimePoint now);
  void send(TimePoint now, PacketType type, RouteMode mode, const NodeId& destination, ByteSpan payload);
  bool send_over_link(TimePoint now, const NodeId& peer, std::span<const ByteSpan> packets);
  void want_link(TimePoint now, const NodeId& peer);
  [[nodiscard]] std::optional<Way> way_to(const NodeId& peer) const;
  void handle_opened(TimePoint now, crypto::Spi lane, std::span<const ByteSpan> packets);
  void handle_traffic(TimePoint now, const LaneTraffic& traffic);
  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;
  [[nodiscard]] PairReport report(TimePoint now, const NodeId& peer) const;
  [[nodiscard]] std::vector<net::Endpoint> peers_to_remember() const;
  [[nodiscard]] std::optional<crypto::ChannelTable::Statistics> link_statistics(const NodeId& peer) const;
  [[nodiscard]] Counters counters() const;
  [[nodiscard]] const Config& config() const { return config_; }
  [[nodiscard]] const LinkTable& links() const { return links_; }
  [[nodiscard]] const NatBehavior& nat() const { return nat_; }
  [[nodiscard]] const StrangerWatch& strangers() const { return strangers_; }
  [[nodiscard]] bool is_joined() const { return ring_.is_joined(); }
  [[nodiscard]] std::uint64_t instance() const { return instance_; }

  // overlay_trust.cpp
  void handle_trust(TimePoint now, std::shared_ptr<const crypto::TrustStore> trust);
  void send_claim(TimePoint now, crypto::ChannelId channel, Bytes octets);

  [[nodiscard]] std::vector<NodeId> neighbours() const { return ring_.neighbours(links_); }
  [[nodiscard]] std::size_t size_estimate() const { return ring_.size_estimate(links_); }

 private:
  /// Which peer a running open() is for; zero: whoever is at a bootstrap endpoint.
  struct Opening {
    NodeId expected{};
    std::uint64_t attempt = 0;  ///< the table's name for it: the peer may answer from elsewhere
  };

  // overlay.cpp
  void begin_anew(TimePoint now, const std::string& why);
  void settle(TimePoint now);
  void run_timers(TimePoint now);
  void maintain(TimePoint now);
  void wake_by(std::optional<TimePoint> when) { due_ = earliest(due_, when); }
  void set_next_deadline();
  void address_changed(TimePoint now);
  /// Of this node, for all peers.
  [[nodiscard]] Statuses::Own own_status() const;
  void tell_statuses(TimePoint now);
  void log(LogLevel level, std::string text, std::vector<std::pair<std::string, std::string>> fields);

  // overlay_channels.cpp
  void pump(TimePoint now);
  void handle_channel(TimePoint now, crypto::ChannelTable::Transmit transmit);
  void handle_channel(TimePoint now, const crypto::ChannelTable::Opened& opened);
  void handle_channel(TimePoint now, const crypto::ChannelTable::Moved& moved);
  void handle_channel(TimePoint now, crypto::ChannelTable::Received received);
  void handle_channel(TimePoint now, const crypto::ChannelTable::Closed& closed);
  void handle_channel(TimePoint now, const crypto::ChannelTable::OpenFailed& failed);
  void handle_channel(TimePoint /*now*/, const LaneOpened& lane) { outputs_.push(lane); }
  void handle_channel(TimePoint /*now*/, const LaneClosed& lane) { outputs_.push(lane); }
  void open_path(TimePoint now, const LinkCarrier& carrier, const NodeId& expected);
  [[nodiscard]] std::map<crypto::Carrier, Opening>::iterator opening_of(const crypto::ChannelTable::Opened& opened);
  void cancel_openings(const NodeId& expected, bool direct_only);
  using Content = crypto::ChannelTable::Content;  // data: somebody would notice its loss
  enum class AnswerComes { here, anywhere };      // over the path, or another way, if any does
  bool seal(TimePoint now, Link& link, Path& path, std::span<const ByteSpan> payloads, Content content,
            AnswerComes answer = AnswerComes::here);
  void send_message(TimePoint now, Link& link, crypto::ChannelId channel, const LinkMessage& message);
  /// Over `channel`, if the link has it, else as speak(); nothing without a link.
  void tell_peer(TimePoint now, const NodeId& peer, const std::optional<crypto::ChannelId>& channel,
                 const LinkMessage& message);
  /// Over the path in use, or the latest while there is none.
  void speak(TimePoint now, Link& link, const LinkMessage& message);
  void send_ping(TimePoint now, Link& link, Path& path);
  void send_probe(TimePoint now, Link& link, Path& path);

  // overlay_relay.cpp
  /// Does what the relaying wants.
  void carry_out_relaying(TimePoint now);
  void pass_on(TimePoint now, const Relaying::Pass& pass);
  /// Workers may go on with this pair, if both ends have lanes.
  void let_pass(TimePoint now, const NodeId& source, const NodeId& destination);
  void handle_round_trip(TimePoint now, const Link& link, const Path& path, Duration measured);
  void handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Shaped& shaped);
  void handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const OtherInstance& other);
  void handle_message(TimePoint now, Link& link, crypto::ChannelId channel, InstanceClaim claim);
  void take_relayed(TimePoint now, const NodeId& relay, const std::vector<Bytes>& payloads);

  // overlay_links.cpp
  [[nodiscard]] std::uint16_t largest_wanted(const Path& path) const;
  /// Octets before a payload in the IP packets of a path.
  [[nodiscard]] static std::uint16_t heads_of(const Path& path);
  void path_opened(TimePoint now, const crypto::ChannelTable::Opened& opened, const LinkCarrier& carrier, bool leaf);
  /// False: each link is needed.
  [[nodiscard]] bool make_room(TimePoint now, const LinkCarrier& comes_over);
  void admit(TimePoint now, Link& link);
  void path_lost(TimePoint now, const NodeId& peer, crypto::ChannelId channel, const std::string& why,
                 LinkEnd end = LinkEnd::lost);
  void drop_relayed_paths(TimePoint now, const NodeId& relay, const std::optional<NodeId>& only_peer);
  void remove_link(TimePoint now, const NodeId& peer, const std::string& why, LinkEnd end = LinkEnd::lost);
  void close_link(TimePoint now, const NodeId& peer, CloseReason reason, const std::string& why);
  void close_path(TimePoint now, Link& link, crypto::ChannelId channel, CloseReason reason);
  void path_proven(TimePoint now, const NodeId& peer, crypto::ChannelId channel);
  void path_failing(TimePoint now, const NodeId& peer);
  void tell(TimePoint now, Link& link);
  void check_links(TimePoint now);
  void mark_unused(TimePoint now, const std::vector<NodeId>& changed);
  [[nodiscard]] bool is_used(TimePoint now, const Link& link) const;
  void check_liveness(TimePoint now, const NodeId& peer);
  void check_proofs(TimePoint now, const NodeId& peer);
  void settle_paths(TimePoint now, Link& link);
  void probe_all(TimePoint now);

  // overlay_messages.cpp
  void handle_link_message(TimePoint now, crypto::ChannelId channel, ByteSpan payload);
  void handle_message(TimePoint now, Link& link, crypto::ChannelId channel, Status status);
  void handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const StatusAck& ack);
  void handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Ping& ping);
  void handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Pong& pong);
  void handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Select& select);
  void handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Close& close);
  void handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Unreachable& unreachable);
  void handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Probe& probe);
  void handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const ProbeEcho& echo);
  void handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Carried& carried);
  void handle_observed(TimePoint now, const Link& link, const Path& path, const std::optional<net::Endpoint>& observed);
  void route(TimePoint now, RoutedPacket packet, const std::optional<NodeId>& previous,
             const std::optional<NodeId>& first_hop);
  void take_routed(TimePoint now, RoutedPacket packet, const NodeId& previous);

  // overlay_requests.cpp
  void handle_connect_to_me(TimePoint now, const RoutedPacket& packet, const NodeId& previous);
  void handle_request(TimePoint now, const RoutedPacket& packet, const ConnectToMe& request, const NodeId& previous);
  void spread_request(TimePoint now, const RoutedPacket& packet, ConnectToMe request,
                      const std::vector<NodeId>& next_to_source);
  void handle_answer(TimePoint now, const NodeId& source, const ConnectToMe& answer);
  void remember_reach(TimePoint now, const NodeId& source, const ConnectToMe& message);
  void send_request(TimePoint now, std::uint64_t token, const NodeId& destination, RouteMode mode, bool spread,
                    const Roles& roles, const std::optional<NodeId>& first_hop);
  [[nodiscard]] ConnectToMe make_connect_to_me(TimePoint now, ConnectToMe::Kind kind, std::uint64_t token) const;

  // overlay_trust.cpp
  /// Does what the membership wants.
  void carry_out_membership(TimePoint now);
  void admit_level_peers(TimePoint now);
  /// Does what the twins want.
  void carry_out_twins(TimePoint now);
  /// The path on which to speak with the peer; none without a link.
  [[nodiscard]] std::optional<crypto::ChannelId> speaking_with(const NodeId& peer) const;

  // overlay_seeking.cpp
  [[nodiscard]] Standing standing_of(const NodeId& peer) const;
  /// True when an attempt runs.
  bool seek(TimePoint now, const NodeId& peer, const Roles& roles, const NodeId& via);
  void give_candidates(TimePoint now, const NodeId& peer);
  void use_relay(TimePoint now, const NodeId& peer);
  /// One of `ours`, which are able_to_relay().
  void use_relay(TimePoint now, const NodeId& peer, const std::vector<RelayCandidate>& ours);
  [[nodiscard]] std::vector<RelayCandidate> able_to_relay() const;
  /// Does what the seeker wants.
  void carry_on_seeking(TimePoint now);
  void handle_seeking(TimePoint now, const Seeker::Ask& ask);
  void handle_seeking(TimePoint now, const Seeker::Shoot& shoot);
  void handle_seeking(TimePoint now, const Seeker::WantRelay& wanted);
  void handle_seeking(TimePoint now, const Seeker::OpenRelayed& open);
  void handle_seeking(TimePoint now, const Seeker::WantMember& wanted);
  void handle_seeking(TimePoint now, const Seeker::Failed& failed);
  void handle_seeking(TimePoint now, const Seeker::Began& began);
  void handle_seeking(TimePoint now, const Seeker::Noted& noted);

  // overlay_ring.cpp
  /// What the ring is shown at `now`.
  [[nodiscard]] Ring::View view(TimePoint now) const;
  /// Does what the ring wants.
  void carry_out_ring(TimePoint now);
  void assign_roles(TimePoint now);
  void seek_spare(TimePoint now);
  void improve_links(TimePoint now);
  void update_reachability();
  /// Nobody is linked: whoever said lately where it is may still be there.
  void learn_ways_back();
  [[nodiscard]] bool is_opening(const NodeId& peer) const;
  [[nodiscard]] bool is_on_path(const NodeId& peer, const net::Endpoint& endpoint) const;
  [[nodiscard]] bool may_open(const net::Endpoint& endpoint) const;

  Config config_;
  Rng& rng_;
  crypto::ChannelTable table_;
  std::uint64_t instance_ = 0;
  bool running_ = false;
  bool dirty_ = false;                    ///< something changed that maintain() must look at
  bool view_changed_ = false;             ///< links came or went
  bool all_lists_stale_ = false;          ///< every link may have a new status to tell
  std::set<NodeId> stale_lists_;          ///< the links to these may
  Status told_to_all_{};                  ///< as of the last look
  std::optional<TimePoint> due_;          ///< when run_timers() has something to do, or earlier
  std::optional<TimePoint> maintain_at_;  ///< when maintain() has, though nothing changed
  std::uint64_t next_attempt_ = 1;

  LinkTable links_;
  Seeker seeker_;
  Routing routing_;
  Twins twins_;
  std::map<crypto::Carrier, Opening> openings_;
  EndpointPolicy policy_;
  NatBehavior nat_;
  TimePoint doubt_pursued_{};
  StrangerWatch strangers_;
  Ring ring_;
  Statuses statuses_;
  ShotPace shots_;
  Membership membership_;
  Relaying relaying_;
  LinkJournal journal_;
  Counters counters_;
  OutputQueue<Output> outputs_;

  std::vector<net::Endpoint> told_observed_;
  NatClass told_nat_ = NatClass::unknown;
};

}  // namespace ipop::overlay
