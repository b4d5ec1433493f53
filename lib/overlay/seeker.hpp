#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/counters.hpp"
#include "base/expiring_map.hpp"
#include "base/fifo.hpp"
#include "base/machine.hpp"
#include "base/node_id.hpp"
#include "base/rng.hpp"
#include "net/endpoint.hpp"
#include "overlay/hole_punch.hpp"
#include "overlay/link_table.hpp"
#include "overlay/linker.hpp"
#include "overlay/punch_targets.hpp"
#include "overlay/relay.hpp"

namespace ipop::overlay {

/// How a peer that spoke over the ring may be reached.
struct Reach {
  std::vector<net::Endpoint> candidates{};
  std::vector<RelayOffer> relays{};
  std::vector<NodeId> failed_relays{};   ///< since the offers came; of them and a lost one, so bounded
  std::vector<net::Endpoint> ways_in{};  ///< to other members, for who has few
  NatClass nat = NatClass::unknown;
};

/// Gets links: asks the peers that are wanted over the ring where they are, has packets fired at them, chooses a
/// member between where that brings nothing, and knows whom to try again when.
///
/// The owner opens the paths. It says so when one of them is direct and carries data (handle_direct), which ends the
/// attempt, or when a relay does not answer (handle_relay_failed).
class Seeker {
 public:
  /// Send connect-to-me to `peer`.
  struct Ask {
    NodeId peer{};
    std::uint64_t token = 0;
    Roles roles{};
    std::optional<NodeId> first_hop{};  ///< a link that it goes over; else wherever routing says
  };
  /// One packet to each.
  struct Shoot {
    NodeId peer{};
    std::vector<net::Endpoint> at{};
  };
  /// choose_relay() is wanted.
  struct WantRelay {
    NodeId peer{};
  };
  struct OpenRelayed {
    NodeId peer{};
    NodeId relay{};
  };
  /// No member is known to have direct links to both; any of these has one to the peer, quickest first.
  struct WantMember {
    NodeId peer{};
    std::vector<RelayOffer> offers{};
  };
  /// The attempt is over; `answered`: the peer was heard over the ring, so a direct path is what failed.
  struct Failed {
    NodeId peer{};
    bool answered = false;
  };
  /// The first packets go out in this attempt.
  struct Began {
    NodeId peer{};
  };
  struct Noted {  ///< for the journal of the pair
    NodeId peer{};
    std::string text{};
  };
  using Output = std::variant<Ask, Shoot, WantRelay, OpenRelayed, WantMember, Failed, Began, Noted>;

  static constexpr std::size_t max_seeks = 256;
  /// Attempts that others start; our own find room beyond it.
  static constexpr std::size_t max_foreign_seeks = 192;
  /// Of them, that requests of one link started.
  static constexpr std::size_t foreign_seeks_a_hop = 48;
  static constexpr Duration relay_wait = 20s;
  /// Peers that wait for a relay, at most: each is looked at whenever something changes, and any member
  /// can speak for peers that are not there.
  static constexpr std::size_t max_waiting = 64;
  static constexpr Duration reach_lives = 600s;
  static constexpr std::size_t max_reaches = 512;

  explicit Seeker(Rng& rng) : rng_(rng), reach_(max_reaches) {}

  /// A link to `peer` is wanted. `via` named it, zero: nobody did; equal to `peer`: it spoke itself, and
  /// give_candidates() follows. True when an attempt runs.
  bool seek(TimePoint now, const NodeId& peer, const Roles& roles, const NodeId& via, const Standing& standing);
  /// `peer` wants a link with us, as a request says that came over the link to `hop`. False: too many do.
  bool follow(TimePoint now, const NodeId& peer, const NodeId& hop);
  /// Where a peer is, as it says.
  void handle_reach(TimePoint now, const NodeId& peer, Reach reach);
  /// The running attempt fires at what is known of the peer.
  void give_candidates(TimePoint now, const NodeId& peer, const PunchSide& own, const Standing& standing);
  /// Nobody is behind the candidate whom the attempt is for.
  void drop_candidate(const NodeId& peer, const net::Endpoint& candidate);
  /// The peer refused.
  void handle_refusal(TimePoint now, const NodeId& peer);
  /// A direct path to the peer carries data.
  void handle_direct(const NodeId& peer);
  /// One over a member does.
  void handle_relayed(const NodeId& peer);

  /// Chooses among `ours`, the peers with sound direct links, a member between for a peer without a sound link.
  void choose_relay(TimePoint now, const NodeId& peer, const Standing& standing,
                    const std::vector<RelayCandidate>& ours);
  /// The member could not be used for this peer.
  void handle_relay_failed(TimePoint now, const NodeId& peer, const NodeId& relay);
  /// Peers for which no member was found yet: choose_relay() may find one now.
  [[nodiscard]] std::vector<NodeId> waiting_for_relay(TimePoint now);

  /// Something about the peer failed: it is tried again after a while.
  void set_back(TimePoint now, const NodeId& peer, const BackOff::Pace& pace = RetryPace::pace);
  /// The link to it is gone.
  void handle_unlinked(const NodeId& peer) { retry_.handle_unlinked(peer); }
  /// A direct path to it has stood for RetryPace::pace.stands.
  void handle_stands(const NodeId& peer) { retry_.handle_stands(peer); }
  /// This node is elsewhere: what failed may work.
  void handle_moved() { retry_.clear(); }
  [[nodiscard]] bool may_try(TimePoint now, const NodeId& peer) const { return retry_.may_try(now, peer); }

  /// Ends all attempts; nothing failed before, nobody waits. Where peers are is not forgotten.
  void begin_anew();

  void handle_timeout(TimePoint now);
  [[nodiscard]] std::optional<Output> poll_output();
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;
  /// When somebody may be tried again, or waits in vain.
  [[nodiscard]] std::optional<TimePoint> next_look(TimePoint now) const;

  [[nodiscard]] bool is_seeking(const NodeId& peer) const { return seeking_.contains(peer); }
  /// Such is the token of the running attempt for the peer.
  [[nodiscard]] bool is_asked(const NodeId& peer, std::uint64_t token) const;
  /// It was asked for a while and did not answer.
  [[nodiscard]] bool is_unheard(const NodeId& peer) const;
  /// Null when the peer was not heard lately.
  [[nodiscard]] const Reach* reach(TimePoint now, const NodeId& peer) const { return reach_.find(peer, now); }
  /// Calls `visit(peer, reach)` for each peer that was heard.
  template <class F>
  void for_each_reach(F&& visit) const {
    reach_.for_each(visit);
  }
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  /// No member is known to have direct links to the peer and to us.
  struct WaitsForRelay {
    TimePoint until{};
    bool has_asked = false;  ///< for those that the peer named last
  };
  struct Seeking {
    Linker linker;
    Roles roles{};
    NodeId via{};  ///< who named the peer; zero: nobody
    bool counted = false;
    NodeId asked_by{};  ///< the link whose request started it; zero: this node wanted it
  };
  void translate(const NodeId& peer, Linker::Output output);

  Rng& rng_;
  std::map<NodeId, Seeking> seeking_;
  std::map<NodeId, WaitsForRelay> relay_wanted_;
  ExpiringMap<NodeId, Reach> reach_;
  RetryPace retry_;
  Fifo<NodeId> stirred_;  ///< their linkers may have outputs
  Counters counters_;
  OutputQueue<Output> outputs_;
};

static_assert(Machine<Seeker>);

}  // namespace ipop::overlay
