#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/flat_map.hpp"
#include "base/maybe_time.hpp"
#include "base/node_id.hpp"
#include "base/time.hpp"
#include "crypto/channel_table.hpp"
#include "overlay/candidates.hpp"
#include "overlay/carrier.hpp"
#include "overlay/connection.hpp"
#include "overlay/link_message.hpp"
#include "overlay/link_paths.hpp"
#include "overlay/nat_behavior.hpp"
#include "overlay/status_exchange.hpp"

namespace ipop::overlay {

/// What there is of a link to one peer.
struct Standing {
  bool is_linked = false;  ///< alone: the link waits for another path
  bool has_path = false;
  bool is_up = false;
  bool is_sound = false;
  bool has_direct_on_trial = false;
};

/// All that is known of one linked peer. It has no path only while it waits for another one after its last
/// was lost (`recover_until`).
struct Link {
  NodeId peer{};
  LinkPaths paths{};
  Roles own_roles{};
  Roles peer_roles{};
  std::uint64_t peer_instance = 0;
  NatClass peer_nat = NatClass::unknown;
  std::uint8_t relay_load = 0;
  std::vector<NodeId> neighbours{};  ///< linked to the peer, for look-ahead
  StatusExchange status{};
  TimePoint since{};
  TimePoint last_traffic{};
  TimePoint heard_before{};  ///< the last that came over a path that was removed
  bool told = false;         ///< LinkUp was given out
  bool told_direct = false;  ///< what it said last
  bool counted = false;      ///< the ring counts the link
  std::uint16_t told_carries = 0;
  MaybeTime unused_since{};
  MaybeTime choose_at{};                    ///< when the extra paths are closed
  MaybeTime recover_until{};                ///< when a link without a path is given up
  MaybeTime stands_at{};                    ///< when a direct path has lasted long enough to be trusted
  bool stands = false;                      ///< it has
  crypto::ChannelId selected{};             ///< the path that this end told the other to keep
  std::unique_ptr<ShapedByRelay> shaped{};  ///< null: no relay held anything back
  TimePoint relayed_at{};                   ///< data of others came or left over it last
  bool admitted = false;                    ///< the peer's revocation list is no newer than ours
  /// Nobody needs it since `unused_since`; it goes when it was not used for so long.
  static constexpr Duration unused_linger = 10s;

  /// The path to send on; null while the link is not up, and never null while it is.
  [[nodiscard]] Path* in_use() { return admitted ? paths.primary() : nullptr; }
  [[nodiscard]] const Path* in_use() const { return admitted ? paths.primary() : nullptr; }
  [[nodiscard]] bool has_path(crypto::ChannelId channel) const;
  /// A path has carried data, and the ring may use it.
  [[nodiscard]] bool is_up() const { return in_use() != nullptr; }
  [[nodiscard]] bool is_direct() const;
  /// Up, and its pings are answered.
  [[nodiscard]] bool is_sound() const;
  /// Neither end is told soon of whatever becomes of the other: the link is there for the ring's long ways only.
  [[nodiscard]] bool is_patient() const;
  /// own_roles or peer_roles are others now.
  void handle_roles_changed();
  /// When anything of the peer came last.
  [[nodiscard]] TimePoint heard() const;
  /// Of the path in use; zero without one.
  [[nodiscard]] Duration round_trip() const;
  [[nodiscard]] Connection connection() const;
  [[nodiscard]] Standing standing() const;
  /// When something of it is to be looked at, though nothing comes.
  [[nodiscard]] std::optional<TimePoint> deadline() const;

 private:
  friend class LinkTable;
  std::size_t place_ = 0;  ///< in the table's list of deadlines
  bool may_have_changed_ = false;
  bool is_to_be_looked_at_ = false;
};

/// Links in ring order: their ids stand in one row, to be searched and walked without a step from node to node of a
/// tree, and each link stays where it is.
template <class AnyLink>
class LinksInOrder {
 public:
  using Row = std::vector<std::pair<NodeId, std::unique_ptr<Link>>>;

  class Iterator {
   public:
    using value_type = std::pair<const NodeId&, AnyLink&>;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    explicit Iterator(Row::const_iterator at) : at_(at) {}
    value_type operator*() const { return {at_->first, *at_->second}; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    Iterator operator++(int) { return Iterator(at_++); }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    Row::const_iterator at_{};
  };

  explicit LinksInOrder(const Row& row) : row_(&row) {}
  [[nodiscard]] Iterator begin() const { return Iterator(row_->begin()); }
  [[nodiscard]] Iterator end() const { return Iterator(row_->end()); }
  [[nodiscard]] bool empty() const { return row_->empty(); }
  [[nodiscard]] std::size_t size() const { return row_->size(); }

 private:
  const Row* row_;
};

/// All links of a node in ring order, found by peer or channel. Links that wait for a path take no
/// part in what is asked about the ring.
///
/// When it is asked for deadlines or for what changed, it reads the links anew that were handed out to be changed, no
/// others: a node with hundreds of links does not walk them for each packet.
class LinkTable {
 public:
  explicit LinkTable(const NodeId& self) : self_(self) {}
  LinkTable(const LinkTable&) = delete;
  LinkTable& operator=(const LinkTable&) = delete;

  [[nodiscard]] Link* find(const NodeId& peer);
  [[nodiscard]] const Link* find(const NodeId& peer) const;
  [[nodiscard]] Link* find(crypto::ChannelId channel);
  /// The path on which to tell the peer something; none without a link that has one.
  [[nodiscard]] std::optional<crypto::ChannelId> speaking_with(const NodeId& peer) const;
  /// LinkPaths::direct() of the link to `peer`; null without one.
  [[nodiscard]] const Path* direct_path(const NodeId& peer) const;
  /// The link to `peer`, made if there is none.
  Link& add(const NodeId& peer);
  void add_path(Link& link, Path path);
  void remove_path(Link& link, crypto::ChannelId channel);
  /// Forgets a link and its paths.
  void erase(const NodeId& peer);
  void clear();

  /// Each with its peer's id. Good until a link is added or forgotten.
  [[nodiscard]] LinksInOrder<const Link> all() const { return LinksInOrder<const Link>(links_); }
  /// The same, to be changed.
  [[nodiscard]] LinksInOrder<Link> change_all();
  /// Those whose deadline is over, in ring order.
  [[nodiscard]] std::vector<NodeId> due(TimePoint now);
  /// The earliest of all.
  [[nodiscard]] std::optional<TimePoint> next_deadline();
  /// Those handed out to be changed since the last call, in ring order.
  std::vector<NodeId> take_changed();
  /// Those that are up over a path that is relayed, or not sound, in ring order.
  [[nodiscard]] std::vector<NodeId> imperfect();
  /// The members that paths go over, and how many paths.
  [[nodiscard]] const std::map<NodeId, std::size_t>& relays() const { return relays_; }
  [[nodiscard]] std::size_t size() const { return links_.size(); }
  /// Linked peers at one address, in one /64 of IPv6 or over one relay, at most: a laboratory behind one NAT has
  /// room, and somebody with one address and many keys gets a quarter of the links of a node.
  static constexpr std::size_t peers_a_place = 256;
  /// How many peers other than `peer` have a path to the place of this one.
  [[nodiscard]] std::size_t peers_at(const LinkCarrier& carrier, const NodeId& peer) const;

  /// Linked peers clockwise from `from` (itself left out), nearest first, at most `count`.
  [[nodiscard]] std::vector<NodeId> clockwise(const NodeId& from, std::size_t count) const;
  [[nodiscard]] std::vector<NodeId> counter_clockwise(const NodeId& from, std::size_t count) const;
  /// Linked peers nearest to `point` on both sides, `per_side` each, without doubles and without
  /// `point` itself; in ring order from `point`.
  [[nodiscard]] std::vector<NodeId> around(const NodeId& point, std::size_t per_side) const;

 private:
  struct Timed {
    TimePoint due{};
    Link* link = nullptr;
  };
  using Row = LinksInOrder<Link>::Row;
  /// The first at or after `peer`.
  [[nodiscard]] Row::const_iterator at_or_after(const NodeId& peer) const;
  Link* handed_out(Link* link);
  void read_changed();
  void forget_path(const Path& path);

  NodeId self_;
  Row links_;
  std::vector<Timed> timed_;    // one a link, in no order: walked in a row faster than a tree is kept
  std::vector<Link*> changed_;  // may_have_changed_
  std::vector<Link*> to_be_looked_at_;
  std::set<NodeId> imperfect_;
  std::map<NodeId, std::size_t> relays_;
  FlatMap<crypto::ChannelId, NodeId> by_channel_;
};

}  // namespace ipop::overlay
