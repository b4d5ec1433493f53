#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/fifo.hpp"
#include "base/node_id.hpp"
#include "base/time.hpp"

namespace ipop::overlay {

/// Packets of other pairs that wait until this node may pass them on.
///
/// Senders take turns, each as many octets as the others; who sends to several shares his turn among them, so
/// that nobody gains by many pairs (deficit round robin). Nothing waits long: old packets are dropped before new ones.
/// A pair's control packets go before its data, of which they are dropped last: whoever calls all his packets control
/// only treats himself so.
class RelayQueue {
 public:
  static constexpr std::size_t max_pairs = 1024;
  static constexpr std::size_t octets_a_pair = std::size_t{512} * 1024;
  static constexpr std::size_t octets_in_all = std::size_t{8} * 1024 * 1024;
  static constexpr Duration longest_wait = 250ms;  ///< what TCP takes for loss, and speech for silence
  static constexpr std::size_t turn = std::size_t{64} * 1024;

  struct Batch {
    NodeId source{};
    NodeId destination{};
    std::vector<Bytes> packets{};
    bool has_data = false;  ///< not all of them are control
  };
  struct Counts {
    std::uint32_t delayed = 0;
    std::uint32_t dropped = 0;
  };
  /// Of both directions of a pair.
  struct Report {
    NodeId a{};
    NodeId b{};
    Counts counts{};
  };

  /// Packets that came at `now`.
  void put(TimePoint now, const NodeId& source, const NodeId& destination, std::vector<Bytes> packets,
           bool control = false);
  /// What may go at `rate` octets a second; call until it gives nothing.
  std::optional<Batch> take(TimePoint now, std::uint64_t rate);
  /// When take() has something again.
  [[nodiscard]] std::optional<TimePoint> deadline(std::uint64_t rate) const;
  [[nodiscard]] bool is_empty() const { return round_.empty(); }

  /// Octets that somebody passed on beside the queue: they count for load().
  void handle_passed(TimePoint now, std::uint64_t octets);

  /// What happened to the pairs whose packets waited or were dropped, since the last call.
  std::vector<Report> take_reports();
  [[nodiscard]] bool has_reports() const { return !reports_.empty(); }
  /// Of all pairs together, since the beginning.
  [[nodiscard]] std::uint64_t delayed() const { return delayed_; }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  /// log2 of the KiB/s given out lately, 0 for none.
  [[nodiscard]] std::uint8_t load(TimePoint now) const;

 private:
  using Pair = std::pair<NodeId, NodeId>;
  struct Waiting {
    Bytes octets{};
    TimePoint since{};
  };
  struct Queue {
    std::deque<Waiting> packets{};  ///< control first
    std::size_t control = 0;        ///< so many of them
    std::size_t octets = 0;
    std::size_t credit = 0;  ///< octets that it may still give in its turn
    bool has_turn = false;
  };
  void refill(TimePoint now, std::uint64_t rate);
  /// Takes the packet there out.
  Bytes extract(Queue& queue, std::size_t at);
  void drop(const Pair& pair, Queue& queue, std::size_t at);
  void make_room();
  void end_of(const Pair& pair);
  void count(const Pair& pair, std::uint32_t Counts::*what);

  std::map<Pair, Queue> queues_;            // none is empty
  std::map<NodeId, std::size_t> pairs_of_;  // by sender
  Fifo<Pair> round_;                        // whose turn comes, in order
  std::map<Pair, Counts> reports_;          // at most max_pairs
  std::size_t octets_ = 0;
  double tokens_ = 0;  // octets; below zero after a packet larger than what was left
  std::optional<TimePoint> filled_;
  std::uint64_t delayed_ = 0;
  std::uint64_t dropped_ = 0;
  double recent_ = 0;  // octets given out, halved every few seconds
  TimePoint recent_at_{};
};

}  // namespace ipop::overlay
