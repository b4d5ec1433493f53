#pragma once

#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "base/group_files.hpp"
#include "cli/exit_status.hpp"
#include "cli/output_options.hpp"
#include "cli/streams.hpp"
#include "condor/pool_tests.hpp"

namespace ipop::ga_condorcfg {

inline constexpr const char* tool = "ga-condorcfg";

struct WriteConfig {
  bool dry_run = false;  ///< show what would change, and change nothing
  std::chrono::seconds timeout{60};
};
struct WatchPool {
  std::vector<std::string> start{};  ///< what runs HTCondor in the foreground; empty: the service, or condor_master
  bool announce = true;              ///< a manager tells the group where it is
};
struct ShowPool {};
struct CheckPool {};
struct FreeJobs {
  std::string worker{};  ///< whose jobs to free, once; empty: those of all that are found to be gone, for ever
};
struct CarryPriorities {};
struct ExportFlock {
  std::string out = "-";
};
struct AcceptFlock {
  std::string file{};  ///< "-": stdin
  bool dry_run = false;
};
struct RemoveFlock {
  std::string domain{};
};
struct ValidatePool {
  condor::TestWishes wishes{};
  std::string directory{};  ///< for the jobs' files; empty: one of its own, removed at the end
};
using Verb = std::variant<WriteConfig, WatchPool, ShowPool, CheckPool, FreeJobs, CarryPriorities, ExportFlock,
                          AcceptFlock, RemoveFlock, ValidatePool>;

struct Options {
  std::string program{};  ///< as it was started
  std::string role_file = "/etc/ga/pool.toml";
  std::string groups = groups_directory;  ///< where group files are
  std::string socket{};                   ///< of the group's node; empty: the usual one
  std::string state_directory{};          ///< of the group's node; empty: /var/lib/ipop/GROUP
  std::string condor = "/etc/condor";     ///< HTCondor's configuration
  cli::OutputOptions output{};
  Verb verb{};
};

/// The command line; a status when there is nothing left to do.
std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams);

}  // namespace ipop::ga_condorcfg
