#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/counters.hpp"
#include "base/machine.hpp"
#include "base/node_id.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"
#include "net/endpoint.hpp"
#include "overlay/connect_to_me.hpp"
#include "overlay/link_table.hpp"
#include "overlay/links.hpp"
#include "overlay/packet.hpp"
#include "overlay/path_openings.hpp"
#include "overlay/reachability.hpp"
#include "overlay/ring.hpp"
#include "overlay/seeker.hpp"

namespace ipop::overlay {

/// Gets this node the links that it wants: Ring says which, Seeker how each of them comes about, and this one speaks
/// connect-to-me for both (RFC 8445 calls that signalling): it asks peers over the ring where they are, and answers
/// those that ask.
///
/// It opens no path and sends nothing itself, and only reads what there is of links, openings and reachability.
class LinkFinder {
 public:
  struct Sight {
    const LinkTable& links;
    const PathOpenings& openings;
    const Reachability& reachability;
  };
  struct Route {
    RoutedPacket packet{};
    std::optional<NodeId> first_hop{};
  };
  struct OpenPath {
    LinkCarrier carrier{};
    NodeId expected{};  ///< zero: whoever is there
  };
  /// What is being opened directly to the peer is not needed any more.
  struct CancelDirect {
    NodeId peer{};
  };
  struct Noted {  ///< for the journal of the pair
    NodeId peer{};
    std::string text{};
  };
  struct PunchBegan {
    NodeId peer{};
  };
  /// look() is due.
  struct LookAgain {};
  using Output = std::variant<Route, OpenPath, CancelDirect, Noted, PunchBegan, LookAgain, Ring::Changed, Ring::Joined>;

  LinkFinder(const NodeId& self, unsigned near_per_side, Duration on_demand_idle, const Sight& sight, Rng& rng)
      : self_(self),
        near_per_side_(near_per_side),
        sight_(sight),
        ring_(self, near_per_side, on_demand_idle, rng),
        seeker_(rng) {}

  void start(TimePoint now) { ring_.start(now); }
  void handle_bootstrap(const std::vector<net::Endpoint>& bootstrap, const std::vector<net::Endpoint>& known) {
    ring_.handle_bootstrap(bootstrap, known);
  }
  /// This node is elsewhere: what failed may work.
  void handle_moved() { seeker_.handle_moved(); }
  /// So is every bootstrap endpoint to be tried again.
  void handle_address_changed();
  /// Attempts and questions end, so that nobody looks for another way because a link is dropped on purpose.
  void drop_attempts();
  /// All links were dropped.
  void begin_anew();
  /// The next look gives Ring::Changed, whatever was told before.
  void forget_what_was_told() { ring_.forget_what_was_told(); }

  // What became of links; `sight` is as of after it.
  void handle(TimePoint now, const Links::Reached& reached);
  void handle(TimePoint now, const Links::WayToPlace& way);
  void handle(TimePoint now, const Links::Failing& failing);
  void handle(TimePoint now, const Links::PathLost& lost);
  void handle(TimePoint now, const Links::SetBack& set_back) { seeker_.set_back(now, set_back.peer); }
  void handle(TimePoint now, const Links::Recovering& recovering);
  void handle(TimePoint now, const Links::Removed& removed);
  void handle(TimePoint now, const Links::Stands& stands);
  void handle(TimePoint now, const Links::Told& told);
  /// All paths of the peer's link died.
  void handle_dead(TimePoint now, const NodeId& peer);

  // What became of openings.
  /// The endpoint leads to this node itself.
  void handle_own(const net::Endpoint& endpoint) { ring_.handle_own(endpoint); }
  /// Nobody, or somebody else, is there.
  void handle_open_failed(TimePoint now, const PathOpenings::Opened& failed);
  /// The relay can't be used for the peer.
  void handle_relay_failed(TimePoint now, const NodeId& peer, const NodeId& relay);

  /// A request or an answer that came over the link to `previous`; `instance`: this node's.
  void handle_message(TimePoint now, const RoutedPacket& packet, const ConnectToMe& message, const NodeId& previous);
  void set_instance(std::uint64_t instance) { instance_ = instance; }
  /// Traffic wants a link.
  void want(TimePoint now, const NodeId& peer);

  // The steps of a look, in this order; the outputs of each are to be carried out before the next.
  void seek_near(TimePoint now, bool view_changed);
  void seek_wanted(TimePoint now);
  /// `imperfect`: links that are up over a path which is relayed, or not sound.
  void improve_links(TimePoint now, const std::vector<NodeId>& imperfect);
  void seek_spare(TimePoint now);
  void seek_leaves(TimePoint now, std::size_t size);
  std::vector<std::pair<NodeId, Roles>> assign_roles(TimePoint now) { return ring_.assign_roles(now, sight_.links); }
  void finish_look(TimePoint now, std::size_t size);

  void handle_timeout(TimePoint now);
  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;
  /// When a look is due, though nothing changed.
  [[nodiscard]] std::optional<TimePoint> next_look(TimePoint now) const;

  [[nodiscard]] const Ring& ring() const { return ring_; }
  [[nodiscard]] std::size_t size_estimate() const { return ring_.size_estimate(sight_.links); }
  /// Null when the peer was not heard lately.
  [[nodiscard]] const Reach* reach(TimePoint now, const NodeId& peer) const { return seeker_.reach(now, peer); }
  [[nodiscard]] Counters counters() const;

 private:
  [[nodiscard]] Ring::View view(TimePoint now) const;
  void carry_out_ring(TimePoint now);
  void carry_out_seeker(TimePoint now);
  [[nodiscard]] Standing standing_of(const NodeId& peer) const;
  [[nodiscard]] Roles roles_of(const NodeId& peer) const;
  /// True when an attempt runs.
  bool seek(TimePoint now, const NodeId& peer, const Roles& roles, const NodeId& via);
  void give_candidates(TimePoint now, const NodeId& peer);
  void use_relay(TimePoint now, const NodeId& peer);
  void want_member(TimePoint now, const Seeker::WantMember& wanted);
  void handle_failed(TimePoint now, const Seeker::Failed& failed);
  /// How soon a peer is sought again after such an end.
  [[nodiscard]] BackOff::Pace pace_of(TimePoint now, const Seeker::Failed& failed, const Standing& standing) const;
  [[nodiscard]] bool is_on_path(const NodeId& peer, const net::Endpoint& endpoint) const;
  [[nodiscard]] bool may_open(const net::Endpoint& endpoint) const;
  [[nodiscard]] ConnectToMe make_message(ConnectToMe::Kind kind, std::uint64_t token) const;
  void send(RouteMode mode, const NodeId& destination, std::uint64_t question, const ConnectToMe& message,
            const std::optional<NodeId>& first_hop);
  void ask(TimePoint now, const Ring::Ask& ask, RouteMode mode);
  void handle_request(TimePoint now, const RoutedPacket& packet, const ConnectToMe& request, const NodeId& previous);
  void spread(const RoutedPacket& packet, ConnectToMe request, const std::vector<NodeId>& next_to_source);
  [[nodiscard]] bool takes_shortcut();
  void handle_answer(TimePoint now, const NodeId& source, const ConnectToMe& answer);
  void remember_reach(TimePoint now, const NodeId& source, const ConnectToMe& message);

  NodeId self_;
  unsigned near_per_side_;
  std::uint64_t instance_ = 0;
  Sight sight_;
  Ring ring_;
  Seeker seeker_;
  Counters counters_;
  OutputQueue<Output> outputs_;
};

}  // namespace ipop::overlay
