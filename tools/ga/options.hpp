#pragma once

#include <string>
#include <variant>

#include "base/group_files.hpp"
#include "cli/exit_status.hpp"
#include "cli/output_options.hpp"
#include "cli/streams.hpp"

namespace ipop::ga {

inline constexpr const char* tool = "ga";

struct ShowStatus {
  bool watch = false;
};
struct Diagnose {
  std::string outside = "debian.org";  ///< a name that is not of the group; "none": not looked up
};
struct ReportBug {
  std::string output{};  ///< file; empty: shown only
  bool hide_addresses = false;
  bool yes = false;  ///< write without asking
};
using Verb = std::variant<ShowStatus, Diagnose, ReportBug>;

struct Options {
  std::string group{};                       ///< empty: every group of this machine
  std::string directory = groups_directory;  ///< where group files are
  std::string socket{};                      ///< of the group's node; empty: the usual one
  std::string state_directory{};             ///< of the group's node; empty: /var/lib/ipop/GROUP
  cli::OutputOptions output{};
  Verb verb{};
};

/// The command line; a status when there is nothing left to do.
std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams);

}  // namespace ipop::ga
