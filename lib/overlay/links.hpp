#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/counters.hpp"
#include "base/machine.hpp"
#include "base/node_id.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"
#include "crypto/channel_table.hpp"
#include "net/endpoint.hpp"
#include "overlay/carrier.hpp"
#include "overlay/connection.hpp"
#include "overlay/link_end.hpp"
#include "overlay/link_journal.hpp"
#include "overlay/link_message.hpp"
#include "overlay/link_table.hpp"

namespace ipop::overlay {

/// The life of each link: its paths, which of them is in use, when the ring may count it, and when it ends.
///
/// Whether a path carries data and its peer lives, PathChecks finds out; whether a link is wanted, Ring says with the
/// roles. What both ends tell each other of themselves is Statuses' matter.
class Links {
 public:
  struct Config {
    NodeId self{};
    std::size_t most_links = 0;
    std::uint16_t mtu = 0;
    Duration on_demand_idle{};
    Duration keep_alive{};
  };

  struct Send {
    NodeId peer{};
    crypto::ChannelId channel{};
    LinkMessage message{};
  };
  struct CloseChannel {
    crypto::ChannelId channel{};
  };
  /// A path was added, or leads elsewhere: its peer is to say that it is there, and hears where it is seen.
  struct PathAdded {
    NodeId peer{};
    crypto::ChannelId channel{};
  };
  /// The ring counts the link, or does no more.
  struct CameOrWent {
    NodeId peer{};
  };
  /// A path has carried data for the first time; over a member: without an endpoint.
  struct Reached {
    NodeId peer{};
    std::optional<net::Endpoint> endpoint{};
    bool is_bootstrap = false;
  };
  /// The link may be used; given again when it changes between direct and relayed.
  struct Up {
    NodeId peer{};
    bool direct = true;
  };
  struct Carries {
    NodeId peer{};
    std::uint16_t octets = 0;
  };
  /// A question for this node's place gets somewhere over the link.
  struct WayToPlace {
    NodeId peer{};
  };
  struct Down {
    NodeId peer{};
    std::string why{};
    LinkEnd end = LinkEnd::lost;
    TimePoint heard{};
  };
  /// The path in use carries nothing at present; zero `relay`: it is direct.
  struct Failing {
    NodeId peer{};
    NodeId relay{};
    bool has_sound = false;  ///< another one, in use now
  };
  struct PathLost {
    NodeId peer{};
    NodeId relay{};                            ///< zero: it was direct
    std::optional<net::Endpoint> bootstrap{};  ///< that it was opened to
  };
  /// The peer is to be tried less often.
  struct SetBack {
    NodeId peer{};
  };
  /// The link has no path any more, and waits for another one.
  struct Recovering {
    NodeId peer{};
    bool was_proven = false;
  };
  /// The link is forgotten.
  struct Removed {
    NodeId peer{};
    LinkEnd end = LinkEnd::lost;
    bool was_near = false;
    std::vector<net::Endpoint> bootstrap{};  ///< that its paths were opened to
  };
  /// Nothing goes over that member any more, or nothing for `only_peer`.
  struct RelayGone {
    NodeId relay{};
    std::optional<NodeId> only_peer{};
  };
  /// A direct path has lasted for long enough to be trusted.
  struct Stands {
    NodeId peer{};
  };
  /// The peer shows another instance than before; the channels of the former are no paths any more.
  struct Restarted {
    NodeId peer{};
    crypto::ChannelId channel{};
    std::uint64_t former = 0;
    std::uint64_t latest = 0;
    std::vector<std::pair<crypto::ChannelId, LinkCarrier>> aside{};
  };
  /// The peer's status is newer than all before, and stands in the link.
  struct Told {
    NodeId peer{};
    bool near_changed = false;  ///< whether the peer takes this node for near
  };
  using Output = std::variant<Send, CloseChannel, PathAdded, CameOrWent, Reached, Up, Carries, WayToPlace, Down,
                              Failing, PathLost, SetBack, Recovering, Removed, RelayGone, Stands, Restarted, Told>;

  Links(const Config& config, Rng& rng) : config_(config), rng_(rng), table_(config.self) {}

  [[nodiscard]] const LinkTable& table() const { return table_; }
  /// For PathChecks and Statuses, which keep what they know of a link in it.
  [[nodiscard]] LinkTable& table() { return table_; }
  [[nodiscard]] LinkJournal& journal() { return journal_; }
  [[nodiscard]] const LinkJournal& journal() const { return journal_; }

  /// There is room for a link to `peer`, and at its place; makes some. `is_open`: keys of the group cost nothing.
  bool has_room(TimePoint now, const NodeId& peer, const LinkCarrier& carrier, bool is_open);
  /// A channel that was opened is one more path. `instance`: this node's. True when the link is to be admitted.
  bool add_path(TimePoint now, const crypto::ChannelTable::Opened& opened, const LinkCarrier& carrier,
                bool is_bootstrap, std::uint64_t instance);
  void admit(TimePoint now, const NodeId& peer);
  /// This node wants the link for that. True when it takes the peer for near and did not, or the other way round.
  bool set_roles(const NodeId& peer, const Roles& roles) {
    Link& link = *table_.find(peer);
    const Roles before = std::exchange(link.own_roles, roles);
    link.handle_roles_changed();
    return (before ^ roles).test(index_of(Role::near));
  }

  // What PathChecks found out.
  void handle_proven(TimePoint now, const NodeId& peer, crypto::ChannelId channel);
  void handle_failing(TimePoint now, const NodeId& peer);
  /// Pings are not answered any more.
  void handle_suspect(TimePoint now, const NodeId& peer);
  /// The channel is no path any more; the owner has closed it.
  void handle_lost(TimePoint now, const NodeId& peer, crypto::ChannelId channel, const std::string& why,
                   LinkEnd end = LinkEnd::lost);

  /// The peer's packets come from `endpoint` now; none: from where it may not be. Where the channel stays, if it does
  /// not move.
  std::optional<LinkCarrier> handle_moved(TimePoint now, crypto::ChannelId channel,
                                          const std::optional<net::Endpoint>& endpoint);

  // What came from the peer.
  void handle_message(TimePoint now, Link& link, crypto::ChannelId channel, Status status);
  void handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Select& select);
  void handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Close& close);
  void handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Unreachable& unreachable);
  /// The relay `link.peer` held packets of a pair back.
  void handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Shaped& shaped);

  /// Tells the peer, and forgets the link.
  void close(TimePoint now, const NodeId& peer, CloseReason reason, const std::string& why);
  void remove(TimePoint now, const NodeId& peer, const std::string& why, LinkEnd end = LinkEnd::lost);
  void clear() { table_.clear(); }

  /// Those of `changed` that nobody needs are closed after a while without data.
  void mark_unused(TimePoint now, const std::vector<NodeId>& changed);
  /// What is due of one link, its paths' checks apart.
  void handle_timeout(TimePoint now, const NodeId& peer);
  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  void tell(TimePoint now, Link& link);
  void restart(TimePoint now, Link& link, crypto::ChannelId channel, std::uint64_t instance);
  /// By value: the link that has the id may go with it.
  void drop_relayed(TimePoint now, NodeId relay, const std::optional<NodeId>& only_peer);
  void close_path(Link& link, crypto::ChannelId channel, CloseReason reason);
  void choose_path(TimePoint now, Link& link);
  [[nodiscard]] bool make_room(TimePoint now, const LinkCarrier& comes_over);
  [[nodiscard]] bool is_used(TimePoint now, const Link& link) const;
  [[nodiscard]] std::uint16_t largest_wanted(const Path& path) const;

  Config config_;
  Rng& rng_;
  LinkTable table_;
  LinkJournal journal_;
  Counters counters_;
  OutputQueue<Output> outputs_;
};

}  // namespace ipop::overlay
