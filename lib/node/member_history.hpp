#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/node_id.hpp"
#include "base/time.hpp"
#include "node/command.hpp"

namespace ipop::node {

/// Who was a member, as far as this node heard: from walks of the ring and from its own links. For people; nothing is
/// decided by it.
///
/// Bounds: 1024 members, of whom the one that was heard longest ago makes room, and a week.
class MemberHistory {
 public:
  static constexpr std::size_t most = 1024;
  static constexpr auto kept = std::chrono::hours(24 * 7);

  MemberHistory() = default;
  /// As rows() were at an earlier time.
  explicit MemberHistory(const std::vector<GoneRow>& rows);

  /// It answered a walk.
  void handle_answer(WallTime now, const MemberRow& row);
  /// A link to it came up; `address`: what the DHT says of it, where that was asked.
  void handle_up(WallTime now, const NodeId& id, std::optional<net::Ipv4Address> address);
  /// The link ended; it was heard last at `seen`.
  void handle_down(WallTime seen, const NodeId& id, Absence why);

  /// Those of the last week who did not answer this walk, the last seen first. A member that came back in another place
  /// on the ring, with the same address, is there.
  [[nodiscard]] std::vector<GoneRow> gone(WallTime now, const std::vector<MemberRow>& found) const;
  /// That it stopped or was revoked, as the last that was heard of it in this week.
  [[nodiscard]] std::optional<GoneRow> find_gone(WallTime now, const NodeId& id) const;
  [[nodiscard]] std::vector<GoneRow> rows() const;

 private:
  GoneRow& entry(WallTime now, const NodeId& id);

  std::map<NodeId, GoneRow> rows_;
};

}  // namespace ipop::node
