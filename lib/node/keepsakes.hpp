#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "base/machine.hpp"
#include "base/node_id.hpp"
#include "base/timer_table.hpp"
#include "base/wall_clock.hpp"
#include "net/endpoint.hpp"
#include "net/ipv4_address.hpp"
#include "node/member_history.hpp"

namespace ipop::node {

/// What is to outlive a restart: the address, the peers that are reached directly, the members that were heard of. It
/// is given out when it has changed, and late, so that a burst of new links is one write.
class Keepsakes {
 public:
  struct WantPeers {};  ///< answered at once by handle_peers()
  struct WantLinks {};  ///< answered at once by handle_links()
  /// What must survive a restart changed; the owner writes it atomically.
  struct SaveState {
    std::optional<net::Ipv4Address> address{};
    std::vector<net::Endpoint> peers{};
  };
  /// Who was heard of, for people; the owner keeps it for the next start in this ring.
  struct SaveHistory {
    std::vector<GoneRow> members{};
  };
  using Output = std::variant<WantPeers, WantLinks, SaveState, SaveHistory>;
  struct Linked {
    NodeId peer{};
    std::optional<net::Ipv4Address> address{};
  };

  /// As they were saved. The clock outlives this.
  Keepsakes(SaveState state, const std::vector<GoneRow>& history, const WallClock& clock);

  void handle_link_up(TimePoint now, const Linked& link, bool is_direct);
  /// It was heard last at `heard`.
  void handle_link_down(TimePoint now, TimePoint heard, const NodeId& peer, Absence why);
  /// It answered a walk of the ring.
  void handle_member(TimePoint now, const MemberRow& row);
  /// Whom the ring would remember now, and the address that is held. Peers and an address once known stay worth trying
  /// when all links are gone.
  void handle_peers(std::vector<net::Endpoint> peers, std::optional<net::Ipv4Address> address);
  /// Who is linked was seen at this moment.
  void handle_links(TimePoint now, const std::vector<Linked>& links);
  void handle_timeout(TimePoint now);

  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const { return timers_.next(); }

  [[nodiscard]] std::optional<net::Ipv4Address> address() const { return state_.address; }
  /// Members of the last week that are not among those that were found.
  [[nodiscard]] std::vector<GoneRow> gone(TimePoint now, const std::vector<MemberRow>& found) const {
    return history_.gone(clock_.at(now), found);
  }
  /// As MemberHistory's.
  [[nodiscard]] std::optional<GoneRow> find_gone(TimePoint now, const NodeId& id) const {
    return history_.find_gone(clock_.at(now), id);
  }

 private:
  enum class Timer {
    state,    ///< known peers changed a while ago
    history,  ///< who is here changed a while ago
    count_
  };

  void note_change(TimePoint now, Timer timer);

  const WallClock& clock_;
  SaveState state_;
  MemberHistory history_;
  std::vector<GoneRow> saved_history_;
  TimerTable<Timer> timers_;
  OutputQueue<Output> outputs_;
};

static_assert(Machine<Keepsakes>);

}  // namespace ipop::node
