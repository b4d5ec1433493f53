#pragma once

#include <algorithm>
#include <map>
#include <optional>

#include "base/node_id.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"
#include "overlay/back_off.hpp"

namespace ipop::overlay {

/// The pace of the packets that open holes in two NATs: 3 rounds of 5 shots, 200 ms apart, each
/// shot one packet to every candidate. Both sides fire at once. Whoever was only asked to fires no more than
/// `shots_asked`: they open his NAT, and a peer that is there goes on; one that was invented does not.
class HolePunch {
 public:
  static constexpr unsigned rounds = 3;
  static constexpr unsigned shots_per_round = 5;
  static constexpr unsigned shots = rounds * shots_per_round;
  static constexpr unsigned shots_asked = 3;
  /// Where the first that gets through decides. The handshake repeats it, at growing pauses.
  static constexpr unsigned shots_decided = 1;
  static constexpr Duration pace = 200ms;

  void start(TimePoint now, unsigned limit = shots) {
    limit_ = limit;
    fired_ = 0;
    next_ = now;
  }
  /// No more than so many shots, of those fired as well.
  void limit(unsigned limit) { limit_ = std::min(limit_, limit); }
  /// True when a shot is due: the caller fires it now.
  bool take_shot(TimePoint now) {
    if (!next_ || *next_ > now || fired_ == shots) return false;
    ++fired_;
    next_ = now + pace;
    return fired_ <= limit_;
  }
  /// The last shot is over and had its time.
  [[nodiscard]] bool is_over(TimePoint now) const { return fired_ == shots && next_ && *next_ <= now; }
  [[nodiscard]] bool first_round_over(TimePoint now) const {
    return fired_ > shots_per_round || (fired_ == shots_per_round && next_ && *next_ <= now);
  }
  [[nodiscard]] std::optional<TimePoint> deadline() const { return next_; }

 private:
  unsigned limit_ = shots;
  unsigned fired_ = 0;
  std::optional<TimePoint> next_;
};

/// When a peer that could not be reached may be tried again. Bounded; the entry whose time comes first makes room.
class RetryPace {
 public:
  /// Of a peer without a link. `stands` is for direct paths: one that has carried data for so long is no accident.
  static constexpr BackOff::Pace pace{.first = 5s, .longest = 300s, .stands = 60s};
  /// Of a peer that is linked over a member: what keeps the two from a direct path are their NATs, and when these
  /// change all is tried anew. So it costs less and less: at 5 s, 45 s, 6 min, 49 min, then every hour.
  static constexpr BackOff::Pace linked{.first = 5s, .longest = 1h, .stands = 60s, .growth = 8};
  /// The same where the filter of one NAT decided: that was no accident.
  static constexpr BackOff::Pace linked_one_sided{.first = 45s, .longest = 1h, .stands = 60s, .growth = 8};
  /// Of a peer that stands next to this node, answers over the ring and has no link: the ring is broken there.
  static constexpr BackOff::Pace beside{.first = 5s, .longest = 20s, .stands = 60s};
  static constexpr std::size_t max_peers = 512;

  void handle_failed(TimePoint now, const NodeId& peer, const BackOff::Pace& pace, Rng& rng) {
    if (entries_.size() >= max_peers && !entries_.contains(peer)) {
      entries_.erase(std::ranges::min_element(entries_, [](const auto& a, const auto& b) {
        return a.second.back_off.not_before() < b.second.back_off.not_before();
      }));
    }
    Entry& entry = entries_[peer];
    entry.back_off.handle_failed(now, pace, rng);
    entry.is_linked = pace == linked || pace == linked_one_sided;
  }
  /// A path that began so long ago stands.
  void handle_stands(const NodeId& peer) { entries_.erase(peer); }
  /// The link to `peer` is gone: what is put off for one that has a link need not be for one that has none.
  void handle_unlinked(const NodeId& peer) {
    const auto it = entries_.find(peer);
    if (it != entries_.end() && it->second.is_linked) entries_.erase(it);
  }
  /// An address changed: what failed may work.
  void clear() { entries_.clear(); }

  [[nodiscard]] bool may_try(TimePoint now, const NodeId& peer) const {
    const auto it = entries_.find(peer);
    return it == entries_.end() || it->second.back_off.may_try(now);
  }
  /// The earliest time after `now` at which somebody may be tried again.
  [[nodiscard]] std::optional<TimePoint> deadline(TimePoint now) const {
    std::optional<TimePoint> out;
    for (const auto& [peer, entry] : entries_) {
      const TimePoint when = entry.back_off.not_before();
      if (when > now && (!out || when < *out)) out = when;
    }
    return out;
  }

 private:
  struct Entry {
    BackOff back_off{};
    bool is_linked = false;
  };
  std::map<NodeId, Entry> entries_;
};

}  // namespace ipop::overlay
