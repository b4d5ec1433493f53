#pragma once

#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "cli/exit_status.hpp"
#include "cli/output_options.hpp"
#include "cli/streams.hpp"
#include "machines/virtual_machine.hpp"

namespace ipop::ga_appliance {

inline constexpr const char* tool = "ga-appliance";

struct ListMachines {};
/// Starts machines; those that are not there are made first.
struct StartMachines {
  std::vector<std::string> names{};
  machines::VirtualMachine made{};  ///< what a new one gets; an empty image: none is made
  std::string medium{};             ///< file of `ga-group medium`
  std::string group{};              ///< or the group for which one is made
  bool host_node = false;           ///< the one made starts no node: this host's serves the machine
  std::vector<std::string> roles{};
  std::vector<std::string> ssh_keys{};  ///< files
};
struct StopMachines {
  std::vector<std::string> names{};
  std::chrono::seconds timeout{60};
  bool now = false;  ///< as if the power failed
};
struct ResetMachines {
  std::vector<std::string> names{};
};
struct DeleteMachines {
  std::vector<std::string> names{};
};
struct ShowConsole {
  std::string name{};
  bool log = false;
};
struct LogIn {
  std::string name{};
  std::string domain = "ipop";
  std::vector<std::string> command{};
};

using Verb = std::variant<ListMachines, StartMachines, StopMachines, ResetMachines, DeleteMachines, ShowConsole, LogIn>;

struct Options {
  std::string directory = "/var/lib/ga/appliances";
  bool dry_run = false;
  cli::OutputOptions output{};
  Verb verb{};
};

/// A status when the program ends here: help was shown, or the command line is wrong.
std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams);

}  // namespace ipop::ga_appliance
