#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "overlay/link_finder.hpp"
#include "overlay/link_sender.hpp"
#include "overlay/links.hpp"
#include "overlay/membership.hpp"
#include "overlay/overlay.hpp"
#include "overlay/path_checks.hpp"
#include "overlay/path_openings.hpp"
#include "overlay/reachability.hpp"
#include "overlay/relaying.hpp"
#include "overlay/routing.hpp"
#include "overlay/statuses.hpp"
#include "overlay/twins.hpp"

namespace ipop::overlay {

/// The machines of an Overlay, and how values pass between them: what comes out of each goes to which others
/// (overlay_parts.cpp), and what happens to channels and packets (overlay_channels.cpp). Overlay's own functions are
/// the inputs (overlay.cpp), and the order in which what follows from one is done (overlay_order.cpp).
struct Overlay::State {
  State(Config config, const crypto::Basis& basis, crypto::HandshakeFactory& handshakes, crypto::AeadFactory& aeads,
        Rng& rng);

  void wake_by(std::optional<TimePoint> when) { due = earliest(due, when); }
  [[nodiscard]] Statuses::Own own_status() const;

  // overlay_parts.cpp: does what the machine wants
  void carry_out_links(TimePoint now);
  void carry_out_checks(TimePoint now);
  void carry_out_finder(TimePoint now);
  void carry_out_statuses(TimePoint now);
  void carry_out_relaying(TimePoint now);
  void carry_out_membership(TimePoint now);
  void carry_out_twins(TimePoint now);
  void carry_out_reachability(TimePoint now);
  void handle_removed(TimePoint now, const Links::Removed& removed);
  void handle_dead(TimePoint now, const PathChecks::Dead& dead);
  void admit_level_peers(TimePoint now);

  // overlay_channels.cpp
  void pump(TimePoint now);
  void handle_channel(TimePoint now, crypto::ChannelTable::Transmit transmit);
  void handle_channel(TimePoint now, const crypto::ChannelTable::Opened& opened);
  void handle_channel(TimePoint now, const crypto::ChannelTable::Moved& moved);
  void handle_channel(TimePoint now, crypto::ChannelTable::Received received);
  void handle_channel(TimePoint now, const crypto::ChannelTable::Closed& closed);
  void handle_channel(TimePoint now, const crypto::ChannelTable::OpenFailed& failed);
  void handle_channel(TimePoint /*now*/, const LaneOpened& lane) { outputs.push(lane); }
  void handle_channel(TimePoint /*now*/, const LaneClosed& lane) { outputs.push(lane); }
  void handle_path(TimePoint now, const crypto::ChannelTable::Opened& opened, const LinkCarrier& carrier,
                   bool is_bootstrap);
  void handle_link_message(TimePoint now, crypto::ChannelId channel, ByteSpan payload);
  void handle_twin(TimePoint now, const Link& link, crypto::ChannelId channel, const OtherInstance& other);
  void handle_twin(TimePoint now, const Link& link, crypto::ChannelId channel, InstanceClaim claim);
  void open_path(TimePoint now, const LinkCarrier& carrier, const NodeId& expected);
  void route(TimePoint now, RoutedPacket packet, const std::optional<NodeId>& previous,
             const std::optional<NodeId>& first_hop);
  void take_routed(TimePoint now, RoutedPacket packet, const NodeId& previous);
  void pass_on(TimePoint now, const Relaying::Pass& pass);
  /// Workers may go on with this pair, if both ends have lanes.
  void let_pass(TimePoint now, const NodeId& source, const NodeId& destination);
  void take_relayed(TimePoint now, const NodeId& relay, const std::vector<Bytes>& payloads);

  Config config;
  Rng& rng;
  crypto::ChannelTable table;
  std::uint64_t instance = 0;
  bool running = false;
  bool look_due = false;             ///< something changed that Overlay::look() is about
  bool view_changed = false;         ///< links came or went
  std::optional<TimePoint> due;      ///< when Overlay::run_timers() has something to do, or earlier
  std::optional<TimePoint> look_at;  ///< when Overlay::look() has, though nothing changed

  Links links;
  PathChecks checks;
  PathOpenings openings;
  Reachability reachability;
  LinkFinder finder;
  Statuses statuses;
  Routing routing;
  Relaying relaying;
  LinkSender sender;
  Membership membership;
  Twins twins;
  Counters counters;
  OutputQueue<Output> outputs;
};

}  // namespace ipop::overlay
