#pragma once

// The log of ga-pingtest: one line for each pair of members and run. The text form is a contract:
// man/ga-pingtest.log.5.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/node_id.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::pings {

/// How often a member is pinged in one run.
inline constexpr unsigned pings_a_run = 3;

/// How a pair was linked at the end of a run, or why it was not pinged.
enum class PingPath : std::uint8_t {
  unknown,     ///< the node knew no way
  direct,      ///< a link of their own
  relayed,     ///< a link through a member
  routed,      ///< no link: along the ring
  no_address,  ///< not pinged: the member held no address
  silent,      ///< not pinged: a neighbour names the member, but it did not answer the walk of the ring
};
/// The word in the log: `unknown`, `direct`, `relayed`, `routed`, `no-address`, `silent`.
std::string_view to_string(PingPath path);

/// A member as a log names it.
struct PingMember {
  NodeId id{};
  std::optional<net::Ipv4Address> address{};
  std::string name{};  ///< letters, digits and hyphens, 63 at most; may be empty
  friend bool operator==(const PingMember&, const PingMember&) = default;
};

/// Times from a request to its reply.
struct RoundTrips {
  std::chrono::microseconds least{};
  std::chrono::microseconds mean{};
  std::chrono::microseconds most{};
  friend bool operator==(const RoundTrips&, const RoundTrips&) = default;
};

/// What one run found out about one pair.
struct PingResult {
  WallTime run{};  ///< when the run began: the same in all its lines
  PingMember from{};
  PingMember to{};
  bool pinged = false;                      ///< pings_a_run times; false: `path` says why not
  unsigned received = 0;                    ///< replies, 0 to pings_a_run
  std::optional<RoundTrips> round_trips{};  ///< there is a reply
  PingPath path = PingPath::unknown;
  std::string reason{};  ///< the node's sentence about the pair when a ping was lost; may be empty
  friend bool operator==(const PingResult&, const PingResult&) = default;
};

/// The longest line that is written or read, without its line feed.
inline constexpr std::size_t max_ping_line = 600;
/// The longest reason that is kept.
inline constexpr std::size_t max_ping_reason = 200;
/// The longest round trip of a reply that is waited for.
inline constexpr std::chrono::microseconds max_round_trip = std::chrono::minutes(10);

/// The line, with its line feed. A name that is none is left out; in the reason other characters than
/// visible ASCII and single spaces are replaced, and what is above max_ping_reason is cut off.
[[nodiscard]] std::string to_line(const PingResult& result);

/// Reads a line, without its line feed. Errors: `too_large`; `unsupported` for another version of the
/// format; `malformed`, with the name of the field.
Result<PingResult> parse_ping_line(std::string_view line);

/// `2026-11-22T03:06:10Z` (RFC 3339).
[[nodiscard]] std::string utc_text_of(WallTime time);

}  // namespace ipop::pings
