#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/counters.hpp"
#include "pings/ping_log.hpp"

namespace ipop::pings {

/// All runs of one member about another.
struct PingPair {
  std::size_t from = 0;  ///< of PingSummary::members
  std::size_t to = 0;
  std::array<std::uint32_t, pings_a_run + 1> by_received{};  ///< runs with so many replies
  std::uint32_t without_address = 0;                         ///< runs that found no address to ping
  std::uint32_t silent = 0;                                  ///< runs that found the member silent
  std::chrono::microseconds mean_round_trip{};               ///< over the runs with a reply
  PingPath path = PingPath::unknown;                         ///< in the last run
  std::string reason{};                                      ///< the last one that was logged

  /// Runs that pinged.
  [[nodiscard]] std::uint32_t runs() const;
  [[nodiscard]] std::uint32_t lost_pings() const;
  /// The share of lost pings, 0 to 1; 0 without a run.
  [[nodiscard]] double loss() const;
  /// No run had a reply, and there was one.
  [[nodiscard]] bool lost_throughout() const { return runs() > 0 && by_received[0] == runs(); }
};

/// What the logs say, ready to be shown.
struct PingSummary {
  struct Member {
    PingMember member{};  ///< as last seen
    bool has_log = false;
  };
  std::vector<Member> members{};  ///< in the order of their ids
  std::vector<PingPair> pairs{};  ///< in the order of (from, to)
  WallTime first_run{};
  WallTime last_run{};

  // The original's table: the thesis, table 5-1.
  std::uint64_t runs = 0;  ///< three pings of one member to another are one
  std::array<std::uint64_t, pings_a_run + 1> by_received{};
  std::uint64_t measured_pairs = 0;         ///< with a run
  std::uint64_t pairs_lost_throughout = 0;  ///< of these

  std::uint64_t without_address = 0;  ///< found, but not pinged
  std::uint64_t silent = 0;

  /// Pairs with loss or that were never pinged, the worst first; `most` at most.
  [[nodiscard]] std::vector<const PingPair*> worst(std::size_t most) const;
};

/// Takes the lines of many logs; what they hold is foreign.
class PingReport {
 public:
  /// Bounds on what logs from the network take up: about 150 MB.
  static constexpr std::size_t max_results = 4'000'000;
  static constexpr std::size_t max_members = 4096;
  static constexpr std::size_t max_reasons = 100'000;

  /// Earlier runs are left out.
  explicit PingReport(WallTime since = WallTime{0}) : since_(since) {}

  /// Adds all lines of a log. `writer`: the member that the log came from; lines of others are dropped.
  void add(std::string_view log, std::optional<NodeId> writer = std::nullopt);
  /// Sums up, and forgets the lines. A run of a pair that is there twice counts once.
  [[nodiscard]] PingSummary take_summary();

  /// `ping_lines`, `skip_ping_older`, `skip_ping_repeated`; `drop_ping_line_malformed`,
  /// `drop_ping_line_version`, `drop_ping_line_long`, `drop_ping_line_writer` (in another member's name),
  /// `drop_ping_line_full` (above a bound).
  [[nodiscard]] const Counters& counters() const { return counters_; }
  /// Lines that are in no summary although they should be: the `drop_` ones.
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  struct Entry {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    std::int64_t run = 0;
    std::uint32_t mean_round_trip = 0;  ///< microseconds
    std::uint8_t received = 0;
    bool pinged = false;
    PingPath path{};
  };
  struct Seen {
    std::uint32_t number = 0;
    PingMember member{};
    WallTime at{};
    bool by_itself = false;  ///< it named itself
    bool has_log = false;
  };
  using PairKey = std::pair<std::uint32_t, std::uint32_t>;

  void add_line(std::string_view line, const std::optional<NodeId>& writer);
  /// The member's number; none when the table is full.
  std::optional<std::uint32_t> note(const PingMember& member, WallTime at, bool by_itself);

  WallTime since_;
  std::vector<Entry> entries_;
  std::map<NodeId, Seen> members_;
  std::map<PairKey, std::pair<WallTime, std::string>> reasons_;
  Counters counters_;
};

}  // namespace ipop::pings
