#pragma once

#include <string>

#include "cli/exit_status.hpp"
#include "cli/streams.hpp"
#include "options.hpp"

namespace ipop::ga_pingtest {

/// What every verb works with.
struct Context {
  const Options& options;
  const cli::Streams& streams;
  std::string socket{};  ///< of the node
  std::string log{};     ///< path
};

/// A log above this size makes room for a new one; one older is kept: four weeks of a thousand members.
inline constexpr std::uint64_t max_log_octets = std::uint64_t{16} << 20U;
/// What a member gives out of its log, the end: a week of a thousand members.
inline constexpr std::uint64_t max_served_octets = std::uint64_t{4} << 20U;

/// `no` when a member that was pinged gave no reply, `partly` when members were left out or the run could
/// not be logged.
cli::ExitStatus carry_out(const Context& context, const RunPings& verb);
/// `no` when a pair is lost throughout or nothing is logged, `partly` when a log could not be had.
cli::ExitStatus carry_out(const Context& context, const ShowReport& verb);
/// Ends on SIGTERM or SIGINT.
cli::ExitStatus carry_out(const Context& context, const ServeLog& verb);

}  // namespace ipop::ga_pingtest
