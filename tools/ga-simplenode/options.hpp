#pragma once

#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "cli/exit_status.hpp"
#include "cli/output_options.hpp"
#include "cli/streams.hpp"

namespace ipop::ga_simplenode {

inline constexpr const char* tool = "ga-simplenode";
/// The hosts of `status` where none is named.
inline constexpr const char* usual_hosts = "/etc/ga/simplenodes";

struct ShowStatus {
  std::string group{};  ///< only this one's nodes; empty: all
};

using Verb = std::variant<ShowStatus>;

struct Options {
  std::vector<std::string> hosts{};
  std::string hosts_file{};
  std::size_t jobs = 16;
  std::chrono::seconds timeout{20};  ///< for a host
  std::string ssh_config{};
  cli::OutputOptions output{};
  Verb verb{};
};

/// A status when the program ends here: help was shown, or the command line is wrong.
std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams);

}  // namespace ipop::ga_simplenode
