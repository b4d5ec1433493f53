#pragma once

#include <cstdint>
#include <optional>

#include "base/flat_map.hpp"
#include "base/node_id.hpp"
#include "base/time.hpp"

namespace ipop::overlay {

/// How much this node passes on for others in a second, all pairs together.
///
/// The rate grows while it holds packets back, until the line is seen to be full: round trips over most of the
/// links in question are much longer than they were. What this node's links carried in their busiest second is
/// then what the line carries, and others get a share of it. After a while the line is tried again.
class RelayRate {
 public:
  static constexpr std::uint64_t first = 2'000'000;  ///< octets a second, before anything was measured
  static constexpr std::uint64_t least = 125'000;    ///< 1 Mbit/s: whoever has less is no relay
  static constexpr Duration grows_every = 500ms;
  /// In a quarter of it twice as much as the line carries takes 100 ms to drain.
  static constexpr Duration asks_every = 125ms;
  /// A rate that no round trip shows to be good until then is taken back.
  static constexpr Duration shown_within = 1s;
  static constexpr Duration line_known_for = 60s;
  /// RFC 6817, 2.4.2 wants 100 ms at the most in a queue.
  static constexpr Duration queued = 100ms;
  static constexpr Duration measure_lives = 2s;  ///< two intervals of PathProof and some
  /// The shortest round trip is of this interval and the one before: routes change.
  static constexpr Duration shortest_lives = 60s;
  static constexpr std::size_t max_links = 1024;

  /// `share`: percent of the line. `most`: octets a second that a person allows; 0 leaves it to what is measured.
  RelayRate(unsigned share, std::uint64_t most);

  /// This node sent so much over its links, for itself or for others.
  void handle_sent(TimePoint now, std::size_t octets);
  /// The rate held packets back.
  void handle_limiting(TimePoint now);
  /// True when the round trip of a link over which others' packets leave is to be measured at once: a rate that has
  /// grown stays only if the line bears it.
  bool wants_round_trip(TimePoint now);
  /// Of a direct link; `relaying`: packets of others leave over it at present.
  void handle_round_trip(TimePoint now, const NodeId& link, Duration measured, bool relaying);

  /// Octets a second.
  [[nodiscard]] std::uint64_t rate() const { return rate_; }

 private:
  struct Trips {
    Duration latest{};
    TimePoint measured{};
    bool relaying = false;
    Duration shortest{};         ///< since `since`
    Duration shortest_before{};  ///< in the interval before; zero: nothing was measured in it
    TimePoint since{};
    std::optional<Duration> at_full{};  ///< the latest, when the line was found full

    [[nodiscard]] bool is_long() const;
  };
  void handle_full_line(TimePoint now);
  [[nodiscard]] bool is_line_full(TimePoint now) const;
  void set(double rate);

  unsigned share_;
  std::uint64_t most_;
  std::uint64_t rate_;
  TimePoint grown_{};
  TimePoint asked_{};
  std::optional<std::uint64_t> rate_before_;  ///< of the last growth, until a round trip shows that it was good
  FlatMap<NodeId, Trips> trips_;
  TimePoint relayed_{};                ///< the last round trip of a link that data of others goes over
  std::optional<std::uint64_t> line_;  ///< octets a second that the line carried when it was full
  TimePoint line_seen_{};
  TimePoint second_{};  ///< when the one began that is counted
  std::uint64_t sent_in_it_ = 0;
  std::uint64_t sent_before_ = 0;  ///< in the busier of the two seconds before
  std::uint64_t sent_last_ = 0;
};

}  // namespace ipop::overlay
