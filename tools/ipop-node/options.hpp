#pragma once

#include <string>
#include <variant>

#include "cli/exit_status.hpp"
#include "cli/streams.hpp"
#include "settings.hpp"

namespace ipop::ipop_node {

inline constexpr const char* tool = "ipop-node";

struct RunNode {};
struct CheckConfig {};
struct ShowConfig {
  bool origin = false;
  bool json = false;
};
using Verb = std::variant<RunNode, CheckConfig, ShowConfig>;

struct Options {
  std::string group{};        ///< name of a group or path of its file; empty: not given
  std::string config_file{};  ///< empty: the group's, if there is one
  SettingMap settings{};      ///< what the command line sets
  Verb verb{RunNode{}};
};

/// The command line; a status when there is nothing left to do.
std::variant<Options, cli::ExitStatus> parse_options(int argc, const char* const* argv, const cli::Streams& streams);

}  // namespace ipop::ipop_node
