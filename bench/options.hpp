#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "cli/exit_status.hpp"
#include "cli/streams.hpp"

namespace ipop::bench {

/// What every bench takes from its command line.
struct Options {
  std::string output = "build/bench.jsonl";
  std::uint64_t seed = 7;
  std::size_t trials = 0;  ///< 0: the bench's own number
};

/// The options, or how to end (after --help, or when used wrongly).
std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, std::string_view program,
                                                     std::string_view measures, const cli::Streams& streams);

}  // namespace ipop::bench
