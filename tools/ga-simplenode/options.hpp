#pragma once

#include <chrono>
#include <cstdint>
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

/// Where packages come from; all empty: from where the hosts have them.
struct PackageChoice {
  std::vector<std::string> folders{};
  std::string repository{};  ///< URL
  std::string key{};         ///< file with the key that signs it
};

/// Makes hosts members of a group, each with a node without an interface.
struct InstallNodes {
  std::string group{};  ///< of this machine, or a file
  PackageChoice packages{};
  std::uint16_t port = 0;  ///< 0: the one that the group or the host says
  bool replace = false;
};

struct UpgradeNodes {
  PackageChoice packages{};
  std::size_t at_once = 1;
  bool downgrade = false;  ///< an older version too
};

using Verb = std::variant<ShowStatus, InstallNodes, UpgradeNodes>;

struct Options {
  std::vector<std::string> hosts{};
  std::string hosts_file{};
  std::size_t jobs = 16;
  std::chrono::seconds timeout{20};  ///< for a host
  std::string ssh_config{};
  bool dry_run = false;
  cli::OutputOptions output{};
  Verb verb{};
};

/// A status when the program ends here: help was shown, or the command line is wrong.
std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams);

}  // namespace ipop::ga_simplenode
