#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "base/machine.hpp"
#include "base/node_id.hpp"
#include "base/time.hpp"
#include "crypto/channel_table.hpp"
#include "overlay/link_message.hpp"
#include "overlay/link_table.hpp"

namespace ipop::overlay {

/// Which of the links have something to tell of this node: its roles, NAT and load, and who is linked beside it. Lists
/// go from neighbour to neighbour; this one knows whose is not true any more, and how long each peer does without the
/// new one. When what is to be told was told, and is acknowledged, each Link's StatusExchange knows.
///
/// It looks at the links that changed, and changes nothing of them but `Link::status`.
class Statuses {
 public:
  /// What is the same on every link, its list apart.
  struct Own {
    std::uint64_t instance = 0;
    NatClass nat = NatClass::unknown;
    std::uint8_t relay_load = 0;
  };
  struct Output {
    NodeId peer{};
    std::optional<crypto::ChannelId> channel{};  ///< over that, if it is there still; else any
    LinkMessage message{};
  };

  explicit Statuses(const NodeId& self) : self_(self) {}

  /// The link to `peer` came or went: that is in the lists for those that stand beside it.
  void handle_changed_beside(const NodeId& peer, const LinkTable& links);
  /// `peer` is gone: all whose list names it are to hear so.
  void handle_lost(const NodeId& peer, LinkTable& links);
  /// The list for the peer may have to wait longer, or less long.
  void handle_near_changed(const NodeId& peer) { stale_.insert(peer); }
  /// The same for all peers.
  void handle_near_changed() { all_stale_ = true; }

  /// Gives what the links have to say. `changed`: links that may, besides those that are due or of which something was
  /// said above.
  void look(TimePoint now, const Own& own, const std::vector<NodeId>& changed, LinkTable& links);
  /// The same for those links only that are due.
  void look_at_due(TimePoint now, const Own& own, LinkTable& links);
  /// What may wait goes now, as something goes to the peer anyhow; false when nothing waits.
  bool tell_waiting(TimePoint now, const Own& own, Link& link, const LinkTable& links);
  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }

 private:
  void look_at(TimePoint now, const Own& own, Link& link, const LinkTable& links);
  [[nodiscard]] Status status_to_all(const Own& own, const LinkTable& links) const;
  [[nodiscard]] Status make_status(const Own& own, const Link& link, const LinkTable& links) const;

  NodeId self_;
  bool all_stale_ = false;  ///< every link may have a new status to tell
  std::set<NodeId> stale_;  ///< the links to these may
  Status told_to_all_{};    ///< as of the last look
  OutputQueue<Output> outputs_;
};

}  // namespace ipop::overlay
