#pragma once

#include <map>
#include <string>
#include <variant>

#include "cli/exit_status.hpp"
#include "groups/group_config.hpp"
#include "options.hpp"
#include "settings.hpp"

namespace ipop::ipop_node {

/// All that is configured: command line over environment over the node's file over the group's.
struct Loaded {
  groups::GroupConfig group{};
  std::string group_file{};
  SettingMap origins{};
  NodeSettings settings{};
};

/// Why the node can't start, and how the program ends.
struct Failure {
  cli::ExitStatus status = cli::ExitStatus::no;
  std::string message{};
};

/// Reads the files that `options` names, or those of /etc/ipop.
std::variant<Loaded, Failure> load(const Options& options, const std::map<std::string, std::string>& environment);

/// The path of a group's file: a name stands for /etc/ipop/NAME.toml; what has a slash or ends in
/// .toml is a path. Empty: the only group there is.
std::variant<std::string, Failure> find_group_file(const std::string& group);

/// What an error of a file or of the daemon means for the exit status.
cli::ExitStatus status_of(const Error& error);

}  // namespace ipop::ipop_node
