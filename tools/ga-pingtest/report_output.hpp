#pragma once

#include <cstdint>

#include "pings/ping_report.hpp"
#include "verbs.hpp"

namespace ipop::ga_pingtest {

/// What became of the logs that were to be read.
struct LogCounts {
  std::uint64_t lines = 0;
  std::uint64_t dropped = 0;  ///< not understood, or in another member's name
  std::size_t failed = 0;     ///< logs that could not be read or fetched
};

/// Writes the table and the worst pairs as the options say.
void write_report(const Context& context, const ShowReport& verb, const pings::PingSummary& summary,
                  const LogCounts& counts);

}  // namespace ipop::ga_pingtest
