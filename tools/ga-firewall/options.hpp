#pragma once

#include <optional>
#include <string>
#include <variant>

#include "base/group_files.hpp"
#include "cli/exit_status.hpp"
#include "cli/output_options.hpp"
#include "cli/streams.hpp"
#include "firewall/firewall_settings.hpp"

namespace ipop::ga_firewall {

inline constexpr const char* tool = "ga-firewall";
inline constexpr const char* system_directory = groups_directory;

struct PrintRules {};
struct ApplyRules {
  bool dry_run = false;
  bool yes = false;  ///< also when somebody's login is cut
};
struct RemoveRules {
  bool dry_run = false;
  bool keep = false;  ///< the settings, so that the rules are back at the next start
};
struct ShowStatus {};
struct WatchRules {};
using Verb = std::variant<PrintRules, ApplyRules, RemoveRules, ShowStatus, WatchRules>;

struct Options {
  std::string directory = system_directory;              ///< where group files are
  std::string socket{};                                  ///< of the group's node; empty: the usual one
  std::optional<firewall::FirewallSettings> settings{};  ///< none was given: those of the last time
  cli::OutputOptions output{};
  Verb verb{};
};

/// The command line; a status when there is nothing left to do.
std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams);

}  // namespace ipop::ga_firewall
