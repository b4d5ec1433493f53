#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "base/machine.hpp"
#include "base/node_id.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"
#include "net/endpoint.hpp"
#include "overlay/connect_to_me.hpp"
#include "overlay/connection.hpp"
#include "overlay/leaf_links.hpp"
#include "overlay/link_table.hpp"
#include "overlay/near_links.hpp"
#include "overlay/on_demand_links.hpp"
#include "overlay/packet.hpp"
#include "overlay/place_search.hpp"
#include "overlay/request_reply.hpp"
#include "overlay/shortcut_links.hpp"
#include "overlay/spare_links.hpp"

namespace ipop::overlay {

/// Which links a node wants, and why: it finds this node's place, has those that stand next to it sought, draws
/// shortcuts, keeps bootstrap links until it has joined and spare ones where links are few, and remembers with whom
/// traffic wants a link.
///
/// It has no links of its own: at each look it is shown those that there are, and what is known of nodes that are not
/// linked. The owner gets the links, gives them the roles that it is told, and sends the questions.
class Ring {
 public:
  /// What it is shown. The functions are asked during the call only.
  struct View {
    const LinkTable& links;
    std::function<bool(const NodeId&)> may_try;     ///< no attempt to link the node failed lately
    std::function<bool(const NodeId&)> has_spoken;  ///< the node was heard over the ring lately
    std::function<bool(const NodeId&)> is_unheard;  ///< it was asked for a while and keeps silent
  };

  /// A link to `peer` is wanted; `via` named it, zero: nobody did.
  struct Seek {
    NodeId peer{};
    Roles roles{};
    NodeId via{};
    bool has_spoken = false;  ///< it has just said where it is
  };
  /// To whoever is at a bootstrap endpoint.
  struct Open {
    net::Endpoint endpoint{};
  };
  /// Send connect-to-me to the node nearest to `destination`.
  struct Ask {
    std::uint64_t token = 0;
    NodeId destination{};
    bool spread = false;  ///< to the nodes beside it as well
    Roles roles{};        ///< the links that the answer shall lead to
    std::optional<NodeId> first_hop{};
  };
  /// Who stands next to this node, or the size of the ring, changed.
  struct Changed {
    std::vector<NodeId> neighbours{};
    std::size_t size = 1;
  };
  /// The near links are right as far as can be seen.
  struct Joined {
    std::size_t neighbours = 0;
    std::size_t size = 1;
  };
  using Output = std::variant<Seek, Open, Ask, Changed, Joined>;

  /// A bootstrap link stays so long after the node has joined.
  static constexpr Duration leaf_linger = 5s;

  Ring(const NodeId& self, unsigned near_per_side, Duration on_demand_idle, Rng& rng)
      : self_(self), near_per_side_(near_per_side), rng_(rng), near_(self), on_demand_(on_demand_idle) {}

  void start(TimePoint now) { leaf_.start_probing(now, rng_); }
  void handle_bootstrap(std::vector<net::Endpoint> bootstrap, std::vector<net::Endpoint> known);
  /// This node is elsewhere: every endpoint may be tried again.
  void handle_moved() { leaf_.reset(); }
  /// All links were dropped on purpose.
  void begin_anew();
  /// Questions that run are given up.
  void drop_questions() { requests_.clear(); }
  /// The next look gives Changed, whatever was told before.
  void forget_what_was_told();

  // What comes of attempts to open a bootstrap endpoint, and where members are.
  /// The endpoint leads to this node itself.
  void handle_own(const net::Endpoint& endpoint) { leaf_.handle_own(endpoint); }
  void handle_open_failed(TimePoint now, const net::Endpoint& endpoint) { leaf_.handle_failed(now, endpoint, rng_); }
  /// `peer` is there, and the path carries data.
  void handle_accepted(TimePoint now, const NodeId& peer, const net::Endpoint& endpoint);
  /// A path that was opened there ended; `unneeded`: on purpose.
  void handle_ended(TimePoint now, const net::Endpoint& endpoint, bool unneeded);
  /// A member was reached there.
  void handle_member_at(const net::Endpoint& endpoint) { leaf_.learn(endpoint); }
  /// A member says that it can be reached there.
  void handle_hearsay(const net::Endpoint& endpoint) { leaf_.learn_hearsay(endpoint); }

  /// The link can bring a question for this node's place somewhere. True when one is due now.
  bool handle_way_to_place(TimePoint now, const NodeId& peer, const View& view);
  /// The link was forgotten; `was_near`: it had that role. `view` is without it.
  void handle_removed(TimePoint now, const NodeId& peer, bool was_near, const View& view);
  /// `peer` says that it has links to these.
  void handle_neighbours(TimePoint now, const std::vector<NodeId>& neighbours, const NodeId& peer);
  /// Nobody answered under that id.
  void handle_unanswered(TimePoint now, const NodeId& peer) { near_.handle_unanswered(now, peer); }
  /// No link to it came about.
  void handle_not_linked(const NodeId& peer) { shortcuts_.handle_lost(peer); }
  /// An answer with this token is to a question that runs here, and there were not too many.
  bool takes(std::uint64_t token) { return requests_.take_answer(token); }
  /// The same answer; false when the question was not asked here. Whom it names was handled.
  bool handle_answer(TimePoint now, const NodeId& source, const ConnectToMe& answer, const View& view);

  /// Others say that `peer` stands next to this node, and there is no link to it, whatever came of attempts to link it.
  [[nodiscard]] bool misses(TimePoint now, const NodeId& peer, const View& view) const;
  /// Traffic for or from `peer` wants a link, or a pair does that the peer may relay for. True when it did not before.
  bool want(TimePoint now, const NodeId& peer);

  // The steps of a look, in this order; the outputs of each are to be carried out before the next.
  /// `changed`: links came or went since the last look.
  void seek_near(TimePoint now, bool changed, const View& view);
  void seek_wanted(TimePoint now, const View& view);
  /// `may_open(endpoint)`: allowed, and neither linked nor being opened.
  using MayOpen = std::function<bool(const net::Endpoint&)>;
  /// This node has direct links with so few that another one is to be tried: whoever is at a known endpoint that was
  /// not tried in vain, and where there is none, one of `offered`, to whom peers have direct links.
  [[nodiscard]] bool wants_spare(TimePoint now, const LinkTable& links);
  void seek_spare(TimePoint now, const std::vector<NodeId>& offered, const View& view, const MayOpen& may_open);
  void seek_leaves(TimePoint now, std::size_t size, const MayOpen& may_open);
  /// The links whose roles are others now, with these.
  std::vector<std::pair<NodeId, Roles>> assign_roles(TimePoint now, const LinkTable& links);
  void update(TimePoint now, std::size_t size, const View& view);
  void seek_shortcuts(TimePoint now, std::size_t size, const View& view);

  /// True when a search for this node's place begins, and a look is due.
  bool handle_timeout(TimePoint now, const View& view);
  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }
  /// When handle_timeout() has something to do.
  [[nodiscard]] std::optional<TimePoint> poll_timeout(const LinkTable& links) const;
  /// When a look has, though nothing changed.
  [[nodiscard]] std::optional<TimePoint> next_look(TimePoint now) const;
  /// When expire_on_demand() has.
  [[nodiscard]] std::optional<TimePoint> idle_deadline() const { return on_demand_.deadline(); }
  /// Ends what traffic wanted and was idle for too long. Packets count on the link: the data path touches no tree.
  void expire_on_demand(TimePoint now, const LinkTable& links);

  [[nodiscard]] bool is_joined() const { return joined_; }
  [[nodiscard]] std::vector<NodeId> neighbours(const LinkTable& links) const {
    return links.around(self_, near_per_side_);
  }
  [[nodiscard]] std::size_t size_estimate(const LinkTable& links) const;
  /// Those next to this node whose lists come over a link, or who have answered: whom it asks for its place need not
  /// ask them as well.
  [[nodiscard]] std::vector<NodeId> heard_neighbours(TimePoint now, const View& view) const;
  /// Of others, as many shortcuts as this node takes at the most.
  [[nodiscard]] std::size_t shortcuts_accepted() const { return shortcuts_.accepted(); }

 private:
  struct LeafPeer {
    std::optional<TimePoint> until{};  ///< none before the node has joined
  };
  void look_up_own_place(TimePoint now, const std::optional<NodeId>& first_hop, const LinkTable& links);
  bool ask_what_is_due(TimePoint now, const View& view);
  void handle_place_answer(TimePoint now, const NodeId& source, bool expects_us, const View& view);
  [[nodiscard]] std::vector<NearLinks::Missing> missing_near(TimePoint now, std::size_t per_side,
                                                             const View& view) const;
  [[nodiscard]] std::optional<NodeId> random_link(const LinkTable& links);
  /// Links to bootstrap nodes, or other known endpoints, that are wanted and not there.
  [[nodiscard]] std::size_t leaves_lacking() const;

  NodeId self_;
  unsigned near_per_side_;
  Rng& rng_;
  PlaceSearch place_;
  NearLinks near_;
  LeafLinks leaf_;
  std::map<NodeId, LeafPeer> leaf_peers_;
  ShortcutLinks shortcuts_;
  SpareLinks spare_;
  OnDemandLinks on_demand_;
  RequestReply requests_;
  std::vector<NodeId> with_roles_;  ///< as of the last look
  TimePoint near_refreshed_{};
  bool joined_ = false;
  std::vector<NodeId> told_neighbours_;
  std::size_t told_size_ = 1;
  OutputQueue<Output> outputs_;
};

}  // namespace ipop::overlay
